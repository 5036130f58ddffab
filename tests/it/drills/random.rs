//! Drills that interrupt a requeue at a random moment and resume it. Each job is requeued exactly once.

use std::sync::Arc;
use std::time::SystemTime;

use crate::requeue::{command, count, events, insert_dead_letters};
use crate::support::cli::Running;
use crate::support::drill::{drill_rounds, jobs, report_run};
use crate::support::postgres::Database;
use crate::support::restart::Restartable;

/// The number of jobs per round in the test suite.
const JOBS: u32 = 4_000;

/// Returns a random number from 0 to 96.
fn random_number() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.subsec_micros() % 97
}

/// Waits until a random part of the jobs is requeued. The state of the transactions in flight is random
/// as well.
fn wait_for_random_progress(db: &Database, running: &Running) {
    let jobs = jobs(JOBS);
    let part = (f64::from(jobs) * f64::from(random_number()) / 97.0) as u32;
    let session = db.session();
    crate::support::wait_until("enough is requeued", || {
        let last = session.value("SELECT coalesce(max(id), 0) FROM job_events");
        last.parse::<u32>().unwrap() > part || !running.is_alive()
    });
}

fn interrupt_and_resume(interrupt: impl Fn(&Database, &Running)) {
    interrupt_and_resume_on(|| Database::with_variant("main"), interrupt);
}

fn interrupt_and_resume_on(
    database: impl Fn() -> Database,
    interrupt: impl Fn(&Database, &Running),
) {
    let jobs = jobs(JOBS);
    for round in 0..drill_rounds() {
        let db = database();
        insert_dead_letters(&db, jobs);
        let mut cli = command(&db, "requeue", &["--all", "--yes", "--reason", "drill"]);
        let running = cli.start();
        interrupt(&db, &running);
        running.finish();
        let partial = events(&db);
        let state = cli.home().join(".local/state");
        let files = std::fs::read_dir(state.join("cliplyctl/operations"));
        let operation = files.ok().and_then(|mut f| {
            f.find_map(|file| {
                let name = file.ok()?.file_name().into_string().ok()?;
                name.strip_suffix(".json").map(str::to_owned)
            })
        });
        let args = match &operation {
            Some(operation) => vec!["--resume", operation],
            None => vec!["--all"],
        };
        let args = [&args[..], &["--yes", "--reason", "drill"]].concat();
        let out = command(&db, "requeue", &args).env("XDG_STATE_HOME", &state).run();
        assert_eq!(out.code, 0, "round {round}, after {partial}: {out:#?}");
        let all = jobs.to_string();
        assert_eq!((count(&db, "queued"), events(&db)), (all.clone(), all), "round {round}");
        let requeued_jobs = db.value("SELECT count(DISTINCT job_id) FROM job_events");
        assert_eq!(requeued_jobs, jobs.to_string(), "round {round}");
        println!("round {round}: struck after {partial} of {jobs} jobs");
    }
    report_run(&format!("{} rounds × {jobs} jobs", drill_rounds()));
}

#[test]
fn kill_at_a_random_moment_loses_no_job() {
    interrupt_and_resume(|db, running| {
        wait_for_random_progress(db, running);
        running.signal_if_alive("KILL");
    });
}

#[test]
fn terminated_connection_at_a_random_moment_loses_no_job() {
    interrupt_and_resume(|db, running| {
        wait_for_random_progress(db, running);
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'cliplyctl:%' AND datname = current_database()",
        );
    });
}

#[test]
fn server_restart_at_a_random_moment_loses_no_job() {
    let server = Arc::new(Restartable::start());
    interrupt_and_resume_on(
        || Database::with_variant_on(&server, "main"),
        |db, running| {
            wait_for_random_progress(db, running);
            server.restart(if random_number().is_multiple_of(2) { "INT" } else { "QUIT" });
        },
    );
}

#[test]
fn interrupt_at_a_random_moment_loses_no_job() {
    interrupt_and_resume(|db, running| {
        wait_for_random_progress(db, running);
        running.signal_if_alive("INT");
    });
}
