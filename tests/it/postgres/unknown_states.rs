//! States that no role covers: they are counted, listed and prevent OK; words that no row has disturb nothing.

use super::{run, status};
use crate::support::postgres::Database;

/// A jobs table whose state column has the type TYPE; a healthy table unless other rows are added.
const TABLE: &str = "
    create table jobs(
      id uuid primary key default gen_random_uuid(), kind text not null default 'X', state TYPE,
      attempts int not null default 0, max_attempts int not null default 5,
      run_at timestamptz default now(), locked_by text, locked_at timestamptz, heartbeat_at timestamptz,
      created_at timestamptz default now(), updated_at timestamptz not null default now());
    insert into jobs(state) values ('succeeded'), ('succeeded'), ('queued');
    insert into jobs(state, locked_by, locked_at, heartbeat_at) values ('running', 'w1', now(), now());";

/// Makes the planner see a large table, so that only statistics and scans within a budget are used.
const LARGE: &str = "
    analyze jobs;
    update pg_class set reltuples = 5e6, relpages = 100000 where oid = 'public.jobs'::regclass;";

fn database(r#type: &str) -> Database {
    let database = Database::blank();
    database.execute("create type job_state as enum ('queued', 'running', 'succeeded', 'dead_letter', 'paused');
         create domain known_state as text check (value in ('queued', 'running', 'succeeded', 'dead_letter', 'paused'));");
    database.execute(&TABLE.replace("TYPE", r#type));
    database
}

/// Types of a state column that can hold another word than the usual ones.
const TYPES: [&str; 6] = [
    "text",
    "varchar(20)",
    "job_state",
    "known_state",
    "text check (state in ('queued', 'running', 'succeeded', 'dead_letter', 'paused'))",
    "text check (char_length(state) < 20)",
];

#[test]
fn unknown_state_in_a_row_is_unknown_in_tables_of_any_size() {
    for r#type in TYPES {
        for large in ["", LARGE] {
            let database = database(r#type);
            database.execute(large);
            let healthy = run(&["queue", "-o", "json"], &database).expect_code(0).json();
            assert_eq!(healthy["data"]["due"]["value"], 1, "{type}");
            database.execute("insert into jobs(state) values ('paused'), ('paused')");
            database.execute(large);
            let json = run(&["queue", "-o", "json"], &database).expect_code(3).json();
            assert_eq!(status(&json, "queue.unknown_states"), "unknown", "{type}");
            assert_eq!(json["data"]["unknown_state"]["value"], 2, "{type}");
            let list = ["jobs", "list", "--state", "unknown", "-o", "json"];
            let listed = run(&list, &database).expect_code(0).json();
            assert_eq!(listed["data"]["jobs"].as_array().expect("jobs").len(), 2, "{type}");
        }
    }
}

#[test]
fn row_without_a_state_is_in_an_unknown_state() {
    let database = database("text");
    database.execute("insert into jobs(state) values (null)");
    let json = run(&["queue", "-o", "json"], &database).expect_code(3).json();
    assert_eq!(json["data"]["unknown_state"]["value"], 1);
}

#[test]
fn unvalidated_check_proves_nothing() {
    let database = database("text");
    database.execute(
        "insert into jobs(state) values ('paused');
         alter table jobs add check (state in ('queued', 'running', 'succeeded', 'dead_letter')) not valid;",
    );
    run(&["queue"], &database).expect_code(3);
}

#[test]
fn states_are_read_in_the_letter_case_of_the_table() {
    for r#type in
        ["text", "text check (state in ('QUEUED', 'Running', 'Succeeded', 'DEAD_LETTER'))"]
    {
        let database = Database::blank();
        let table = TABLE
            .replace("TYPE", r#type)
            .replace("'queued'", "'QUEUED'")
            .replace("'running'", "'Running'")
            .replace("'succeeded'", "'Succeeded'");
        database.execute(&table);
        let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
        let counts = ["due", "claimed", "dead", "unknown_state"]
            .map(|key| json["data"][key]["value"].as_u64().expect(key));
        assert_eq!(counts, [1, 1, 0, 0], "{type}");
        database.execute("insert into jobs(state) select 'DEAD_LETTER' from generate_series(1, 3)");
        let listed = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
        assert_eq!(listed["data"]["jobs"].as_array().expect("jobs").len(), 3, "{type}");
    }
}

#[test]
fn role_without_a_value_is_not_counted_as_zero() {
    let database = database("text check (state in ('queued', 'running', 'succeeded'))");
    let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(json["data"]["failed"]["precision"], "not_counted");
    assert_eq!(json["data"]["dead"], serde_json::Value::Null);
}

#[test]
fn canceled_jobs_are_counted_and_listed() {
    let database = database(
        "text check (state in ('queued', 'running', 'succeeded', 'canceled', 'dead_letter'))",
    );
    database.execute("insert into jobs(state) values ('canceled')");
    let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(json["data"]["canceled"]["value"], 1);
    let list = ["jobs", "list", "--state", "canceled", "-o", "json"];
    let listed = run(&list, &database).expect_code(0).json();
    assert_eq!(listed["data"]["jobs"].as_array().expect("jobs").len(), 1);
}

#[test]
fn other_words_do_not_change_the_meaning_of_failed() {
    let database = Database::blank();
    let insert = |states: &str| format!("insert into jobs(status) values {states}");
    let (table, _) = TABLE.split_once("insert").expect("rows");
    database.execute(&table.replace("state TYPE", "status text"));
    database.execute(
        "create function claim(w text) returns setof jobs language sql as $$
           update jobs set status = 'running', locked_by = w where id =
             (select id from jobs where status = 'queued' limit 1 for update skip locked) returning * $$",
    );
    database.execute(&insert("('failed'), ('failed'), ('failed'), ('running'), ('queued')"));
    let dead = || run(&["queue", "-o", "json"], &database).json()["data"]["dead"]["value"].clone();
    assert_eq!(dead(), 3);
    for word in ["canceled", "paused"] {
        database.execute(&insert(&format!("('{word}')")));
        assert_eq!(dead(), 3, "{word}");
        let listed = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
        assert_eq!(listed["data"]["jobs"].as_array().expect("jobs").len(), 3, "{word}");
    }
}
