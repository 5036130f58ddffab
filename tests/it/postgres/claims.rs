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

/// Conditions of a claim, which of the failed states `failed` and `error` are given up, and whether that is known.
const CLAIMS: [(&str, &[&str], bool); 9] = [
    ("state = 'queued'", &["failed", "error"], true),
    ("state = 'queued' and state not in ('failed', 'done')", &["failed", "error"], true),
    ("state = 'queued' and state <> 'done'", &["failed", "error"], true),
    ("state in ('queued', 'failed')", &["error"], true),
    ("state = any (array['queued', 'failed', 'error'])", &[], true),
    ("state = 'queued' or ('error' = state and attempts < 3)", &["failed"], true),
    // What these take is not known.
    ("state = 'queued' or state <> 'running'", &[], false),
    ("state = 'queued' or state not in ('running', 'done')", &[], false),
    ("state = 'queued' or state = lower(kind)", &[], false),
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
    for (claim, given_up, is_known) in CLAIMS {
        let database = database(claim, "");
        let healthy = run(&["queue", "-o", "json"], &database).expect_code(0).json();
        assert_eq!(value(&healthy, "given_up"), None, "{claim}");
        database.execute(
            "insert into jobs(state, attempts, last_error) select s, 4, 'card declined'
               from unnest(array['failed', 'error']) s, generate_series(1, 120)",
        );
        let json = run(&["queue", "-o", "json"], &database).json();
        let expected = 120 * given_up.len() as u64;
        assert_eq!(value(&json, "given_up").unwrap_or(0), expected, "{claim}");
        assert_eq!(value(&json, "failed"), Some(240), "{claim}");
        let code = match given_up {
            [] if is_known => 0,
            [] => 3,
            _ => 2,
        };
        assert_eq!(json["exit_code"], code, "{claim}");
        let unknown = if is_known { 0 } else { 240 };
        assert_eq!(value(&json, "retry_unknown").unwrap_or(0), unknown, "{claim}");
        if !given_up.is_empty() {
            assert_eq!(status(&json, "dlq.given_up"), "critical", "{claim}");
        }
        for state in ["failed", "error"] {
            let id =
                database.value(&format!("select id from jobs where state = '{state}' limit 1"));
            let shown = run(&["jobs", "show", &id], &database).expect_code(0).stdout;
            let is_given_up = given_up.contains(&state);
            assert_eq!(shown.contains("Given up"), is_given_up, "{claim} {state}: {shown}");
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

/// Functions that mention failed jobs and claim none of them. `retry_failed` requeues them, if somebody calls it.
const HELPERS: [&str; 7] = [
    "create function retry_job(p_id uuid) returns void language sql as $$
       update jobs set state = 'queued', last_error = null where id = p_id and state = 'failed' $$",
    "create function cancel_job(p_id uuid) returns void language sql as $$
       update jobs set state = 'done' where state in ('queued', 'failed') and id = p_id $$",
    "create function enqueue(p_id uuid) returns void language sql as $$
       insert into jobs(id) values (p_id) on conflict (id) do update set state = 'queued' where jobs.state = 'failed' $$",
    "create function archive(days int) returns void language sql as $$
       update jobs set kind = 'old', state = 'done' where id in (select id from jobs
         where state in ('queued', 'failed') and created_at < now() - make_interval(days => days) for update skip locked) $$",
    "create function retry_failed() returns void language sql as $$
       update jobs set state = 'queued', locked_by = null where id in
         (select id from jobs where state = 'failed' limit 10 for update skip locked) $$",
    "create function failures() returns bigint language sql as $$ select count(*) from jobs where state <> 'failed' $$",
    "create function stop(w text) returns void language sql as $$
       update jobs j set state = 'error', locked_by = null where j.locked_by = w and j.state <> 'failed' $$",
];

#[test]
fn function_that_only_mentions_failed_jobs_shows_no_retry() {
    for helper in HELPERS {
        let database = database("state = 'queued'", "");
        database.execute(helper);
        run(&["queue"], &database).expect_code(0);
        database.execute(
            "insert into jobs(state, attempts) select 'failed', 4 from generate_series(1, 120)",
        );
        let json = run(&["queue", "-o", "json"], &database).expect_code(2).json();
        assert_eq!(value(&json, "given_up"), Some(120), "{helper}");
    }
}

#[test]
fn second_claim_that_takes_failed_jobs_shows_their_retry() {
    let claim = "create function claim_retry(w text) returns setof jobs language plpgsql as $$
      declare v_id uuid;
      begin
        select id into v_id from jobs where CONDITION order by run_at limit 1 for update skip locked;
        return query update jobs set state = 'running', locked_by = w where id = v_id returning *;
      end $$";
    for (condition, expected) in
        [("state = 'failed' and run_at <= now()", 0), ("state = 'failed' and id = $1", 3)]
    {
        let database = database("state = 'queued'", "");
        database.execute(&claim.replace("CONDITION", condition));
        database.execute(
            "insert into jobs(state, attempts) select 'failed', 4 from generate_series(1, 120)",
        );
        let code = run(&["queue"], &database).code;
        assert_eq!(code, if expected == 0 { 0 } else { 2 }, "{condition}");
    }
}

#[test]
fn failed_job_without_attempts_left_is_given_up_if_the_claim_requires_one() {
    let database = database("state in ('queued', 'failed') and attempts < max_attempts", "");
    let insert = |attempts: u32| {
        database.execute(&format!(
            "truncate jobs; insert into jobs(state, attempts) select 'failed', {attempts} from generate_series(1, 120)"
        ));
        run(&["queue", "-o", "json"], &database).json()
    };
    assert_eq!(insert(4)["exit_code"], 0);
    let json = insert(5);
    assert_eq!((&json["exit_code"], value(&json, "given_up")), (&2.into(), Some(120)));
    let id = database.value("select id from jobs limit 1");
    let shown = run(&["jobs", "show", &id], &database).expect_code(0).stdout;
    assert!(shown.contains("Given up"), "{shown}");
}

/// A table whose worker claims in its own code. WORD is the word for finished, MORE stands for more states.
const NO_CLAIM: &str = "
    create table jobs(
      id bigint primary key generated always as identity, kind text not null default 'X',
      status text not null default 'queued' check (status in ('queued', 'running', 'failed', 'WORD' MORE)),
      attempts int not null default 0, max_attempts int not null default 3,
      run_after timestamptz not null default now(), locked_at timestamptz, locked_by text, last_error text,
      created_at timestamptz not null default now(), updated_at timestamptz not null default now());
    insert into jobs(status) values ('queued'), ('WORD');";

#[test]
fn word_for_finished_does_not_decide_whether_failed_jobs_are_given_up() {
    let failed = "insert into jobs(status, attempts, run_after, updated_at, created_at)
                  select 'failed', ATTEMPTS, DUE, CHANGED, now() - interval '2 days' from generate_series(1, 500)";
    for word in ["succeeded", "success", "completed", "complete", "done", "finished"] {
        let database = Database::blank();
        database.execute(&NO_CLAIM.replace("WORD", word).replace("MORE", ""));
        run(&["queue"], &database).expect_code(0);
        for (attempts, due, changed, code) in [
            // Nothing shows what becomes of them.
            ("1", "now()", "now()", 3),
            ("1", "now() - interval '23 hours'", "now() - interval '23 hours'", 3),
            // They wait for their retry, or it has just come.
            ("1", "now() + interval '30 s'", "now()", 0),
            ("1", "now() - interval '1 min'", "now() - interval '2 min'", 0),
            // Given up: no attempt is left, or nothing took them for a day.
            ("3", "now() + interval '30 s'", "now()", 2),
            ("1", "now() - interval '25 hours'", "now() - interval '26 hours'", 2),
            ("1", "now() - interval '25 hours'", "now()", 3),
            ("1", "'infinity'", "now()", 3),
        ] {
            database.execute("delete from jobs where status = 'failed'");
            let failed = failed.replace("ATTEMPTS", attempts).replace("DUE", due);
            database.execute(&failed.replace("CHANGED", changed));
            let case = format!("{word}: {attempts} {due} {changed}");
            let json = run(&["queue", "-o", "json"], &database).json();
            assert_eq!(json["exit_code"], code, "{case}");
            let expected = |of: i32| if code == of { 500 } else { 0 };
            assert_eq!(value(&json, "given_up").unwrap_or(0), expected(2), "{case}");
            assert_eq!(value(&json, "retry_unknown").unwrap_or(0), expected(3), "{case}");
            let listed = run(&["dlq", "list"], &database);
            let grouped = run(&["dlq", "groups"], &database);
            let code = if code == 2 { 0 } else { 3 };
            assert_eq!((listed.code, grouped.code), (code, code), "{case}: {listed:?}");
            let id = database.value("select id from jobs where status = 'failed' limit 1");
            let shown = run(&["jobs", "show", &id], &database).expect_code(0).stdout;
            assert_eq!(shown.contains("Given up"), code == 0, "{case}: {shown}");
        }
    }
}

#[test]
fn index_for_claims_shows_that_failed_jobs_are_tried_again() {
    for (index, code) in [
        ("(run_after) where status in ('queued', 'failed')", 0),
        ("(status, run_after) where status in ('queued', 'failed') and locked_at is null", 0),
        ("(run_after) where status = 'queued'", 3),
        // They keep jobs unique, or serve more than claims.
        ("(kind, last_error) where status in ('queued', 'failed')", 3),
        ("(run_after) where status in ('queued', 'running', 'failed')", 3),
        ("(run_after) where status <> 'succeeded'", 3),
    ] {
        let database = Database::blank();
        database.execute(&NO_CLAIM.replace("WORD", "succeeded").replace("MORE", ", 'dead'"));
        database.execute(&format!("create index on jobs {index}"));
        run(&["queue"], &database).expect_code(0);
        database.execute(
            "insert into jobs(status, attempts) select 'failed', 1 from generate_series(1, 120)",
        );
        let shown = run(&["queue"], &database);
        assert_eq!(shown.code, code, "{index}: {shown:?}");
    }
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

/// The given-up jobs of `dlq list` and `dlq groups`: their states, the total, and the number of jobs in groups.
fn given_up(database: &Database, filter: &[&str]) -> Option<(Vec<String>, u64, u64)> {
    let json = |command: &str| {
        let mut args = vec!["dlq", command, "-o", "json"];
        args.extend(filter);
        let output = run(&args, database);
        (output.code == 0).then(|| output.json()["data"]["given_up"].take())
    };
    let (list, groups) = (json("list")?, json("groups")?);
    assert_eq!(list.is_null(), groups.is_null(), "{list:#} {groups:#}");
    let states = list["states"].as_array()?.iter().map(|state| state.as_str().unwrap().to_owned());
    let counts = groups["groups"].as_array()?.iter().map(|group| group["count"].as_u64().unwrap());
    Some((states.collect(), list["total"]["value"].as_u64()?, counts.sum()))
}

#[test]
fn dlq_lists_and_groups_given_up_jobs_of_every_claim() {
    for (claim, states, is_known) in CLAIMS {
        let database = database(claim, "");
        assert_eq!(given_up(&database, &[]), None, "{claim}");
        database.execute(
            "insert into jobs(state, kind, attempts, last_error)
               select s, case when n < 3 then 'A' else 'B' end, 4, s || ' 50' || n || ' from provider'
                 from unnest(array['failed', 'error']) s, generate_series(1, 5) n",
        );
        let expected = |jobs: usize| {
            let states: Vec<_> = states.iter().map(|&state| state.to_owned()).collect();
            let n = (jobs * states.len()) as u64;
            (!states.is_empty()).then_some((states, n, n))
        };
        assert_eq!(given_up(&database, &[]), expected(5), "{claim}");
        assert_eq!(given_up(&database, &["--kind", "A"]), expected(2), "{claim}");
        let shown = run(&["dlq", "list"], &database);
        match states {
            [] => {
                let why = if is_known { "no dead letters" } else { "whether they are tried again" };
                assert!(shown.code == 3 && shown.stderr.contains(why), "{claim}: {shown:?}");
            }
            [state, ..] => {
                let heading = "Given up: failed jobs that are not claimed again";
                assert!(shown.stdout.contains(heading), "{}", shown.stdout);
                assert!(
                    shown.stdout.contains(&format!("{state} 501 from provider")),
                    "{}",
                    shown.stdout
                );
                assert!(shown.stdout.contains("no dead letters"), "{}", shown.stdout);
            }
        }
    }
}

#[test]
fn dead_letters_and_given_up_jobs_have_their_own_headings() {
    let database = Database::from_fixture("main_typical");
    let dead = database.value("select count(*) from jobs where state = 'dead_letter'");
    database.execute(
        "update jobs set state = 'failed', last_error = 'left behind' where id in
           (select id from jobs where state = 'queued' limit 3);
         delete from jobs where state in ('failed', 'error') and last_error is distinct from 'left behind';",
    );
    let json = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
    assert_eq!(json["data"]["total"]["value"].to_string(), dead);
    assert_eq!(json["data"]["given_up"]["total"]["value"], 3, "{json:#}");
    assert_eq!(json["data"]["given_up"]["functions"], serde_json::json!(["worker_claim_next_job"]));
    let page = run(&["dlq", "list", "--limit", "5", "-o", "json"], &database).json();
    let after = page["data"]["next_cursor"].as_str().unwrap();
    let next =
        run(&["dlq", "list", "--limit", "5", "--after", after, "-o", "json"], &database).json();
    assert!(next["data"]["given_up"].is_null(), "a later page repeats nothing");
    // A requeue of everything does not touch them.
    run(&["dlq", "requeue", "--all", "--yes", "--include-repeat-failures"], &database)
        .expect_code(0);
    assert_eq!(database.value("select count(*) from jobs where state = 'failed'"), "3");
}
