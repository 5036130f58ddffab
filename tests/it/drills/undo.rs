//! Drills that undo a requeue while workers claim its jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::reported_vs_database::assert_report_matches;
use super::workers::{witness, work};
use crate::requeue::{command, count, insert_dead_letters};
use crate::support::cli::Output;
use crate::support::drill::{drill_rounds, in_full, jobs, ran};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// The number of jobs per round in the test suite.
const JOBS: u32 = 2_000;
const WORKERS: usize = 4;

/// Undoes the operation after the workers have claimed some jobs. They continue until the undo ends.
fn undo(db: &Database, operation: &str, some: u64) -> Output {
    let stop = AtomicBool::new(false);
    let (stop, url) = (&stop, &db.url());
    thread::scope(|scope| {
        for n in 0..WORKERS {
            scope.spawn(move || work(url, &format!("w{n}"), stop));
        }
        let session = db.session();
        let taken = "SELECT count(*) FROM job_events WHERE stage = 'claimed'";
        wait_until("some are taken", || session.value(taken).parse::<u64>().unwrap() >= some);
        let output =
            command(db, "undo", &[operation, "--yes", "--reason", "drill", "--lock-wait", "60s"])
                .run();
        stop.store(true, Ordering::Relaxed);
        output
    })
}

/// A query for jobs that were undone although a worker had claimed them, and for jobs that are neither
/// requeued nor undone.
const WRONG: &str = "
    SELECT count(*) FILTER (WHERE had AND back > 0) || ' both, '
        || count(*) FILTER (WHERE back > 1 OR (back = 1) <> (state = 'dead_letter')) || ' wrong' FROM (
      SELECT j.state, bool_or(stage = 'claimed') AS had,
             count(*) FILTER (WHERE e.data->>'reason' = 'requeue_undone') AS back
        FROM jobs j JOIN job_events e ON e.job_id = j.id GROUP BY j.id, j.state) t";

#[test]
fn undo_keeps_jobs_that_workers_claim_meanwhile() {
    let (jobs, rounds) = (jobs(JOBS), if in_full() { drill_rounds() } else { 1 });
    let (all, mut kept) = (u64::from(jobs), 0);
    for round in 0..rounds {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, jobs);
        witness(&db);
        let json = command(&db, "requeue", &["--all", "--yes", "--reason", "drill"]).run().json();
        let operation = json["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
        let output = undo(&db, &operation, u64::from(1 + round % 20));
        let data = &output.json()["data"];
        let n = |value: &serde_json::Value| value.as_u64().unwrap();
        let back: u64 = count(&db, "dead_letter").parse().unwrap();
        assert_eq!(db.value(WRONG), "0 both, 0 wrong", "round {round}: {output:#?}");
        assert_eq!(db.value("SELECT count(*) FROM flips"), "0", "round {round}");
        // Jobs claimed before the plan are counted as changed since, later ones as skipped.
        let (moved_on, skipped) = (n(&data["moved_on"]), n(&data["outcome"]["skipped"]));
        assert_eq!(n(&data["eligible"]) + moved_on, all, "round {round}: {data:#}");
        assert_eq!(n(&data["outcome"]["done"]), back, "round {round}: {data:#}");
        assert_eq!(moved_on + skipped, all - back, "round {round}: {data:#}");
        assert_report_matches(&output, all - moved_on, back, &format!("round {round}"));
        let changed = data["outcome"]["skipped_jobs"].as_array().unwrap();
        assert!(changed.iter().all(|job| job["why"] == "changed"), "round {round}: {data:#}");
        kept += all - back;
    }
    assert!(kept > 0);
    ran(&format!("{rounds} rounds × {jobs} jobs, of which workers kept {kept}"));
}
