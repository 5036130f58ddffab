//! `queue` against what psql would count by hand.

use serde_json::json;

use super::{run, status};
use crate::support::fixtures::VARIANTS;
use crate::support::postgres::Database;

/// Live column and the values of (waiting, in progress, dead) by variant, as the facts have them.
fn words(variant: &str) -> (&'static str, [&'static str; 3]) {
    match variant {
        "status_live" | "bigint" => ("status", ["'queued'", "'running'", "'failed'"]),
        "typed" => ("status", ["'pending'", "'processing'", "''"]),
        "early" => ("state", ["'queued'", "'processing'", "''"]),
        "hosted" | "october" => ("state", ["'queued'", "'running'", "''"]),
        _ => ("state", ["'queued','pending'", "'running','processing'", "'dead_letter'"]),
    }
}

#[test]
fn counts_are_those_of_the_table_in_every_variant() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let data = run(&["queue", "-o", "json"], &database).expect_code(2).json()["data"].clone();
        let (live, [waiting, running, dead]) = words(variant);
        let count = |values: &str| -> u64 {
            let sql = format!("select count(*) from jobs where {live}::text in ({values})");
            database.value(&sql).parse().expect("a number")
        };
        let sum = |names: &[&str]| -> u64 {
            names.iter().map(|n| data[n]["value"].as_u64().expect("counted")).sum()
        };
        assert_eq!(sum(&["due", "scheduled"]), count(waiting), "{variant}: waiting");
        assert_eq!(sum(&["in_progress"]), count(running), "{variant}: in progress");
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
fn awkward_rows_are_counted_and_never_panic() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_awkward"));
        let output = run(&["queue", "-o", "json"], &database);
        let rows: u64 = database.value("select count(*) from jobs").parse().expect("a number");
        let data = &output.json()["data"];
        let sum: u64 = ["due", "scheduled", "in_progress", "failed", "dead"]
            .iter()
            .filter_map(|name| data[name]["value"].as_u64())
            .sum();
        assert!(sum <= rows && sum > 0, "{variant}: {sum} of {rows}");
        assert!((1..=3).contains(&output.code), "{variant}: exit {}", output.code);
    }
}

#[test]
fn the_kind_filter_counts_one_kind_and_knows_the_others() {
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
fn ages_are_by_the_servers_clock() {
    // A session time zone and a client clock of another era change nothing.
    let database = Database::from_fixture("main_healthy");
    database.execute(
        "alter role postgres set timezone = 'Pacific/Kiritimati';
         insert into jobs (workspace_id, kind, state, run_at)
         select id, 'TRANSCRIBE', 'queued', now() - interval '10 minutes' from workspaces limit 1",
    );
    let json = run(&["queue", "-o", "json"], &database).expect_code(2).json();
    database.execute("alter role postgres reset timezone");
    let age = json["data"]["oldest_due_age"].as_f64().expect("an age");
    assert!((599.0..660.0).contains(&age), "{age}");
    assert_eq!(status(&json, "queue.oldest_due"), "critical");
}

#[test]
fn a_large_table_is_counted_alike_with_and_without_the_advised_indexes() {
    let database = Database::from_fixture("main_typical");
    // 150,000 finished rows make it large in the planner's eyes; autovacuum may not have looked.
    database.execute(
        "insert into jobs (workspace_id, kind, state)
         select w.id, 'TRANSCRIBE', 'done' from (select id from workspaces limit 1) w,
                generate_series(1, 150000);
         analyze jobs",
    );
    let figures = |json: &serde_json::Value| {
        let data = &json["data"];
        [
            "due",
            "scheduled",
            "in_progress",
            "failed",
            "dead",
            "stuck",
            "died_last_hour",
            "by_kind",
            "workers",
        ]
        .map(|name| {
            let mut figure = data[name].clone();
            // Time passes between two readings.
            for kind in figure.as_array_mut().into_iter().flatten() {
                let age = kind["oldest_due_age"].take();
                kind["oldest_due_age"] = (age.as_f64() > Some(60.0)).into();
            }
            figure
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
    assert_eq!(figures(&by_scan), figures(&by_index));
    let output = run(&["queue", "--advise"], &database).expect_code(0);
    assert!(output.stdout.contains("every figure of the queue has its index"), "{}", output.stdout);
}
