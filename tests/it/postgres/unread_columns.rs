//! Tables named `jobs` with columns that this tool does not read and that may decide what its figures mean: what depends
//! on them is UNKNOWN and is not written, unless no job has a value or a claim function shows that they decide nothing.

use serde_json::Value;

use super::{run, status};
use crate::support::postgres::Database;

/// A healthy table of a team's own making: a queued job, a claimed one and a dead letter.
const TABLE: &str = "
    create table jobs(
      id bigint primary key, kind text not null default 'RENDER',
      state text not null check (state in ('queued', 'running', 'done', 'failed', 'dead_letter')),
      worker_id text, locked_at timestamptz, created_at timestamptz not null default now(),
      updated_at timestamptz not null default now());
    insert into jobs(id, state, worker_id, locked_at) values
      (1, 'queued', null, null), (2, 'running', 'w', now()), (3, 'dead_letter', null, null)";

/// A claim that reads nothing but the state.
const CLAIM: &str = "
    create function claim() returns setof jobs language sql as $$
      update jobs set state = 'running', worker_id = 'w', locked_at = now()
       where id = (select id from jobs where state = 'queued' MORE order by created_at for update skip locked limit 1)
      returning * $$";

/// Columns, a value that matters, and the check that depends on them.
const COLUMNS: [(&str, &str, &str); 29] = [
    ("scheduled_at timestamptz", "now() + interval '7 days'", "queue.backlog"),
    ("scheduled_for timestamptz", "now() + interval '7 days'", "queue.backlog"),
    ("available_at timestamptz", "now()", "queue.backlog"),
    ("not_before timestamp", "now()", "queue.backlog"),
    ("next_attempt_at timestamptz", "now()", "queue.backlog"),
    ("process_after timestamptz", "now()", "queue.backlog"),
    ("visible_at timestamptz", "now()", "queue.backlog"),
    ("\"scheduledFor\" timestamptz", "now()", "queue.backlog"),
    ("delayed_until timestamptz", "now()", "queue.backlog"),
    ("due_date date", "now()", "queue.backlog"),
    ("lease_expires_at timestamptz", "now() + interval '2 minutes'", "queue.stuck"),
    ("locked_until timestamptz", "now()", "queue.stuck"),
    ("lock_expires_at timestamptz", "now()", "queue.stuck"),
    ("visible_until timestamptz", "now()", "queue.stuck"),
    ("last_heartbeat_at timestamptz", "now()", "queue.stuck"),
    ("last_seen_at timestamptz", "now()", "queue.stuck"),
    ("pinged_at timestamptz", "now()", "queue.stuck"),
    ("claimed_at timestamptz", "now()", "queue.stuck"),
    ("deleted_at timestamptz", "now()", "queue.backlog"),
    ("archived_at timestamptz", "now()", "queue.backlog"),
    ("deleted boolean", "true", "queue.backlog"),
    ("is_deleted boolean", "true", "dlq.size"),
    ("paused boolean", "true", "queue.backlog"),
    ("paused_at timestamptz", "now()", "queue.backlog"),
    ("enabled boolean", "false", "queue.backlog"),
    ("is_active boolean", "false", "queue.backlog"),
    ("discarded_at timestamptz", "now()", "dlq.size"),
    ("canceled_at timestamptz", "now()", "queue.backlog"),
    ("suspended boolean", "true", "queue.backlog"),
];

/// Columns of an application that decide nothing.
const HARMLESS: [(&str, &str); 10] = [
    ("finished_at timestamptz", "now()"),
    ("enqueued_at timestamptz", "now()"),
    ("last_run_on timestamptz", "now()"),
    ("published boolean", "true"),
    ("video_started_at timestamptz", "now()"),
    ("timeout_seconds integer", "30"),
    ("retry_delay integer", "30"),
    ("max_retries integer", "5"),
    ("scheduled_by text", "'ops'"),
    ("enabled_features jsonb", "'[]'"),
];

fn name(column: &str) -> &str {
    column.split(' ').next().expect("a name")
}

fn queue(database: &Database) -> (i32, Value) {
    let output = run(&["queue", "-o", "json"], database);
    (output.code, output.json())
}

