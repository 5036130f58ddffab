//! Drills in which two operators requeue the same jobs while workers claim them.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::reported_vs_database::assert_report_matches;
use super::workers::{record_forbidden_changes, work};
use crate::requeue::{command, count, insert_dead_letters};
use crate::support::cli::Output;
use crate::support::drill::{drill_rounds, is_full_run, jobs, report_run};
use crate::support::postgres::Database;

/// The number of jobs in the test suite.
const JOBS: u32 = 2_000;
const WORKERS: usize = 4;

/// Returns the number of written jobs that a command reported, and the number of its events.
fn reported_and_recorded_counts(db: &Database, output: &Output) -> (u64, u64) {
    let json = output.json();
    let operation = json["data"]["outcome"]["operation"].as_str();
    let events = operation.map_or(0, |operation| {
        let sql =
            format!("SELECT count(*) FROM job_events WHERE data->>'operation' = '{operation}'");
        db.value(&sql).parse().unwrap()
    });
    (json["data"]["outcome"]["written"].as_u64().unwrap_or(0), events)
}

/// Runs both requeues at the same time. Returns their outputs and the number of jobs that workers claimed.
fn race(db: &Database) -> (Vec<Output>, u64) {
    let (stop, start) = (AtomicBool::new(false), Barrier::new(2));
    let (stop, start, url) = (&stop, &start, &db.url());
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..WORKERS).map(|n| scope.spawn(move || work(url, &format!("w{n}"), stop))).collect();
        let operator = move || {
            let mut cli = command(db, "requeue", &["--all", "--yes", "--reason", "drill"]);
            start.wait();
            cli.run()
        };
        let operators = [scope.spawn(operator), scope.spawn(operator)];
        let outputs = operators.map(|operator| operator.join().unwrap()).into();
        stop.store(true, Ordering::Relaxed);
        (outputs, workers.into_iter().map(|worker| worker.join().unwrap()).sum())
    })
}

#[test]
fn two_operators_requeue_each_job_once() {
    let (jobs, rounds) = (jobs(JOBS), if is_full_run() { drill_rounds() } else { 1 });
    let mut claimed_in_total = 0;
    for round in 0..rounds {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, jobs);
        record_forbidden_changes(&db);
        let (outputs, claimed) = race(&db);
        let mut sum = 0;
        for (n, output) in outputs.iter().enumerate() {
            let description = format!("round {round}, operator {n}");
            let (done, events) = reported_and_recorded_counts(&db, output);
            assert_eq!(done, events, "{description}: {output:#?}");
            let eligible = output.json()["data"]["eligible"].as_u64().unwrap();
            if eligible > 0 {
                assert_report_matches(output, eligible, events, &description);
            }
            sum += done;
        }
        let requeues_per_job =
            "SELECT max(n) || ' of ' || count(*) FROM (SELECT count(*) n FROM job_events
            WHERE data->>'reason' = 'requeued_from_dead_letter' GROUP BY job_id) t";
        assert_eq!(
            (sum, db.value(requeues_per_job)),
            (u64::from(jobs), format!("1 of {jobs}")),
            "round {round}"
        );
        let flips = db.value("SELECT count(*) FROM flips");
        assert_eq!((flips, count(&db, "dead_letter")), ("0".into(), "0".into()), "round {round}");
        claimed_in_total += claimed;
    }
    report_run(&format!(
        "{rounds} rounds × {jobs} jobs, of which {WORKERS} workers took {claimed_in_total}"
    ));
}
