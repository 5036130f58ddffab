//! Drills that interrupt a requeue at a random moment and resume it. Each job is requeued exactly once.

use std::sync::Arc;
use std::time::SystemTime;

use crate::requeue::{command, count, events, insert_dead_letters};
use crate::support::cli::Running;
use crate::support::drill::{drill_rounds, jobs, ran};
use crate::support::postgres::Database;
use crate::support::restart::Restartable;

/// The number of jobs per round in the test suite.
const JOBS: u32 = 4_000;

/// Returns a random number from 0 to 96.
fn chance() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.subsec_micros() % 97
}

/// Waits until a random part of the jobs is requeued. The state of the transactions in flight is random
/// as well.
fn some_progress(db: &Database, running: &Running) {
    let jobs = jobs(JOBS);
    let part = (f64::from(jobs) * f64::from(chance()) / 97.0) as u32;
    let session = db.session();
    crate::support::wait_until("enough is requeued", || {
        let last = session.value("SELECT coalesce(max(id), 0) FROM job_events");
        last.parse::<u32>().unwrap() > part || !running.is_alive()
    });
}

fn strike(blow: impl Fn(&Database, &Running)) {
    strike_on(|| Database::with_variant("main"), blow);
}

fn strike_on(database: impl Fn() -> Database, blow: impl Fn(&Database, &Running)) {
    let jobs = jobs(JOBS);
    for round in 0..drill_rounds() {
        let db = database();
        insert_dead_letters(&db, jobs);
        let mut cli = command(&db, "requeue", &["--all", "--yes", "--reason", "drill"]);
        let running = cli.start();
        blow(&db, &running);
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
        let rest = [&args[..], &["--yes", "--reason", "drill"]].concat();
        let out = command(&db, "requeue", &rest).env("XDG_STATE_HOME", &state).run();
        assert_eq!(out.code, 0, "round {round}, after {partial}: {out:#?}");
        let all = jobs.to_string();
        assert_eq!((count(&db, "queued"), events(&db)), (all.clone(), all), "round {round}");
        let each = db.value("SELECT count(DISTINCT job_id) FROM job_events");
        assert_eq!(each, jobs.to_string(), "round {round}");
        println!("round {round}: struck after {partial} of {jobs} jobs");
    }
    ran(&format!("{} rounds × {jobs} jobs", drill_rounds()));
}

#[test]
fn kill_at_a_random_moment_loses_no_job() {
    strike(|db, running| {
        some_progress(db, running);
        running.signal_if_alive("KILL");
    });
}

#[test]
fn terminated_connection_at_a_random_moment_loses_no_job() {
    strike(|db, running| {
        some_progress(db, running);
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'cliplyctl:%' AND datname = current_database()",
        );
    });
}

#[test]
fn server_restart_at_a_random_moment_loses_no_job() {
    let server = Arc::new(Restartable::start());
    strike_on(
        || Database::with_variant_on(&server, "main"),
        |db, running| {
            some_progress(db, running);
            server.restart(if chance().is_multiple_of(2) { "INT" } else { "QUIT" });
        },
    );
}

#[test]
fn interrupt_at_a_random_moment_loses_no_job() {
    strike(|db, running| {
        some_progress(db, running);
        running.signal_if_alive("INT");
    });
}
