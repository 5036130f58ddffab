//! Interrupted at a random moment, then resumed: every job exactly once. `scripts/drill` runs these
//! in full: `CLIPLYCTL_DRILL_ROUNDS` and `CLIPLYCTL_DRILL_JOBS` say how often and how large.

use std::thread;
use std::time::{Duration, SystemTime};

use super::{bury, command, count, events};
use crate::support::postgres::Database;

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Some duration below `most`: nobody must rely on which.
fn moment(most: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
    most.mul_f64(f64::from(nanos % 9_973) / 9_973.0)
}

fn rounds(strike: impl Fn(&Database, &crate::support::cli::Running)) {
    let jobs = number("CLIPLYCTL_DRILL_JOBS", 4_000);
    for round in 0..number("CLIPLYCTL_DRILL_ROUNDS", 3) {
        let db = Database::with_variant("main");
        bury(&db, jobs);
        let mut cli = command(&db, "requeue", &["--all", "--yes", "--reason", "drill"]);
        let running = cli.start();
        strike(&db, &running);
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
}

#[test]
fn killed_at_a_random_moment() {
    rounds(|_, running| {
        thread::sleep(moment(Duration::from_millis(900)));
        running.signal_if_alive("KILL");
    });
}

#[test]
fn connection_terminated_at_a_random_moment() {
    rounds(|db, _| {
        thread::sleep(moment(Duration::from_millis(900)));
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name LIKE 'cliplyctl:%' AND datname = current_database()",
        );
    });
}

#[test]
fn interrupted_by_the_person() {
    rounds(|db, running| {
        crate::support::wait_until("something is written", || {
            events(db) != "0" || !running.is_alive()
        });
        running.signal_if_alive("INT");
    });
}
