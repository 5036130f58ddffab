//! Drills with statements that time out: single rows, all rows from some moment on, and reads.

use super::reported_vs_database::{assert_report_matches, count_complete_writes};
use crate::requeue::write_errors::before_queued;
use crate::requeue::{command, insert_dead_letters};
use crate::support::cli::Cli;
use crate::support::drill::{jobs, report_run};
use crate::support::postgres::{Database, cluster};
use crate::support::wire::{Cut, CutPoint, Proxy};

/// The number of jobs in the test suite: two pipelined sets of transactions.
const JOBS: u32 = 1_000;

/// Adds a trigger that sleeps for jobs that match the condition before they are queued.
fn sleep_where(db: &Database, condition: &str) {
    before_queued(db, condition, "PERFORM pg_sleep(600)");
}

/// Requeues with slow rows, resumes without them, and undoes everything.
fn requeue_resume_and_undo(db: &Database, all: u64, code: i32, description: &str) {
    // The plan of many jobs has to fit into the limit as well.
    let limit = format!("{}ms", (all / 4).max(500));
    let options = ["--yes", "--reason", "drill", "--timeout", &limit, "--lock-wait", "100ms"];
    let mut first = command(db, "requeue", &[&["--all"], &options[..]].concat());
    let output = first.run().expect_code(code);
    let (written, _) = count_complete_writes(db, description);
    assert_report_matches(&output, all, written, description);
    let operation = output.json()["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
    db.execute("DROP TRIGGER meddle ON jobs");
    let state = first.home().join(".local/state");
    let again = command(db, "requeue", &["--resume", &operation, "--yes", "--reason", "drill"])
        .env("XDG_STATE_HOME", &state)
        .run();
    assert_eq!(
        (again.code, count_complete_writes(db, description)),
        (0, (all, 0)),
        "{description}: {again:#?}"
    );
    let undo = command(db, "undo", &[&operation, "--yes", "--reason", "drill"]).run();
    assert_eq!(
        (undo.code, count_complete_writes(db, description)),
        (0, (all, all)),
        "{description}: {undo:#?}"
    );
}

#[test]
fn requeue_skips_a_row_that_times_out() {
    let (db, jobs) = (Database::with_variant("main"), jobs(JOBS));
    insert_dead_letters(&db, jobs);
    sleep_where(&db, &format!("NEW.last_error LIKE '% {}s'", jobs / 2));
    requeue_resume_and_undo(&db, u64::from(jobs), 75, "one row is slow");
    report_run(&format!("a slow row × {jobs} jobs"));
}

#[test]
fn requeue_stops_when_the_server_becomes_slow() {
    let (db, jobs) = (Database::with_variant("main"), jobs(JOBS));
    insert_dead_letters(&db, jobs);
    // The server becomes slow after some transactions.
    sleep_where(&db, "(SELECT count(*) FROM job_events) >= 200");
    requeue_resume_and_undo(&db, u64::from(jobs), 75, "the server became slow");
    report_run(&format!("a server that becomes slow × {jobs} jobs"));
}

#[test]
fn requeue_is_unknown_when_every_row_times_out() {
    let (db, jobs) = (Database::with_variant("main"), jobs(JOBS));
    insert_dead_letters(&db, jobs);
    sleep_where(&db, "true");
    requeue_resume_and_undo(&db, u64::from(jobs), 3, "the server is slow");
    report_run(&format!("a slow server × {jobs} jobs"));
}

/// The statements from which on the server does not answer: in the catalog query, and in the first query
/// after it.
const HANG_FROM: [u32; 2] = [1, 3];

#[test]
fn reads_are_unknown_when_the_server_hangs() {
    let db = Database::from_fixture("main_typical");
    let id = crate::requeue::job(201);
    let commands: [&[&str]; 8] = [
        &["queue"],
        &["queue", "--exact"],
        &["dlq", "list"],
        &["dlq", "groups"],
        &["jobs", "show", &id],
        &["dlq", "requeue", "--all", "--dry-run"],
        &["triage"],
        &["handoff"],
    ];
    std::thread::scope(|scope| {
        for args in commands {
            for at in HANG_FROM {
                let db = &db;
                scope.spawn(move || assert_unanswered(db, args, at));
            }
        }
    });
    report_run(&format!("{} commands, asked of a server that falls silent", commands.len()));
}

/// Fails if a command without an answer reports a result, or does not name the cause.
fn assert_unanswered(db: &Database, args: &[&str], at: u32) {
    let proxy = Proxy::new(cluster().directory().join(".s.PGSQL.5432"));
    proxy.arm(Some(Cut { at, point: CutPoint::Hang, all_connections: false }));
    let output = Cli::new([args, &["-o", "json", "--timeout", "1s"]].concat())
        .env("DATABASE_URL", proxy.url(db.name()))
        .run();
    let description =
        format!("{args:?}, silent from {at}, at {:.80}", proxy.cut_statement().unwrap());
    let text = format!("{}{}", output.stdout, output.stderr);
    // Triage uses several connections, so it may evaluate what the others returned.
    assert!(matches!(output.code, 2 | 3), "{description}: {output:#?}");
    let why = ["did not answer within", "not finished within"].iter().any(|why| text.contains(why));
    assert!(why, "{description}: {output:#?}");
}
