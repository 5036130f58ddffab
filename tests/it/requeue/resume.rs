//! Tests of interrupted and resumed operations, and of changes between plan and write.

use super::{command, count, events, insert_dead_letters, job, recorded_operation, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::wait_until;

#[test]
fn row_changed_while_locked_is_skipped_as_changed() {
    let db = Database::from_fixture("main_typical");
    let locking_session = db.session();
    locking_session
        .execute(&format!("BEGIN; UPDATE jobs SET state = 'done' WHERE id = '{}'", job(201)));
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--lock-wait", "60s"]);
    let running = cli.start();
    wait_until("the others are requeued", || events(&db) == "25");
    locking_session.execute("COMMIT");
    let json = running.finish().expect_code(75).json();
    let skipped = &json["data"]["outcome"]["skipped_jobs"];
    assert_eq!((&skipped[0]["id"], &skipped[0]["reason"]), (&job(201).into(), &"changed".into()));
    assert_eq!((events(&db), count(&db, "dead_letter")), ("25".into(), "0".into()));
}

#[test]
fn repeated_ids_finish_an_interrupted_requeue() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 30);
    let ids = db.rows("SELECT id::text FROM jobs ORDER BY id");
    let ids: Vec<_> = ids.into_iter().filter_map(|mut row| row.remove(0)).collect();
    let mut args: Vec<_> = ids.iter().map(String::as_str).collect();
    args.extend(["--skip-ineligible", "--yes", "--lock-wait", "60s", "--reason"]);
    let with_reason = |reason| [&args[..], &[reason]].concat();
    let (first, second) = (with_reason("renewed"), with_reason("back again"));
    let locking_session = db.session();
    locking_session.execute(&format!("BEGIN; SELECT FROM jobs WHERE id = '{}' FOR UPDATE", ids[7]));
    let mut cli = command(&db, "requeue", &first);
    let running = cli.start();
    wait_until("the others are requeued", || events(&db) == "29");
    running.signal("INT");
    let json = running.finish().expect_code(75).json();
    let outcome = &json["data"]["outcome"];
    assert_eq!((&outcome["written"], &outcome["not_written"]), (&29.into(), &1.into()), "{json:#}");
    locking_session.execute("COMMIT");
    let state = cli.home().join(".local/state");
    let again = command(&db, "requeue", &second);
    let again = again.env("XDG_STATE_HOME", &state).run().expect_code(0);
    assert!(again.stderr.contains("resuming the interrupted operation "), "{}", again.stderr);
    assert_eq!(again.json()["data"]["outcome"]["written"], 1);
    assert_eq!((events(&db), count(&db, "queued")), ("30".into(), "30".into()));
    let run_command = |word| {
        let cli = Cli::new([word, "-o", "json"]).env("DATABASE_URL", db.url());
        cli.env("XDG_STATE_HOME", &state).run().json()
    };
    run_command("record");
    let history = run_command("history");
    let reason = &history["data"]["operations"][0]["reason"];
    assert_eq!(reason, "renewed; resumed: back again", "{history:#}");
}

#[test]
fn journal_resumes_a_killed_run_without_events() {
    let db = Database::from_fixture("bigint_typical");
    let failed = "SELECT count(*) FROM jobs WHERE status::text = 'failed'";
    let locked_job = db.value("SELECT min(id) FROM jobs WHERE status::text = 'failed'");
    let locking_session = db.session();
    locking_session.execute(&format!("BEGIN; SELECT FROM jobs WHERE id = {locked_job} FOR UPDATE"));
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--lock-wait", "60s"]);
    let running = cli.start();
    wait_until("the others are requeued", || db.value(failed) == "1");
    running.signal("KILL");
    running.finish();
    locking_session.execute("COMMIT");
    // A worker claims one job and fails it. It is a dead letter again and no longer part of the operation.
    let other = db.value(
        "UPDATE jobs SET status = 'failed', attempts = 5
          WHERE id = (SELECT min(id) FROM jobs WHERE status::text = 'queued' AND attempts = 0) RETURNING id",
    );
    assert_ne!(other, locked_job);
    let state = cli.home().join(".local/state");
    let resume = ["--resume", &recorded_operation(&cli), "--yes", "--reason", "x"];
    let json = command(&db, "requeue", &resume).env("XDG_STATE_HOME", &state).run().json();
    assert_eq!(json["data"]["outcome"]["written"], 1, "{json:#}");
    assert_eq!(db.value(failed), "1", "{json:#}");
}

