//! The reported result is what is stored; errors of every row end a write early.

use super::{operation, states};
use crate::requeue::{command, events, insert_dead_letters, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::wait_until;

/// A trigger that changes the state of one requeued job back, at each time at which triggers run.
const REVERT: [&str; 3] = [
    "CREATE TRIGGER revert BEFORE UPDATE ON jobs FOR EACH ROW WHEN (OLD.state = 'dead_letter')
       EXECUTE FUNCTION revert()",
    "CREATE TRIGGER revert AFTER UPDATE ON jobs FOR EACH ROW WHEN (OLD.state = 'dead_letter' AND NEW.state = 'queued')
       EXECUTE FUNCTION revert()",
    "CREATE CONSTRAINT TRIGGER revert AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
       WHEN (OLD.state = 'dead_letter' AND NEW.state = 'queued') EXECUTE FUNCTION revert()",
];

#[test]
fn job_that_a_trigger_reverts_is_refused_by_the_database() {
    for trigger in REVERT {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, 3);
        let id = db.value("SELECT min(id::text) FROM jobs");
        db.execute(&format!(
            "CREATE FUNCTION revert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF NEW.id <> '{id}' THEN RETURN NEW; END IF;
               IF TG_WHEN = 'BEFORE' THEN NEW.state := 'dead_letter'; RETURN NEW; END IF;
               UPDATE jobs SET state = 'dead_letter' WHERE id = NEW.id; RETURN NULL; END $$; {trigger}"
        ));
        let json = requeue(&db, &["--all", "--yes"]).expect_code(75).json();
        let outcome = &json["data"]["outcome"];
        assert_eq!(
            (outcome["written"].as_u64(), outcome["errors"].as_u64()),
            (Some(2), Some(1)),
            "{trigger}: {json:#}"
        );
        assert_eq!(outcome["error_jobs"][0]["id"], id, "{trigger}");
        assert!(
            outcome["error_jobs"][0]["reason"]
                .as_str()
                .unwrap()
                .contains("refused by the database"),
            "{json:#}"
        );
        assert_eq!(states(&db), "dead_letter 1, queued 2", "{trigger}");
    }
}

#[test]
fn rescue_that_a_trigger_reverts_is_refused_by_the_database() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    db.execute(
        "UPDATE jobs SET state = 'running', attempts = 0, locked_by = 'w', locked_at = now() - interval '1 h',
                heartbeat_at = now() - interval '1 h';
         CREATE FUNCTION revert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
         CREATE TRIGGER revert BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION revert()",
    );
    let rescue = || Cli::new(["jobs", "rescue", "--yes"]).env("DATABASE_URL", db.url()).run();
    rescue().expect_code(77);
    assert_eq!(states(&db), "running 1");
    db.execute("DROP TRIGGER revert ON jobs");
    rescue().expect_code(0);
    assert_eq!(states(&db), "queued 1");
}

#[test]
fn rejection_of_every_row_stops_the_write_and_is_reported_once() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 600);
    db.execute(
        "CREATE SEQUENCE tries;
         CREATE FUNCTION tried() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('tries'); RETURN NULL; END $$;
         CREATE TRIGGER tried BEFORE UPDATE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION tried();
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'job %: maintenance', NEW.id; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    let args = ["dlq", "requeue", "--all", "--yes", "--reason", "x"];
    let refused = Cli::new(args).env("DATABASE_URL", db.url()).run().expect_code(77);
    assert_eq!(refused.stdout.matches("Stopped: the database rejected").count(), 1, "{refused:#?}");
    let tries: u32 = db.value("SELECT last_value FROM tries").parse().unwrap();
    assert!(tries < 200, "{tries} statements for 600 jobs");
    assert_eq!(states(&db), "dead_letter 600");
}

#[test]
fn odd_rows_among_others_do_not_stop_the_write() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 300);
    db.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.last_error LIKE '%1s' THEN RAISE EXCEPTION 'suspended'; END IF; RETURN NEW; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    let odd: u64 =
        db.value("SELECT count(*) FROM jobs WHERE last_error LIKE '%1s'").parse().unwrap();
    assert!(odd > 0);
    let json = requeue(&db, &["--all", "--yes", "--reason", "x"]).expect_code(75).json();
    assert_eq!(json["data"]["outcome"]["errors"], odd, "{json:#}");
    assert_eq!(json["data"]["outcome"]["written"], 300 - odd);
}

#[test]
fn error_that_a_trigger_clears_is_no_new_failure() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    db.execute(
        "CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.last_error := NULL; RETURN NEW; END $$;
         CREATE TRIGGER wipe BEFORE UPDATE ON jobs FOR EACH ROW WHEN (OLD.state = 'dead_letter') EXECUTE FUNCTION wipe()",
    );
    let canary =
        requeue(&db, &["--all", "--yes", "--canary", "--canary-timeout", "1s"]).expect_code(75);
    let json = canary.json();
    assert_eq!(json["data"]["canary"][0]["stopped"], "timeout", "{json:#}");
    let follow =
        command(&db, "follow", &[&operation(&canary), "--wait", "1s"]).run().expect_code(3);
    assert_eq!(follow.json()["data"]["queued"], 1);
}

