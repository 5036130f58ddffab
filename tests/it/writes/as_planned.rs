//! A job is written only as it was planned, and never twice.

use serde_json::Value;

use super::{fail_queued, interrupted, states, with_records};
use crate::requeue::{command, events, insert_dead_letters, job, requeue};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// Requeues a job and lets it fail, as a colleague and a worker do.
fn requeue_and_fail(db: &Database, id: &str) {
    db.execute(&format!(
        "UPDATE jobs SET state = 'queued', attempts = 0, updated_at = clock_timestamp() WHERE id = '{id}';
         UPDATE jobs SET state = 'dead_letter', attempts = 5, last_error = 'disk full',
                updated_at = clock_timestamp() WHERE id = '{id}'"
    ));
}

#[test]
fn job_that_failed_again_during_the_prompt_is_left_out() {
    let db = Database::from_fixture("main_typical");
    let mut terminal =
        command(&db, "requeue", &[&job(201), &job(202), "--skip-ineligible"]).terminal(40, 140);
    terminal.wait_for("[y/N]");
    requeue_and_fail(&db, &job(201));
    terminal.type_text("y\n");
    assert_eq!(terminal.finish(), 75, "{}", terminal.raw());
    assert!(terminal.raw().contains("changed"), "{}", terminal.raw());
    let state = |n| db.value(&format!("SELECT state FROM jobs WHERE id = '{}'", job(n)));
    assert_eq!((state(201), state(202)), ("dead_letter".into(), "queued".into()));
}

#[test]
fn job_that_failed_again_during_the_lock_wait_is_left_out() {
    let db = Database::from_fixture("main_typical");
    let holder = db.session();
    holder.execute(&format!("BEGIN; SELECT FROM jobs WHERE id = '{}' FOR UPDATE", job(201)));
    let mut cli =
        command(&db, "requeue", &["--kind", "CLIP_RENDER", "--yes", "--lock-wait", "60s"]);
    let running = cli.start();
    wait_until("the others are requeued", || events(&db) == "14");
    holder.execute(&format!(
        "UPDATE jobs SET last_error = 'disk full', updated_at = clock_timestamp() WHERE id = '{}'; COMMIT",
        job(201)
    ));
    let json = running.finish().expect_code(75).json();
    assert_eq!(json["data"]["outcome"]["skipped_jobs"][0]["reason"], "changed", "{json:#}");
    assert_eq!(events(&db), "14");
}

/// Every column that a requeue writes or an undo compares is part of the plan.
#[test]
fn change_of_any_written_column_after_the_plan_is_noticed() {
    for change in [
        "attempts = attempts + 1",
        "last_error = last_error || '!'",
        "error = coalesce(error, '{}') || '{\"n\": 1}'",
        "updated_at = updated_at + interval '1 us'",
        "run_at = run_at + interval '1 us'",
        "locked_by = 'w1'",
        "heartbeat_at = now()",
    ] {
        let db = Database::from_fixture("main_typical");
        let mut dry = command(&db, "requeue", &["--kind", "PUBLISH_TIKTOK", "--dry-run"]);
        let plan = dry.run().expect_code(0).json()["data"]["plan"].as_str().unwrap().to_owned();
        let first = "(SELECT min(id::text)::uuid FROM jobs WHERE kind = 'PUBLISH_TIKTOK' AND state = 'dead_letter')";
        db.execute(&format!("UPDATE jobs SET {change} WHERE id = {first}"));
        let applied = with_records(&db, &dry, "requeue", &["--plan", &plan, "--yes"]).run();
        let json = applied.expect_code(75).json();
        assert_eq!(json["data"]["outcome"]["written"], 7, "{change}: {json:#}");
        assert_eq!(json["data"]["skipped"][0]["reason"], "changed", "{change}: {json:#}");
    }
    // Healthy: other columns, and other jobs.
    let db = Database::from_fixture("main_typical");
    let mut dry = command(&db, "requeue", &["--kind", "PUBLISH_TIKTOK", "--dry-run"]);
    let plan = dry.run().expect_code(0).json()["data"]["plan"].as_str().unwrap().to_owned();
    db.execute(
        "UPDATE jobs SET priority = 7 WHERE kind = 'PUBLISH_TIKTOK';
         UPDATE jobs SET attempts = 9 WHERE kind <> 'PUBLISH_TIKTOK'",
    );
    let applied = with_records(&db, &dry, "requeue", &["--plan", &plan, "--yes"]).run();
    assert_eq!(applied.expect_code(0).json()["data"]["outcome"]["written"], 8);
}