#[test]
fn grown_plan_is_refused_unless_changes_are_ignored() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let mut dry = command(&db, "requeue", &["--all", "--dry-run"]);
    let plan = dry.run().expect_code(0).json()["data"]["plan"].as_str().unwrap().to_owned();
    insert_dead_letters(&db, 2);
    let state = dry.home().join(".local/state");
    let apply = |more: &[&str]| {
        command(&db, "requeue", &[&["--plan", plan.as_str(), "--yes"], more].concat())
            .env("XDG_STATE_HOME", &state)
            .run()
    };
    let refused = apply(&[]).expect_code(77);
    assert!(refused.stderr.contains("2 new"), "{}", refused.stderr);
    // The suggested command has the same canary flags and can be previewed.
    let with_canary = apply(&["--canary", "--reason", "it's fixed"]).expect_code(77).stderr;
    let hint = format!(r"--plan {plan} --ignore-changes --canary --reason 'it'\''s fixed'");
    assert!(with_canary.contains(&hint), "{with_canary}");
    let shown = ["--plan", plan.as_str(), "--ignore-changes", "--dry-run"];
    let shown = command(&db, "requeue", &shown).env("XDG_STATE_HOME", &state).run();
    assert_eq!(shown.expect_code(0).json()["data"]["eligible"], 3);
    assert_eq!(events(&db), "0");
    apply(&["--ignore-changes"]).expect_code(0);
    assert_eq!((events(&db), count(&db, "dead_letter")), ("3".into(), "2".into()));
}

#[test]
fn repeat_failures_are_requeued_only_with_the_flag() {
    let db = Database::from_fixture("main_typical");
    let dead_letter_again =
        format!("UPDATE jobs SET state = 'dead_letter', attempts = 5 WHERE id = '{}'", job(201));
    for _ in 0..2 {
        requeue(&db, &[&job(201), "--yes"]).expect_code(0);
        db.execute(&dead_letter_again);
    }
    let kind = ["--kind", "CLIP_RENDER", "--dry-run"];
    let eligible = |more: &[&str]| {
        requeue(&db, &[&kind, more].concat()).expect_code(0).json()["data"]["eligible"].as_u64()
    };
    assert_eq!(eligible(&[]), Some(14));
    assert_eq!(eligible(&["--include-repeat-failures"]), Some(15));
}

#[test]
fn resume_keeps_rate_and_reason_and_respects_an_undo() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 60);
    let args = ["dlq", "requeue", "--all", "--rate", "8/s", "--yes", "--reason", "renewed"];
    let mut cli = Cli::new(args).env("DATABASE_URL", db.url()).env("USER", "oncall");
    let running = cli.start();
    wait_until("it has begun", || events(&db) != "0");
    running.signal("INT");
    let interrupted = running.finish().expect_code(75);
    let id = interrupted
        .stdout
        .split_whitespace()
        .find(|word| word.starts_with("rq-"))
        .unwrap()
        .to_owned();
    let resume = format!("cliplyctl dlq requeue --resume {id} --rate 8/s");
    assert!(interrupted.stdout.contains(&resume), "{interrupted:#?}");
    assert!(interrupted.stderr.contains(&format!("if interrupted: {resume}")), "{interrupted:#?}");
    let state = cli.home().join(".local/state");
    let again = |args: &[&str]| {
        let cli = Cli::new(args.iter().copied()).env("DATABASE_URL", db.url());
        cli.env("XDG_STATE_HOME", &state).env("USER", "oncall").run()
    };
    let ops = again(&["dlq", "ops"]).expect_code(0).stdout;
    assert!(ops.contains(" of 60") && ops.contains(&resume), "{ops}");
    again(&["dlq", "undo", &id, "--yes"]).expect_code(0);
    // An undone operation has no suggestion to resume it.
    let ops = again(&["dlq", "ops"]).expect_code(0).stdout;
    assert!(!ops.contains("--resume"), "{ops}");
    // It resumes with the original rate unless another one is given.
    let resume_plan =
        again(&["dlq", "requeue", "--resume", &id, "--dry-run"]).expect_code(0).stdout;
    assert!(resume_plan.contains("at most 8 jobs per second"), "{resume_plan}");
    assert!(
        resume_plan.contains(&format!("cliplyctl dlq requeue --resume {id} --rate 8/s")),
        "{resume_plan}"
    );
    // More than 50 jobs need a reason, which is already recorded.
    let resumed = ["dlq", "requeue", "--resume", &id, "--rate", "1000/s", "--yes"];
    let resumed = again(&resumed).expect_code(0);
    assert!(resumed.stderr.contains("of this operation were undone since"), "{resumed:#?}");
    let reasons = "SELECT DISTINCT data->>'operator_reason' FROM job_events
                    WHERE data->>'reason' = 'requeued_from_dead_letter'";
    assert_eq!(db.value(reasons), "renewed");
    // With nothing to requeue, the command succeeds.
    let done = again(&["dlq", "requeue", "--resume", &id, "--yes"]).expect_code(0).stdout;
    assert!(done.contains("Nothing to requeue: no job of this operation remains."), "{done}");
}