#[test]
fn column_that_may_decide_a_figure_makes_it_unknown() {
    for (column, value, check) in COLUMNS {
        let database = Database::blank();
        database.execute(TABLE);
        database.execute(&format!("alter table jobs add {column}"));
        let present = if value == "false" { "true" } else { "null" };
        database.execute(&format!("update jobs set {} = {present}", name(column)));
        assert_eq!(queue(&database).0, 0, "{column}: no job has a value");

        database.execute(&format!("update jobs set {} = {value}", name(column)));
        let (code, json) = queue(&database);
        assert_eq!((code, status(&json, check).as_str()), (3, "unknown"), "{column}");
        let message = json["findings"].to_string();
        assert!(message.contains(name(column).trim_matches('"')), "{column}: {message}");

        // A claim that does not read it shows that it decides nothing; one that does, that it decides something.
        database.execute(&CLAIM.replace("MORE", ""));
        assert_eq!(queue(&database).0, 0, "{column}: no claim reads it");
        database.execute("drop function claim");
        database.execute(&CLAIM.replace("MORE", &format!("and {} is null", name(column))));
        assert_eq!(queue(&database).0, 3, "{column}: a claim reads it");
    }
}

#[test]
fn only_figures_of_jobs_with_a_value_are_unknown() {
    let database = Database::blank();
    database.execute(TABLE);
    database.execute("alter table jobs add archived_at timestamptz, add canceled_at timestamptz");
    let checks = || {
        let json = queue(&database).1;
        ["queue.backlog", "queue.stuck", "dlq.size"].map(|check| status(&json, check))
    };
    for (state, expected) in [
        ("done", ["ok", "ok", "ok"]),
        ("queued", ["unknown", "ok", "ok"]),
        ("running", ["ok", "unknown", "ok"]),
        ("dead_letter", ["ok", "ok", "unknown"]),
    ] {
        database.execute(&format!(
            "update jobs set archived_at = case when state = '{state}' then now() end"
        ));
        assert_eq!(checks(), expected, "{state}");
    }
    let listed = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
    let not_examined = listed["coverage"]["not_examined"].to_string();
    assert!(not_examined.contains("archived_at"), "{not_examined}");

    // A table with a state for canceled jobs does not need the time to know them.
    database.execute(
        "update jobs set archived_at = null, canceled_at = now();
         alter table jobs drop constraint jobs_state_check,
           add check (state in ('queued', 'running', 'done', 'failed', 'dead_letter', 'canceled'))",
    );
    assert_eq!(checks(), ["ok", "ok", "ok"]);
}

#[test]
fn other_columns_of_an_application_change_nothing() {
    let database = Database::blank();
    database.execute(TABLE);
    for (column, value) in HARMLESS {
        database.execute(&format!("alter table jobs add {column}"));
        database.execute(&format!("update jobs set {} = {value}", name(column)));
    }
    assert_eq!(queue(&database).0, 0);
}

#[test]
fn jobs_whose_claims_or_attempts_are_not_known_are_not_written() {
    let late = "update jobs set locked_at = now() - interval '25 minutes', updated_at = now() - interval '1 day'";
    for (column, value, command, refused) in [
        ("lease_expires_at timestamptz", "now() + interval '2 minutes'", "jobs rescue --yes", 3),
        ("deleted_at timestamptz", "now()", "jobs rescue --yes", 3),
        ("deleted_at timestamptz", "now()", "dlq requeue 3 --yes", 77),
        ("retry_count integer", "5", "dlq requeue 3 --yes", 77),
        ("tries smallint", "5", "dlq requeue 3 --yes", 77),
        ("num_attempts integer", "5", "dlq requeue 3 --yes", 77),
    ] {
        let database = Database::blank();
        database.execute(TABLE);
        database.execute(late);
        database.execute(&format!("alter table jobs add {column}"));
        database.execute(&format!("update jobs set {} = {value}", name(column)));
        let rows = "select string_agg(jobs::text, ';' order by id) from jobs";
        let before = database.value(rows);
        let args: Vec<_> = command.split(' ').collect();
        let output = run(&args, &database).expect_code(refused);
        assert!(output.stderr.contains(name(column)), "{column}: {output:?}");
        assert_eq!(database.value(rows), before, "{column}");

        database.execute(&format!("update jobs set {} = default", name(column)));
        database.execute(late);
        run(&args, &database).expect_code(0);
        assert_ne!(database.value(rows), before, "{column} without a value");
    }
}

