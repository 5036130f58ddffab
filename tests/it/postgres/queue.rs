//! Tests of `queue` against counts with plain SQL.

use serde_json::{Value, json};

use super::{run, status};
use crate::support::fixtures::VARIANTS;
use crate::support::postgres::Database;
use crate::support::wait_until;

/// Returns the maintained state column of a variant and its values for queued, claimed and dead.
fn state_names(variant: &str) -> (&'static str, [&'static str; 3]) {
    match variant {
        "status_live" | "bigint" => ("status", ["'queued'", "'running'", "'failed'"]),
        "typed" => ("status", ["'pending'", "'processing'", "''"]),
        "early" => ("state", ["'queued'", "'processing'", "''"]),
        "hosted" | "october" => ("state", ["'queued'", "'running'", "''"]),
        _ => ("state", ["'queued','pending'", "'running','processing'", "'dead_letter'"]),
    }
}

#[test]
fn queue_counts_match_the_table_in_every_variant() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let data = run(&["queue", "-o", "json"], &database).expect_code(2).json()["data"].clone();
        let (live, [waiting, running, dead]) = state_names(variant);
        let count = |values: &str| -> u64 {
            let sql = format!("select count(*) from jobs where {live}::text in ({values})");
            database.value(&sql).parse().expect("a number")
        };
        let sum = |names: &[&str]| -> u64 {
            names.iter().map(|n| data[n]["value"].as_u64().expect("counted")).sum()
        };
        assert_eq!(sum(&["due", "scheduled"]), count(waiting), "{variant}: waiting");
        assert_eq!(sum(&["claimed"]), count(running), "{variant}: in progress");
        if dead == "''" {
            assert_eq!(data["dead"], json!(null), "{variant}: has no dead letters");
        } else {
            assert_eq!(sum(&["dead"]), count(dead), "{variant}: dead");
        }
        assert!(sum(&["due"]) > 0 && sum(&["scheduled"]) > 0, "{variant}: due is told from later");
    }
}

#[test]
fn healthy_and_empty_queues_exit_0_in_every_variant() {
    for variant in VARIANTS {
        for data in ["empty", "healthy"] {
            let database = Database::from_fixture(&format!("{variant}_{data}"));
            let output = run(&["queue"], &database).expect_code(0);
            assert!(output.stdout.starts_with("OK  "), "{variant}_{data}: {}", output.stdout);
        }
    }
}

#[test]
fn awkward_rows_are_counted_without_panic() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_awkward"));
        let output = run(&["queue", "-o", "json"], &database);
        let rows: u64 = database.value("select count(*) from jobs").parse().expect("a number");
        let data = &output.json()["data"];
        let sum: u64 = ["due", "scheduled", "claimed", "failed", "dead"]
            .iter()
            .filter_map(|name| data[name]["value"].as_u64())
            .sum();
        assert!(sum <= rows && sum > 0, "{variant}: {sum} of {rows}");
        assert!((1..=3).contains(&output.code), "{variant}: exit {}", output.code);
    }
}

#[test]
fn kind_filter_counts_one_kind_and_suggests_similar_ones() {
    let database = Database::from_fixture("main_typical");
    let output = run(&["queue", "--kind", "PUBLISH_TIKTOK", "-o", "json"], &database);
    let data = output.json()["data"].clone();
    let dead = database
        .value("select count(*) from jobs where kind = 'PUBLISH_TIKTOK' and state = 'dead_letter'");
    assert_eq!(data["dead"]["value"].to_string(), dead);
    assert_eq!(data["due"]["value"], 0);

    let output = run(&["queue", "--kind", "PUBLISH_TIKTOC"], &database).expect_code(64);
    assert!(output.stderr.contains("did you mean `PUBLISH_TIKTOK`"), "{}", output.stderr);
}