#[test]
fn undo_cannot_be_resumed() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let mut cli = command(&db, "requeue", &["--all", "--yes"]);
    let json = cli.run().expect_code(0).json();
    let id = json["data"]["outcome"]["operation"].as_str().unwrap();
    let state = cli.home().join(".local/state");
    let run = |verb, args: &[&str]| command(&db, verb, args).env("XDG_STATE_HOME", &state).run();
    let undo = run("undo", &[id, "--yes"]).expect_code(0).json();
    let undo = undo["data"]["outcome"]["operation"].as_str().unwrap();
    let refused = run("requeue", &["--resume", undo, "--yes"]).expect_code(64);
    assert!(refused.stderr.contains("is an undo"), "{refused:#?}");
}

#[test]
fn plan_states_if_a_retry_is_safe_and_offers_a_canary() {
    let db = Database::from_fixture("main_typical");
    let args = ["dlq", "requeue", "--all", "--dry-run", "--reason", "it's fixed"];
    let plan = Cli::new(args).env("DATABASE_URL", db.url()).run().expect_code(0).stdout;
    let next: Vec<_> = plan.lines().filter(|line| line.contains("requeue --plan")).collect();
    let reason = r#" --reason 'it'\''s fixed'"#;
    assert!(next[0].contains(&format!(" --canary{reason}")), "{plan}");
    assert!(!next[1].contains("--canary") && next[1].contains(reason), "{plan}");
    assert!(plan.contains("SAFE TO RETRY") && plan.contains("after the fix"), "{plan}");
    assert!(plan.contains("failed with an error that a retry does not fix"), "{plan}");
}

#[test]
fn operation_without_writes_is_distinguished_from_unknown() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    db.execute(
        "UPDATE jobs SET state = 'queued' WHERE id = (SELECT min(id::text) FROM jobs)::uuid",
    );
    let args = ["--all", "--pause-above", "0", "--yes"];
    let mut cli = command(&db, "requeue", &args);
    let running = cli.start();
    let records = cli.home().join(".local/state/cliplyctl/operations");
    wait_until("its record is kept", || {
        std::fs::read_dir(&records).is_ok_and(|mut files| files.next().is_some())
    });
    running.signal("INT");
    let json = running.finish().expect_code(130).json();
    let id = json["data"]["outcome"]["operation"].as_str().unwrap();
    let state = cli.home().join(".local/state");
    let follow = command(&db, "follow", &[id]).env("XDG_STATE_HOME", &state).run().expect_code(64);
    let hint = format!("cliplyctl dlq requeue --resume {id} --pause-above 0");
    assert!(follow.stderr.contains("has not written any job"), "{follow:#?}");
    assert!(follow.stderr.contains(&hint), "{follow:#?}");
}
