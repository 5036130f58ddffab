//! Drills with locks of other sessions: on a row or the table, before the plan or during the writes.

use std::thread;

use super::reported_vs_database::{assert_report_matches, count_complete_writes};
use crate::requeue::{command, events, insert_dead_letters};
use crate::support::cli::{Cli, Output};
use crate::support::drill::{jobs, report_run};
use crate::support::postgres::{Database, Session};
use crate::support::wait_until;

/// More than one pipelined set of transactions.
const JOBS: u32 = 2_000;
/// Locks the table exclusively, as a migration or `VACUUM FULL` does.
const LOCK_TABLE: &str = "BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE";
/// The cause in the error message.
const CAUSE: &str = "another session holds a conflicting lock";

/// Returns a requeue with a short lock wait and its own home. `more` selects the jobs.
fn requeue(db: &Database, more: &[&str]) -> Cli {
    let options = ["--yes", "--reason", "drill", "--timeout", "2s", "--lock-wait", "1s"];
    command(db, "requeue", &[more, &options].concat())
}

/// Resumes the operation without the lock, then undoes it.
fn resume_and_undo(db: &Database, first: &Cli, operation: &str, all: u64) {
    let state = first.home().join(".local/state");
    let again = requeue(db, &["--resume", operation]).env("XDG_STATE_HOME", &state).run();
    assert_eq!((again.code, count_complete_writes(db, "resumed")), (0, (all, 0)), "{again:#?}");
    let undo = command(db, "undo", &[operation, "--yes", "--reason", "drill"]).run();
    assert_eq!((undo.code, count_complete_writes(db, "undone")), (0, (all, all)), "{undo:#?}");
}

fn operation(output: &Output) -> String {
    output.json()["data"]["outcome"]["operation"].as_str().unwrap().to_owned()
}

#[test]
fn requeue_skips_locked_rows() {
    let (db, jobs) = (Database::with_variant("main"), jobs(JOBS));
    insert_dead_letters(&db, jobs);
    let locking_session = db.session();
    // Single rows all over the table, and a run of adjacent rows.
    locking_session.execute(
        "BEGIN; SELECT FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM jobs) t
                  JOIN jobs USING (id) WHERE n % 97 = 0 OR n BETWEEN 300 AND 320 FOR UPDATE OF jobs",
    );
    let mut first = requeue(&db, &["--all"]);
    let output = first.run().expect_code(75);
    let (written, _) = count_complete_writes(&db, "some rows are locked");
    assert_report_matches(&output, u64::from(jobs), written, "some rows are locked");
    let outcome = &output.json()["data"]["outcome"];
    assert_eq!(
        (&outcome["not_written"], &outcome["errors"]),
        (&0.into(), &0.into()),
        "{outcome:#}"
    );
    let skipped = outcome["skipped_jobs"].as_array().unwrap();
    assert!(
        skipped.len() > 20 && skipped.iter().all(|job| job["reason"] == "locked"),
        "{outcome:#}"
    );
    locking_session.execute("COMMIT");
    resume_and_undo(&db, &first, &operation(&output), u64::from(jobs));
    report_run(&format!("row locks × {jobs} jobs"));
}

#[test]
fn requeue_fails_if_the_table_is_locked_before_the_plan() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 20);
    let locking_session = db.session();
    locking_session.execute(LOCK_TABLE);
    let output = requeue(&db, &["--all"]).run().expect_code(3);
    assert!(output.json()["errors"].to_string().contains(CAUSE), "{output:#?}");
    assert!(!output.stderr.contains("operation rq-"), "{output:#?}");
    locking_session.execute("COMMIT");
    assert_eq!(count_complete_writes(&db, "locked before the plan"), (0, 0));
    report_run("a table lock before the plan × 20 jobs");
}

