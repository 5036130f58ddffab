//! One process owns an operation; an undo by others stops it.

use super::{interrupted, states, with_records};
use crate::requeue::{command, events, insert_dead_letters, recorded_operation};
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::wait_until;

/// A database without events: only this machine knows the jobs of an operation.
fn without_events(db: &Database) {
    db.execute("DROP TABLE job_events CASCADE");
}

#[test]
fn second_resume_is_refused_and_names_the_owner() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    let (cli, operation) = interrupted(&db);
    let resume = ["--resume", &operation, "--yes", "--rate", "30/m"];
    let mut first = with_records(&db, &cli, "requeue", &resume);
    let running = first.start();
    wait_until("the first resume writes", || events(&db) != "1");
    let refused = with_records(&db, &cli, "requeue", &["--resume", &operation, "--yes"]).run();
    let refused = refused.expect_code(77);
    assert!(refused.stderr.contains(&format!("process {}", running.id())), "{refused:#?}");
    // A killed owner leaves nothing behind.
    running.signal("KILL");
    running.finish();
    let resume = ["--resume", &operation, "--yes", "--rate", "1000/s"];
    with_records(&db, &cli, "requeue", &resume).run().expect_code(0);
    assert_eq!((states(&db), events(&db)), ("queued 4".into(), "4".into()));
}

/// The undo comes from another machine, if events tell it what to undo.
fn undo_stops_a_requeue(prepare: impl Fn(&Database), flags: &[&str], has_events: bool) {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    prepare(&db);
    let args = [&["--all", "--yes"], flags].concat();
    let mut cli = command(&db, "requeue", &args);
    let running = cli.start();
    wait_until("a job is requeued", || states(&db).contains("queued"));
    let operation = recorded_operation(&cli);
    let mut undo = match has_events {
        true => command(&db, "undo", &[&operation, "--yes"]),
        false => with_records(&db, &cli, "undo", &[&operation, "--yes"]),
    };
    undo.run().expect_code(0);
    let output = running.finish().expect_code(75);
    let not_written = output.json()["data"]["outcome"]["not_written"].as_u64();
    assert!(not_written > Some(0), "{output:#?}");
    // A transaction that was running when the undo ended is completed.
    let still = db.value("SELECT count(*) FROM jobs WHERE state = 'queued'");
    assert!(["0", "1"].contains(&still.as_str()), "{still} of 4 after {flags:?}: {output:#?}");
    let resume = ["--resume", &operation, "--dry-run"];
    let resumed = with_records(&db, &cli, "requeue", &resume).run().expect_code(0);
    assert!(!resumed.stderr.contains("error"), "{resumed:#?}");
}

#[test]
fn undo_stops_a_requeue_that_is_still_written() {
    let uuid_ids = |db: &Database| {
        db.execute(
            "ALTER TABLE job_events DROP COLUMN id;
             ALTER TABLE job_events ADD COLUMN id uuid PRIMARY KEY DEFAULT gen_random_uuid()",
        );
    };
    for flags in
        [&["--rate", "30/m"][..], &["--canary", "--ramp", "1,all", "--canary-timeout", "20s"]]
    {
        undo_stops_a_requeue(|_| (), flags, true);
        undo_stops_a_requeue(uuid_ids, flags, true);
        undo_stops_a_requeue(without_events, flags, false);
    }
}

#[test]
fn undone_requeue_names_the_undo_in_its_report() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    let args = ["dlq", "requeue", "--all", "--yes", "--rate", "30/m"];
    let mut cli = Cli::new(args).env("DATABASE_URL", db.url());
    let running = cli.start();
    wait_until("a job is requeued", || states(&db).contains("queued"));
    command(&db, "undo", &[&recorded_operation(&cli), "--yes"]).run().expect_code(0);
    let output = running.finish().expect_code(75);
    assert!(output.stdout.contains("another operator undid this operation"), "{output:#?}");
}

#[test]
fn resume_without_events_leaves_what_was_undone() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    without_events(&db);
    let (cli, operation) = interrupted(&db);
    let requeued = db.rows("SELECT id::text FROM jobs WHERE state = 'queued'");
    with_records(&db, &cli, "undo", &[&operation, "--yes"]).run().expect_code(0);
    assert_eq!(states(&db), "dead_letter 4");
    let resume = ["--resume", &operation, "--yes", "--rate", "1000/s"];
    with_records(&db, &cli, "requeue", &resume).run().expect_code(0);
    for row in requeued {
        let id = row[0].as_deref().unwrap();
        assert_eq!(db.value(&format!("SELECT state FROM jobs WHERE id = '{id}'")), "dead_letter");
    }
}

#[test]
fn journal_line_of_an_aborted_transaction_is_not_done() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    without_events(&db);
    db.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
           WHEN (NEW.state = 'queued') EXECUTE FUNCTION cut()",
    );
    let mut cli = command(&db, "requeue", &["--all", "--yes"]);
    let operation = super::operation(&cli.run());
    assert_eq!(states(&db), "dead_letter 2");
    db.execute("DROP TRIGGER cut ON jobs");
    let resume = with_records(&db, &cli, "requeue", &["--resume", &operation, "--yes"]).run();
    assert_eq!(resume.expect_code(0).json()["data"]["outcome"]["written"], 2);
    assert_eq!(states(&db), "queued 2");
}