#[test]
fn job_without_a_due_time_is_due_since_its_creation_at_most() {
    for due in ["run_at timestamptz,", ""] {
        let database = Database::blank();
        database.execute(&format!(
            "create table jobs(id bigint primary key, kind text not null default 'X',
               state text not null check (state in ('queued', 'running', 'done', 'dead_letter')),
               {due} created_at timestamptz not null default now(), updated_at timestamptz not null default now());
             insert into jobs(id, state) values (1, 'queued')"
        ));
        run(&["queue"], &database).expect_code(0);
        database.execute("update jobs set created_at = now() - interval '1 hour'");
        assert_ne!(run(&["queue"], &database).code, 0, "{due}");
    }
}

#[test]
fn ages_use_the_clock_of_the_server() {
    // The time zone and the formats of the session do not change the result.
    let database = Database::from_fixture("main_healthy");
    database.execute(&format!(
        "alter database {name} set timezone = 'Asia/Kathmandu';
         alter database {name} set datestyle = 'German';
         alter database {name} set extra_float_digits = 0;
         insert into jobs (workspace_id, kind, state, run_at)
         select id, 'TRANSCRIBE', 'queued', now() - interval '10 minutes' from workspaces limit 1",
        name = database.name(),
    ));
    let json = run(&["queue", "-o", "json"], &database).expect_code(2).json();
    let age = json["data"]["oldest_due_age"].as_f64().expect("an age");
    assert!((599.0..660.0).contains(&age), "{age}");
    assert_eq!(status(&json, "queue.oldest_due"), "critical");
}

/// Adds 150,000 finished rows, so that the planner treats the table as large. Runs ANALYZE in case
/// autovacuum has not.
fn grow(database: &Database) {
    database.execute(
        "insert into jobs (workspace_id, kind, state)
         select w.id, 'TRANSCRIBE', 'done' from (select id from workspaces limit 1) w,
                generate_series(1, 150000);
         analyze jobs",
    );
}

#[test]
fn counts_are_equal_with_and_without_advised_indexes() {
    let database = Database::from_fixture("main_typical");
    grow(&database);
    let metrics = |json: &Value| {
        let data = &json["data"];
        [
            "due",
            "scheduled",
            "claimed",
            "failed",
            "dead",
            "stuck",
            "dead_lettered_last_hour",
            "by_kind",
            "workers",
        ]
        .map(|name| {
            let mut value = data[name].clone();
            // Ages differ between two runs.
            for kind in value.as_array_mut().into_iter().flatten() {
                let age = kind["oldest_due_age"].take();
                kind["oldest_due_age"] = (age.as_f64() > Some(60.0)).into();
            }
            value
        })
    };
    let by_scan = run(&["queue", "-o", "json"], &database).json();
    let advice = run(&["queue", "--advise", "-o", "json"], &database).expect_code(0).json();
    let indexes = advice["data"]["indexes"].as_array().expect("advice").clone();
    assert_eq!(indexes.len(), 4);
    for index in &indexes {
        let sql = index["sql"].as_str().expect("sql").replace(" concurrently", "");
        database.execute(&sql);
    }
    let by_index = run(&["queue", "-o", "json"], &database).json();
    assert_eq!(metrics(&by_scan), metrics(&by_index));
    let output = run(&["queue", "--advise"], &database).expect_code(0);
    assert!(output.stdout.contains("all metrics of queue have an index"), "{}", output.stdout);

    // With them, the table itself is not read: an index scan only looks up its visibility map, which is one page.
    for setting in ["enable_seqscan = off", "enable_bitmapscan = off"] {
        database.execute(&format!("alter database {} set {setting}", database.name()));
    }
    database.execute("vacuum analyze jobs");
    let read = |what: &str, from: &str| -> u64 {
        let sum = database.value(&format!("select sum({what}) from {from} where relname = 'jobs'"));
        sum.parse().expect("a number")
    };
    let table_pages = || read("heap_blks_read + heap_blks_hit", "pg_statio_user_tables");
    let index_scans = || read("idx_scan", "pg_stat_user_indexes");
    let sessions = "select count(*) from pg_stat_activity where application_name like 'cliplyctl%'";
    let sessions_ended = || database.value(sessions) == "0";
    wait_until("earlier sessions have reported what they read", sessions_ended);
    let (pages, scans) = (table_pages(), index_scans());
    run(&["queue", "-o", "json"], &database);
    wait_until("the sessions of queue have reported what they read", sessions_ended);
    let scanned = index_scans() - scans;
    assert!(scanned > 0 && table_pages() - pages <= scanned, "{} pages", table_pages() - pages);
}

