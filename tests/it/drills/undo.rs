//! Drills that undo a requeue while workers claim its jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::reported_vs_database::assert_report_matches;
use super::workers::{record_forbidden_changes, work};
use crate::requeue::{command, count, insert_dead_letters};
use crate::support::cli::Output;
use crate::support::drill::{drill_rounds, is_full_run, jobs, report_run};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// The number of jobs per round in the test suite.
const JOBS: u32 = 2_000;
const WORKERS: usize = 4;

/// Undoes the operation after the workers have claimed some jobs. They continue until the undo ends.
fn undo(db: &Database, operation: &str, min_claimed: u64) -> Output {
    let stop = AtomicBool::new(false);
    let (stop, url) = (&stop, &db.url());
    thread::scope(|scope| {
        for n in 0..WORKERS {
            scope.spawn(move || work(url, &format!("w{n}"), stop));
        }
        let session = db.session();
        let claimed = "SELECT count(*) FROM job_events WHERE stage = 'claimed'";
        wait_until("some are taken", || {
            session.value(claimed).parse::<u64>().unwrap() >= min_claimed
        });
        let output =
            command(db, "undo", &[operation, "--yes", "--reason", "drill", "--lock-wait", "60s"])
                .run();
        stop.store(true, Ordering::Relaxed);
        output
    })
}

/// A query for the number of jobs that were undone although a worker had claimed them, and of jobs whose
/// events do not match their state.
const INCONSISTENT_JOBS: &str = "
    SELECT count(*) FILTER (WHERE had AND back > 0) || ' both, '
        || count(*) FILTER (WHERE back > 1 OR (back = 1) <> (state = 'dead_letter')) || ' wrong' FROM (
      SELECT j.state, bool_or(stage = 'claimed') AS had,
             count(*) FILTER (WHERE e.data->>'reason' = 'requeue_undone') AS back
        FROM jobs j JOIN job_events e ON e.job_id = j.id GROUP BY j.id, j.state) t";

#[test]
fn undo_keeps_jobs_that_workers_claim_meanwhile() {
    let (jobs, rounds) = (jobs(JOBS), if is_full_run() { drill_rounds() } else { 1 });
    let (all, mut kept_by_workers) = (u64::from(jobs), 0);
    for round in 0..rounds {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, jobs);
        record_forbidden_changes(&db);
        let json = command(&db, "requeue", &["--all", "--yes", "--reason", "drill"]).run().json();
        let operation = json["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
        let output = undo(&db, &operation, u64::from(1 + round % 20));
        let data = &output.json()["data"];
        let n = |value: &serde_json::Value| value.as_u64().unwrap();
        let undone: u64 = count(&db, "dead_letter").parse().unwrap();
        assert_eq!(db.value(INCONSISTENT_JOBS), "0 both, 0 wrong", "round {round}: {output:#?}");
        assert_eq!(db.value("SELECT count(*) FROM flips"), "0", "round {round}");
        // Jobs claimed before the plan are counted as changed since, later ones as skipped.
        let (changed_since, skipped) = (n(&data["changed_since"]), n(&data["outcome"]["skipped"]));
        assert_eq!(n(&data["eligible"]) + changed_since, all, "round {round}: {data:#}");
        assert_eq!(n(&data["outcome"]["written"]), undone, "round {round}: {data:#}");
        assert_eq!(changed_since + skipped, all - undone, "round {round}: {data:#}");
        assert_report_matches(&output, all - changed_since, undone, &format!("round {round}"));
        let changed = data["outcome"]["skipped_jobs"].as_array().unwrap();
        assert!(changed.iter().all(|job| job["reason"] == "changed"), "round {round}: {data:#}");
        kept_by_workers += all - undone;
    }
    assert!(kept_by_workers > 0);
    report_run(&format!("{rounds} rounds × {jobs} jobs, of which workers kept {kept_by_workers}"));
}