#[test]
fn follow_waits_for_an_operation_that_is_still_written() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    // Slow enough that the two following commands end before the requeue.
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--rate", "12/m"]);
    let running = cli.start();
    wait_until("a job is requeued", || events(&db) != "0");
    let id = db.value("SELECT data->>'operation' FROM job_events LIMIT 1");
    db.execute("UPDATE jobs SET state = 'done', updated_at = now() WHERE state = 'queued'");
    // On this machine its lock tells, on another one its session.
    let here =
        super::with_records(&db, &cli, "follow", &[&id, "--wait", "1s"]).run().expect_code(3);
    assert_eq!(here.json()["data"]["still_writing"], true, "{here:#?}");
    let elsewhere = command(&db, "follow", &[&id, "--wait", "1s"]).run().expect_code(3);
    assert_eq!(elsewhere.json()["data"]["still_writing"], true, "{elsewhere:#?}");
    let mut follow = command(&db, "follow", &[&id, "--wait", "60s"]);
    let follow = follow.start();
    running.finish().expect_code(0);
    db.execute("UPDATE jobs SET state = 'done', updated_at = now() WHERE state = 'queued'");
    assert_eq!(follow.finish().expect_code(0).json()["data"]["finished"], 3);
}

#[test]
fn operation_is_found_although_event_ids_are_behind() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    db.execute("INSERT INTO job_events (id, job_id, stage) SELECT 1000000, id, 'progress' FROM jobs LIMIT 1");
    let id = operation(&requeue(&db, &["--all", "--yes"]).expect_code(0));
    let follow = command(&db, "follow", &[&id, "--wait", "1s"]).run().expect_code(3).json();
    assert_eq!(follow["data"]["queued"], 2, "{follow:#}");
    // Ids of earlier versions name the newest event.
    let old = id.split('-').map(|part| if part.starts_with("e") { "e1000000" } else { part });
    let old = old.collect::<Vec<_>>().join("-");
    db.execute(&format!(
        "UPDATE job_events SET data = data || '{{\"operation\": \"{old}\"}}' WHERE data ? 'operation'"
    ));
    command(&db, "undo", &[&old, "--yes"]).run().expect_code(0);
    assert_eq!(states(&db), "dead_letter 2");
}

#[test]
fn foreign_event_of_any_shape_is_left_alone() {
    for data in [
        "{\"previous\": {\"updated_at\": \"unknown\"}}",
        "[1]",
        "\"text\"",
        "null",
        "{\"reason\": 7}",
    ] {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, 2);
        let id = operation(&requeue(&db, &["--all", "--yes"]).expect_code(0));
        db.execute(&format!(
            "INSERT INTO job_events (job_id, stage, data) SELECT id, 'progress', '{data}' FROM jobs;
             UPDATE jobs SET state = 'done', updated_at = now()"
        ));
        let follow = command(&db, "follow", &[&id, "--wait", "5s"]).run().expect_code(0).json();
        assert_eq!(follow["data"]["finished"], 2, "{data}: {follow:#}");
        command(&db, "ops", &[]).run().expect_code(0);
        requeue(&db, &["--all", "--dry-run"]).expect_code(0);
    }
}

#[test]
fn operations_of_this_machine_are_listed_without_events() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    db.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse()",
    );
    let mut cli = command(&db, "requeue", &["--all", "--yes"]);
    let id = operation(&cli.run().expect_code(77));
    db.execute(
        "INSERT INTO job_events (job_id, stage, data)
           SELECT id, 'enqueued', '{\"reason\": \"requeued_from_dead_letter\"}' FROM jobs",
    );
    let ops = super::with_records(&db, &cli, "ops", &[]).run().expect_code(0).json();
    assert_eq!(ops["data"]["operations"][0]["operation"], id.as_str(), "{ops:#}");
    assert_eq!(ops["data"]["app_requeues"], 2, "{ops:#}");
}

#[test]
fn resume_is_not_offered_without_a_record() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 4);
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--rate", "30/m"])
        .env("HOME", "/dev/null/home")
        .env("XDG_STATE_HOME", "/dev/null/state");
    let running = cli.start();
    wait_until("a job is requeued", || events(&db) != "0");
    running.signal("TERM");
    let output = running.finish().expect_code(75);
    assert!(!(output.stdout.clone() + &output.stderr).contains("--resume"), "{output:#?}");
}

#[test]
fn report_that_cannot_be_delivered_is_no_bug() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 1);
    let line = format!("exec {} dlq requeue --all --yes >/dev/full", crate::support::cli::BINARY);
    let output =
        Cli::program("sh", ["-c", &line]).env("DATABASE_URL", db.url()).run().expect_code(3);
    assert!(output.stderr.contains("rq-") && output.stderr.contains("cannot write"), "{output:#?}");
    assert_eq!(states(&db), "queued 1");
}