/// Returns the suggested index for these metrics.
fn advised<'a>(report: &'a Value, serves: &str) -> &'a Value {
    let indexes = report["data"]["indexes"].as_array().expect("advice");
    let found = indexes.iter().find(|index| index["serves"].as_str() == Some(serves));
    found.unwrap_or_else(|| panic!("no index for {serves}: {report:#}"))
}

const RUNNING: &str = "claimed jobs, stuck jobs and workers";

#[test]
fn advice_states_costs_and_creates_no_index() {
    let database = Database::from_fixture("main_typical");
    grow(&database);
    let indexes = "select string_agg(indexdef, ';' order by indexdef) from pg_indexes";
    let before = database.value(indexes);

    let report = run(&["queue", "--advise", "-o", "json"], &database).expect_code(0).json();
    let running = advised(&report, RUNNING);
    assert!(running["now"]["took_ms"].as_f64().is_some(), "{running:#}");
    assert_eq!(running["now"]["given_up_after_ms"], json!(null));
    assert_eq!(running["now"]["reads"], json!(["Seq Scan"]));
    let pages = database.value("select pg_relation_size('jobs') / 8192");
    assert_eq!(running["now"]["pages"].to_string(), pages);
    let jobs = database.value("select count(*) from jobs where state in ('running', 'processing')");
    assert_eq!(running["with_index"]["jobs"].to_string(), jobs);
    assert_eq!(running["with_index"]["jobs_estimated"], false);
    // The existing partial index finds dead letters, but lacks the columns that these metrics need.
    let dead = advised(&report, "dead letters by kind and in the last hour");
    assert_eq!(dead["now"]["pages_estimated"], true, "{dead:#}");

    let text = run(&["queue", "--advise"], &database).expect_code(0).stdout;
    let pages = thousands(&pages);
    assert!(text.contains(&format!(", measured once; Seq Scan of {pages} pages\n")), "{text}");
    let gain = format!("-- with it: about 1 page of the index (estimate), for {jobs} jobs counted");
    assert!(text.contains(&gain), "{text}");
    assert!(
        text.lines().filter(|line| line.contains("-- ")).all(|line| line.len() <= 80),
        "{text}"
    );
    assert_eq!(database.value(indexes), before, "the advice made an index");
    assert_eq!(database.value(indexes), before, "the advice made an index");
}

/// Formats a number as reports do: `1,234`.
fn thousands(digits: &str) -> String {
    cliplyctl::text::count(digits.parse().expect("a number"))
}

#[test]
fn abandoned_count_shows_the_planner_estimate() {
    let database = Database::from_fixture("main_typical");
    // The cast of a kind to text never ends, and only running jobs have such a kind.
    database.execute(
        "delete from jobs where state not in ('running', 'processing');
         alter table jobs drop constraint jobs_kind_check;
         create type endless as enum ('TRANSCRIBE');
         alter table jobs alter kind type endless using 'TRANSCRIBE';
         create function wait_for_it(endless) returns text language plpgsql as
           $$ begin perform pg_sleep(600); return 'never'; end $$;
         create cast (endless as text) with function wait_for_it(endless);
         analyze jobs",
    );
    let report = run(&["queue", "--advise", "-o", "json"], &database).expect_code(0).json();
    let running = advised(&report, RUNNING);
    assert_eq!(running["now"]["took_ms"], json!(null), "{running:#}");
    assert_eq!(running["now"]["given_up_after_ms"], 1_000.0);
    assert_eq!(running["with_index"]["jobs_estimated"], true);
    let waiting = advised(&report, "queued jobs by kind");
    assert!(waiting["now"]["took_ms"].as_f64().is_some(), "{waiting:#}");

    let text = run(&["queue", "--advise"], &database).expect_code(0).stdout;
    assert!(text.contains("-- now: > 1.0 s: given up; Seq Scan of "), "{text}");
    assert!(text.contains(" planner estimate\n"), "{text}");
}