#[test]
fn resume_writes_no_job_twice_while_workers_fail_them() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    let (cli, operation) = interrupted(&db);
    fail_queued(&db, "boom");
    let resume = ["--resume", &operation, "--yes", "--rate", "1000/s"];
    with_records(&db, &cli, "requeue", &resume).run().expect_code(0);
    let twice =
        "SELECT count(*) FROM (SELECT FROM job_events GROUP BY job_id HAVING count(*) > 1) t";
    assert_eq!((db.value(twice), events(&db)), ("0".into(), "4".into()));
}

#[test]
fn same_ids_requeue_jobs_that_failed_again_since_a_kill() {
    let db = Database::from_fixture("main_typical");
    let mut cli = command(&db, "requeue", &[&job(201), &job(202), "--yes"]);
    cli.run().expect_code(0);
    // As after a kill between the commit and the end: the record is not closed.
    let operations = cli.home().join(".local/state/cliplyctl/operations");
    let record = std::fs::read_dir(operations).unwrap().next().unwrap().unwrap().path();
    let mut stored: Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    assert_eq!(stored["finished"], true, "{stored:#}");
    stored["finished"] = false.into();
    std::fs::write(&record, stored.to_string()).unwrap();
    let again = || with_records(&db, &cli, "requeue", &[&job(201), &job(202), "--yes"]).run();
    let json = again().expect_code(0).json();
    assert!(json["data"]["outcome"].is_null(), "both are queued: {json:#}");
    std::fs::write(&record, stored.to_string()).unwrap();
    requeue_and_fail(&db, &job(201));
    let json = again().expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 1, "{json:#}");
    assert_eq!(events(&db), "3");
}

#[test]
fn ids_that_cannot_be_written_at_once_are_a_usage_error() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 501);
    let ids = db.rows("SELECT id::text FROM jobs");
    let ids: Vec<_> = ids.into_iter().filter_map(|mut row| row.remove(0)).collect();
    let run = |ids: &[String], more: &[&str]| {
        let args = [&["--ids-file", "ids", "--yes", "--reason", "x"], more].concat();
        command(&db, "requeue", &args).file("ids", ids.join("\n")).run()
    };
    let refused = run(&ids, &[]).expect_code(64);
    assert!(refused.stderr.contains("--skip-ineligible"), "{refused:#?}");
    for flags in [&["--rate", "100/s"][..], &["--spread", "10m"], &["--canary"]] {
        run(&ids[..2], flags).expect_code(64);
    }
    assert_eq!(states(&db), "dead_letter 501");
    run(&ids[..500], &[]).expect_code(0);
    run(&ids[500..], &["--rate", "100/s", "--skip-ineligible"]).expect_code(0);
    assert_eq!(states(&db), "queued 501");
}

#[test]
fn refusal_at_commit_names_the_reason_of_the_database() {
    let db = Database::from_fixture("main_typical");
    db.execute(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'suspended'; END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW WHEN (NEW.id = '{}') EXECUTE FUNCTION refuse()",
        job(202)
    ));
    let refused = requeue(&db, &[&job(201), &job(202), "--yes"]).expect_code(77);
    assert_eq!(refused.json()["data"]["outcome"]["error_jobs"][0]["id"], job(202), "{refused:#?}");
    assert!(refused.stdout.contains("suspended"), "{refused:#?}");
    assert_eq!(events(&db), "0");
    requeue(&db, &[&job(201), "--yes"]).expect_code(0);
}