#[test]
fn failed_jobs_without_attempts_left_are_reported_if_nothing_claims_them_again() {
    let database = Database::blank();
    database.execute(
        "create table jobs(
           id bigint primary key generated always as identity, kind text not null default 'X',
           state text not null check (state in ('queued', 'running', 'completed', 'failed')),
           attempts integer not null default 0, max_attempts integer not null default 5,
           created_at timestamptz not null default now(), updated_at timestamptz not null default now());
         insert into jobs(state, attempts) select 'failed', 4 from generate_series(1, 500)",
    );
    assert_eq!(queue(&database).0, 3, "nothing shows whether they are retried");
    database.execute("update jobs set attempts = 5");
    let (code, json) = queue(&database);
    assert_eq!((code, status(&json, "dlq.given_up").as_str()), (2, "critical"));
    assert_eq!(json["data"]["given_up"]["value"], 500);
}

#[test]
fn list_of_dead_letters_is_not_empty_beside_jobs_in_unknown_states() {
    let database = Database::blank();
    database.execute(
        "create table jobs(
           id bigint primary key generated always as identity, kind text not null default 'X', state text not null,
           last_error text, created_at timestamptz not null default now(), updated_at timestamptz not null default now());
         insert into jobs(state) select 'queued' from generate_series(1, 3)",
    );
    for command in ["dlq list", "dlq groups", "dlq requeue --all --dry-run"] {
        run(&command.split(' ').collect::<Vec<_>>(), &database).expect_code(0);
    }
    database.execute("insert into jobs(state) select 'snoozed' from generate_series(1, 200)");
    for command in ["dlq list", "dlq groups", "dlq requeue --all --dry-run"] {
        let output = run(&command.split(' ').collect::<Vec<_>>(), &database).expect_code(3);
        assert!(output.stderr.contains("snoozed"), "{command}: {output:?}");
    }
    assert_eq!(status(&queue(&database).1, "dlq.size"), "unknown");
}

#[test]
fn due_jobs_without_a_due_time_are_listed_by_their_creation() {
    let database = Database::blank();
    database.execute(
        "create table jobs(
           id bigint primary key, kind text not null default 'X', last_error text, run_at timestamptz,
           state text not null check (state in ('queued', 'running', 'done', 'dead_letter')),
           created_at timestamptz not null default now(), updated_at timestamptz not null default now());
         insert into jobs(id, state, run_at, created_at) values
           (1, 'queued', now() - interval '1 hour', now()), (2, 'queued', null, now() - interval '3 hours')",
    );
    let json = run(&["jobs", "list", "--state", "due", "-o", "json"], &database).json();
    let jobs = json["data"]["jobs"].as_array().expect("jobs");
    assert_eq!(jobs[0]["id"], "2", "{json:#}");
    assert!(jobs[0]["due_age_seconds"].as_f64() >= Some(10_800.0), "{json:#}");
}

#[test]
fn creation_is_not_the_time_of_death() {
    let database = Database::blank();
    database.execute(
        "create table jobs(
           id bigint primary key generated always as identity, kind text not null default 'X', last_error text,
           state text not null check (state in ('queued', 'running', 'done', 'dead_letter')),
           created_at timestamptz not null default now());
         insert into jobs(state, created_at) select 'dead_letter', now() - interval '2 days' from generate_series(1, 15)",
    );
    let (_, json) = queue(&database);
    assert_eq!(status(&json, "dlq.inflow"), "unknown");
    assert_eq!(json["data"]["dead"]["value"], 15);
    let listed = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
    assert!(listed["data"]["jobs"][0]["dead_since"].is_null(), "{listed:#}");
    run(&["dlq", "list", "--since", "1h"], &database).expect_code(64);

    database.execute("alter table jobs add updated_at timestamptz not null default now()");
    assert_eq!(queue(&database).1["data"]["dead_lettered_last_hour"]["value"], 15);
    let listed =
        run(&["dlq", "list", "--since", "1h", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(listed["data"]["total"]["value"], 15);
}
