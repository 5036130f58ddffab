//! Due times that are not read: a second one, a number, or a known name of another type. What a claim function has in
//! its condition decides.

use super::{run, status};
use crate::support::postgres::Database;

/// A table with these columns, and one queued job in which SET is assigned.
fn database(columns: &str, set: &str) -> Database {
    let database = Database::blank();
    database.execute(&format!(
        "create table jobs(
           id bigserial primary key, kind text not null default 'k',
           status text not null default 'pending' check (status in ('pending', 'processing', 'completed', 'failed')),
           attempts int not null default 0, locked_by text, created_at timestamptz not null default now(),
           updated_at timestamptz not null default now(), {columns});
         insert into jobs(created_at) values (now() - interval '1 hour');
         update jobs set {set}"
    ));
    database
}

/// A claim with this condition.
fn claim(condition: &str) -> String {
    format!(
        "create function claim() returns setof jobs language sql as $$
           update jobs set status = 'processing', locked_by = 'w' where id =
             (select id from jobs where status = 'pending' and {condition} limit 1 for update skip locked)
           returning * $$"
    )
}

const TOMORROW: &str = "now() + interval '1 day'";
const MILLIS: &str = "(extract(epoch from now()) * 1000)::bigint + 86400000";

#[test]
fn due_time_that_is_not_read_makes_due_jobs_unknown() {
    for (columns, set, name) in [
        (
            "run_at timestamptz default now() - interval '1 hour', next_retry_at timestamptz",
            format!("next_retry_at = {TOMORROW}"),
            "next_retry_at",
        ),
        (
            "run_after timestamptz default now() - interval '1 hour', retry_at timestamptz",
            format!("retry_at = {TOMORROW}"),
            "retry_at",
        ),
        ("scheduled_at bigint", format!("scheduled_at = {MILLIS}"), "scheduled_at"),
        (
            "available_at int",
            "available_at = extract(epoch from now())::int + 86400".to_owned(),
            "available_at",
        ),
        ("run_after bigint", format!("run_after = {MILLIS}"), "run_after"),
        ("run_at text", format!("run_at = {TOMORROW}"), "run_at"),
    ] {
        let database = database(columns, &set);
        let out = run(&["queue", "-o", "json"], &database).expect_code(3).json();
        assert_eq!(status(&out, "queue.backlog"), "unknown", "{columns}");
        assert!(out["findings"].to_string().contains(name), "{columns}: {out:#}");
        let list = run(&["jobs", "list", "--state", "due"], &database).expect_code(3);
        assert!(list.stderr.contains(name), "{columns}: {list:#?}");
        // No other figure fails.
        run(&["dlq", "list"], &database);
        run(&["jobs", "show", "1"], &database).expect_code(0);
        run(&["jobs", "list", "--state", "finished"], &database).expect_code(0);
        // No job has such a time.
        database.execute(&format!("update jobs set {name} = null"));
        let due = run(&["queue", "-o", "json"], &database).json();
        assert_ne!(status(&due, "queue.backlog"), "unknown", "{columns}");
    }
}

#[test]
fn second_due_time_that_changes_nothing_is_no_doubt() {
    let columns = "run_at timestamptz default now(), next_retry_at timestamptz";
    let database = database(columns, "next_retry_at = run_at - interval '1 minute'");
    let out = run(&["queue", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(out["data"]["due"]["value"], 1);
}

#[test]
fn condition_of_the_claim_decides_which_due_time_counts() {
    let columns = "run_at timestamptz default now(), next_retry_at timestamptz";
    let set = format!("next_retry_at = {TOMORROW}");
    for (condition, code) in [
        ("run_at <= now()", 0),
        ("run_at <= now() order by next_retry_at", 0),
        ("coalesce(next_retry_at, run_at) <= now()", 3),
        ("run_at <= now() and (next_retry_at is null or next_retry_at <= now())", 3),
    ] {
        let database = database(columns, &set);
        database.execute(&claim(condition));
        run(&["queue"], &database).expect_code(code);
    }
}

#[test]
fn known_names_of_another_type_are_no_server_error() {
    let database = Database::blank();
    database.execute(
        "create table jobs(
           id bigserial primary key, kind text not null, status text not null default 'queued'
             check (status in ('queued', 'running', 'done', 'failed', 'dead_letter')),
           attempts int not null default 0, last_error text, locked_by text, locked_at bigint, heartbeat_at bigint,
           run_after bigint not null, created_at bigint not null, updated_at bigint not null);
         insert into jobs(kind, status, locked_at, heartbeat_at, run_after, created_at, updated_at)
         select 'x', s, 1, 1, 1, 1, 1 from unnest(array['queued', 'running', 'dead_letter']) s",
    );
    let out = run(&["queue", "-o", "json"], &database).expect_code(3).json();
    for check in ["queue.backlog", "queue.stuck"] {
        assert_eq!(status(&out, check), "unknown", "{check}: {out:#}");
    }
    let listed = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(listed["data"]["jobs"].as_array().map(Vec::len), Some(1));
    run(&["dlq", "groups"], &database).expect_code(0);
}
