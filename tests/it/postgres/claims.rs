//! What the claim functions tell: where attempts are counted, and which failed jobs nobody takes up again.

use serde_json::Value;

use super::{run, status};
use crate::support::postgres::Database;

/// A table without dead letters. CLAIM is the condition of the claim, COUNT its assignment of attempts.
const TABLE: &str = "
    create table jobs(
      id uuid primary key default gen_random_uuid(), kind text not null default 'X',
      state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'error')),
      attempts int not null default 0, max_attempts int not null default 5, last_error text,
      run_at timestamptz default now(), locked_by text, locked_at timestamptz, heartbeat_at timestamptz,
      created_at timestamptz default now(), updated_at timestamptz not null default now());
    create function claim(w text) returns setof jobs language sql as $$
      update jobs set state = 'running', locked_by = w, locked_at = now(), heartbeat_at = now() COUNT where id =
        (select id from jobs where CLAIM limit 1 for update skip locked) returning * $$;
    create function fail(j uuid) returns void language plpgsql as $$
      begin
        update jobs set state = 'error', last_error = 'card declined', locked_by = null where id = j;
      end $$;";

/// Conditions of a claim, and which of the failed states `failed` and `error` are given up.
const CLAIMS: [(&str, &[&str]); 7] = [
    ("state = 'queued'", &["failed", "error"]),
    ("state in ('queued', 'failed') and attempts < max_attempts", &["error"]),
    ("state = any (array['queued', 'failed', 'error'])", &[]),
    ("state = 'queued' or ('error' = state and attempts < 3)", &["failed"]),
    // What these take is not known.
    ("state = 'queued' or state <> 'running'", &[]),
    ("state = 'queued' or state not in ('running', 'done')", &[]),
    ("state = 'queued' or state = lower(kind)", &[]),
];

fn database(claim: &str, count: &str) -> Database {
    let database = Database::blank();
    database.execute(&TABLE.replace("CLAIM", claim).replace("COUNT", count));
    database
}

fn value(json: &Value, key: &str) -> Option<u64> {
    json["data"][key]["value"].as_u64()
}

#[test]
fn failed_jobs_that_no_claim_takes_are_judged_like_dead_letters() {
    for (claim, given_up) in CLAIMS {
        let database = database(claim, "");
        let healthy = run(&["queue", "-o", "json"], &database).expect_code(0).json();
        assert_eq!(value(&healthy, "given_up"), None, "{claim}");
        database.execute(
            "insert into jobs(state, attempts, last_error) select s, 5, 'card declined'
               from unnest(array['failed', 'error']) s, generate_series(1, 120)",
        );
        let json = run(&["queue", "-o", "json"], &database).json();
        let expected = 120 * given_up.len() as u64;
        assert_eq!(value(&json, "given_up").unwrap_or(0), expected, "{claim}");
        assert_eq!(value(&json, "failed"), Some(240), "{claim}");
        assert_eq!(json["exit_code"], if given_up.is_empty() { 0 } else { 2 }, "{claim}");
        if !given_up.is_empty() {
            assert_eq!(status(&json, "dlq.given_up"), "critical", "{claim}");
        }
        for state in ["failed", "error"] {
            let id =
                database.value(&format!("select id from jobs where state = '{state}' limit 1"));
            let shown = run(&["jobs", "show", &id], &database).expect_code(0).stdout;
            let is_given_up = given_up.contains(&state);
            assert_eq!(shown.contains("given up"), is_given_up, "{claim} {state}: {shown}");
        }
    }
}

#[test]
fn given_up_jobs_are_listed_with_their_errors() {
    let database = database("state = 'queued'", "");
    database.execute(
        "insert into jobs(state, attempts, last_error) values ('error', 5, 'card declined')",
    );
    let list = ["jobs", "list", "--state", "failed"];
    assert!(run(&list, &database).expect_code(0).stdout.contains("card declined"));
    let json = run(&[&list[..], &["-o", "json"]].concat(), &database).expect_code(0).json();
    assert_eq!(json["data"]["jobs"][0]["error"], "card declined");
}

#[test]
fn worker_without_claim_function_gives_nothing_up() {
    let database = database("state = 'queued'", "");
    database.execute(
        "drop function claim; drop function fail;
         insert into jobs(state, attempts) select 'failed', 5 from generate_series(1, 120)",
    );
    let json = run(&["queue", "-o", "json"], &database).expect_code(0).json();
    assert_eq!((value(&json, "failed"), value(&json, "given_up")), (Some(120), None));
}

#[test]
fn running_attempt_is_the_same_number_everywhere() {
    for (count, counted, running) in [(", attempts = attempts + 1", 4, 4), ("", 3, 4), ("", 4, 5)] {
        let database = database("state = 'queued'", count);
        database.execute(&format!(
            "insert into jobs(state, attempts, locked_by, locked_at, heartbeat_at, updated_at)
             select 'running', {counted}, 'w1', now() - i, now() - i, now() - i from (select interval '1 hour' i) i"
        ));
        let id = database.value("select id from jobs");
        let attempt = format!("{running} of 5");
        let commands: [&[&str]; 3] = [
            &["jobs", "list", "--state", "stuck"],
            &["jobs", "show", &id],
            &["jobs", "rescue", "--dry-run"],
        ];
        for command in commands {
            let shown = run(command, &database).expect_code(0).stdout;
            assert!(shown.contains(&attempt), "{count} {command:?}: {shown}");
        }
    }
}

#[test]
fn rescue_keeps_a_job_that_has_an_attempt_left() {
    let count_at_claim = ", attempts = coalesce(attempts, 0) + 1";
    // The state and the attempts after the rescue. The table has no dead letters, so the last attempt is left alone.
    for (count, counted, expected) in [
        (count_at_claim, 4, "queued 4"),
        (count_at_claim, 5, "running 5"),
        ("", 3, "queued 4"),
        ("", 4, "running 4"),
    ] {
        let database = database("state = 'queued'", count);
        database.execute(&format!(
            "insert into jobs(state, attempts, locked_by, locked_at, heartbeat_at)
             values ('running', {counted}, 'w1', now() - interval '1 hour', now() - interval '1 hour')"
        ));
        run(&["jobs", "rescue", "--reason", "worker died", "--yes"], &database);
        let after = database.value("select state || ' ' || attempts from jobs");
        assert_eq!(after, expected, "{count} {counted}");
    }
}