/// Starts a requeue, locks the table as soon as some jobs are written, and waits for the end.
fn lock_table_during_requeue(db: &Database, cli: &mut Cli) -> (Output, Session) {
    let (running, locking_session) = (cli.start(), db.session());
    wait_until("some are requeued", || events(db) != "0");
    locking_session.execute(LOCK_TABLE);
    (running.finish(), locking_session)
}

#[test]
fn requeue_stops_and_resumes_if_the_table_is_locked_midway() {
    let (db, jobs) = (Database::with_variant("main"), jobs(JOBS));
    insert_dead_letters(&db, jobs);
    // Slow enough that the lock is always taken before the end.
    let mut first = requeue(&db, &["--all", "--rate", "1000/s"]);
    let (output, locking_session) = lock_table_during_requeue(&db, &mut first);
    let output = output.expect_code(75);
    locking_session.execute("COMMIT");
    let (written, _) = count_complete_writes(&db, "the table is locked");
    assert_report_matches(&output, u64::from(jobs), written, "the table is locked");
    let json = output.json();
    assert!(json["errors"].to_string().contains(CAUSE), "{json:#}");
    assert!(json["data"]["outcome"]["not_written"].as_u64() > Some(0), "{json:#}");
    resume_and_undo(&db, &first, &operation(&output), u64::from(jobs));
    report_run(&format!("a table lock in the middle × {jobs} jobs"));
}

#[test]
fn all_or_nothing_requeue_fails_if_the_table_is_locked() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 300);
    let ids = db.rows("SELECT id::text FROM jobs");
    let ids: Vec<_> = ids.iter().flatten().flatten().map(String::as_str).collect();
    let locking_session = db.session();
    // This lock allows reads, but no writes to jobs.
    locking_session.execute("BEGIN; LOCK TABLE jobs IN SHARE MODE");
    let mut first = requeue(&db, &ids);
    let output = first.run().expect_code(3);
    assert_report_matches(&output, 300, 0, "ids under a table lock");
    assert!(output.json()["errors"].to_string().contains(CAUSE), "{output:#?}");
    locking_session.execute("COMMIT");
    assert_eq!(count_complete_writes(&db, "ids under a table lock"), (0, 0));
    resume_and_undo(&db, &first, &operation(&output), 300);
    report_run("a table lock under a requeue of ids × 300 jobs");
}

/// Returns every command that reads the jobs table.
fn read_commands(id: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["queue"],
        vec!["queue", "--exact"],
        vec!["dlq", "list"],
        vec!["dlq", "groups"],
        vec!["dlq", "show", id],
        vec!["jobs", "show", id],
        vec!["dlq", "requeue", "--all", "--dry-run"],
        vec!["jobs", "rescue", "--dry-run"],
        vec!["triage"],
        vec!["handoff"],
        vec!["record"],
    ]
}

/// Fails if a command reports a result, or does not name the lock as the cause.
fn assert_not_read(args: &[&str], output: &Output) {
    if args == ["record"] {
        // It succeeded: it recorded a snapshot with status UNKNOWN.
        assert_eq!(output.json()["data"]["status"], "unknown", "{output:#?}");
        return;
    }
    let text = format!("{}{}", output.stdout, output.stderr);
    let cause = text.contains("lock timeout");
    assert!(output.code == 3 && cause, "{args:?}: {output:#?}");
}

#[test]
fn reads_are_unknown_while_the_table_is_locked() {
    let db = Database::from_fixture("main_typical");
    let id = crate::requeue::job(201);
    let locking_session = db.session();
    locking_session.execute(LOCK_TABLE);
    let commands = read_commands(&id);
    // All at the same time: each must end, and none may report a result.
    thread::scope(|scope| {
        for args in &commands {
            let all = [&args[..], &["-o", "json", "--timeout", "1s"]].concat();
            let mut cli = Cli::new(&all).env("DATABASE_URL", db.url());
            scope.spawn(move || assert_not_read(args, &cli.run()));
        }
    });
    locking_session.execute("COMMIT");
    report_run(&format!("{} commands that read a locked table", commands.len()));
}