/// Returns the sum of a number of the rows of a list.
fn total(rows: &serde_json::Value, key: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[key].as_u64().expect(key)).sum()
}

#[test]
fn running_and_stuck_add_up_to_claimed_jobs() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let data = run(&["queue", "-o", "json"], &database).expect_code(2).json()["data"].clone();
        let value = |key: &str| data[key]["value"].as_u64();
        let (Some(running), Some(stuck)) = (value("running"), value("stuck")) else {
            // Without heartbeats neither is known.
            assert_eq!(variant, "typed", "{data:#}");
            assert_eq!((value("running"), value("stuck")), (None, None), "{data:#}");
            continue;
        };
        assert_ne!(variant, "typed", "has no heartbeats: {data:#}");
        assert_eq!(Some(running + stuck), value("claimed"), "{variant}");
        for (rows, name) in [(&data["by_kind"], "kind"), (&data["by_worker"], "worker")] {
            assert_eq!(total(rows, "running"), running, "{variant}, by {name}: {rows:#}");
            assert_eq!(total(rows, "stuck"), stuck, "{variant}, by {name}: {rows:#}");
        }
        assert_eq!(total(&data["by_kind"], "claimed"), running + stuck, "{variant}");
    }
}

#[test]
fn stuck_jobs_name_their_worker_and_a_healthy_queue_names_none() {
    let typical = Database::from_fixture("main_typical");
    let output = run(&["queue"], &typical).expect_code(2).stdout;
    let headline = output.lines().next().unwrap();
    assert!(headline.contains(" jobs stuck on worker-c"), "{output}");
    let worker = |text: &str| {
        let row = text.lines().find(|line| line.starts_with("worker-c"));
        row.map(|row| row.split_whitespace().nth(2).unwrap().to_owned())
    };
    assert_eq!(worker(&output).as_deref(), Some("3"), "{output}");
    let healthy = Database::from_fixture("main_healthy");
    let output = run(&["queue"], &healthy).expect_code(0).stdout;
    assert!(output.starts_with("OK") && !output.contains("stuck on"), "{output}");
    assert_eq!(worker(&output), None, "{output}");
}

#[test]
fn time_to_drain_follows_from_recent_events() {
    let database = Database::from_fixture("main_typical");
    let add = |stage: &str, events: u32| {
        database.execute(&format!(
            "INSERT INTO job_events (job_id, stage)
             SELECT id, '{stage}' FROM (SELECT id FROM jobs LIMIT 1) one, generate_series(1, {events})"
        ));
    };
    database.execute("DELETE FROM job_events");
    add("finished", 60);
    let data = run(&["queue", "-o", "json"], &database).expect_code(2).json()["data"].clone();
    assert_eq!(data["finished_per_minute"], json!(12.0), "60 in 5 minutes: {data:#}");
    // 12 due jobs at 12 per minute.
    assert_eq!(data["drain_seconds"], json!(60.0), "{data:#}");
    // As many new jobs as finished ones: the backlog does not shrink.
    add("enqueued", 60);
    let data = run(&["queue", "-o", "json"], &database).expect_code(2).json()["data"].clone();
    assert_eq!(data["drain_seconds"], json!(null), "{data:#}");
    let output = run(&["queue"], &database).expect_code(2).stdout;
    assert!(output.contains("not draining"), "{output}");
}
