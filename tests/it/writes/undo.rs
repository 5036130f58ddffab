//! What an undo takes back.

use super::{operation, states};
use crate::requeue::{command, insert_dead_letters, requeue};
use crate::support::postgres::Database;

fn requeued(prepare: &str) -> (Database, String) {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    db.execute(prepare);
    let operation = operation(&requeue(&db, &["--all", "--yes"]).expect_code(0));
    (db, operation)
}

#[test]
fn job_that_was_claimed_and_released_is_not_undone() {
    let (db, operation) = requeued("");
    db.execute(
        "INSERT INTO job_events (job_id, stage) SELECT min(id::text)::uuid, 'claimed' FROM jobs;
         UPDATE jobs SET state = 'running', locked_by = 'w' WHERE id = (SELECT min(id::text)::uuid FROM jobs);
         UPDATE jobs SET state = 'queued', locked_by = NULL WHERE state = 'running'",
    );
    command(&db, "undo", &[&operation, "--yes"]).run().expect_code(75);
    assert_eq!(states(&db), "dead_letter 1, queued 1");
}

#[test]
fn column_that_the_app_changed_does_not_prevent_an_undo() {
    let (db, operation) = requeued("");
    db.execute("UPDATE jobs SET priority = priority + 1");
    command(&db, "undo", &[&operation, "--yes"]).run().expect_code(0);
    assert_eq!(states(&db), "dead_letter 2");
}

/// Types and triggers with which a requeue works must not prevent its undo.
#[test]
fn undo_works_with_every_column_type_and_trigger() {
    for prepare in [
        "CREATE DOMAIN kind_name AS text NOT NULL; ALTER TABLE jobs ALTER kind TYPE kind_name",
        "ALTER TABLE job_events ALTER data DROP DEFAULT, ALTER data TYPE json USING data::json",
        "ALTER TABLE jobs ALTER error TYPE json USING error::json",
        "CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           UPDATE jobs SET run_at = now() + interval '1 min' WHERE id = NEW.id; RETURN NULL; END $$;
         CREATE TRIGGER later AFTER UPDATE ON jobs FOR EACH ROW
           WHEN (OLD.state = 'dead_letter' AND NEW.state = 'queued') EXECUTE FUNCTION later()",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           NEW.updated_at := clock_timestamp(); RETURN NEW; END $$;
         CREATE TRIGGER touch BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION touch()",
    ] {
        let (db, operation) = requeued(prepare);
        command(&db, "undo", &[&operation, "--yes"]).run().expect_code(0);
        assert_eq!(states(&db), "dead_letter 2", "{prepare}");
        let follow = command(&db, "follow", &[&operation, "--wait", "1s"]).run();
        assert_ne!(follow.code, 2, "undone is not failed: {prepare}: {follow:#?}");
    }
}

/// Also run by the drill `triggers`: a trigger that changes any one column of a requeued job, before or after the
/// write, prevents neither the requeue nor its undo, unless it changes the state back.
#[test]
fn trigger_that_changes_any_column_prevents_no_undo() {
    let columns = Database::with_variant("main").rows(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
          WHERE attrelid = 'jobs'::regclass AND attnum > 0 AND NOT attisdropped
            AND attname NOT IN ('id', 'state', 'status', 'type', 'workspace_id', 'kind')",
    );
    for row in columns {
        let (column, column_type) = (row[0].clone().unwrap(), row[1].clone().unwrap());
        let value = match column_type.as_str() {
            "text" => "'x'",
            "integer" | "smallint" | "bigint" => "3",
            "jsonb" | "json" => "'{\"x\": 1}'",
            "timestamp with time zone" => "clock_timestamp()",
            "uuid" => "gen_random_uuid()",
            _ => continue,
        };
        for when in ["BEFORE", "AFTER"] {
            let (db, operation) = requeued(&format!(
                "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF TG_WHEN = 'BEFORE' THEN NEW.\"{column}\" := {value}; RETURN NEW; END IF;
                   UPDATE jobs SET \"{column}\" = {value} WHERE id = NEW.id; RETURN NULL; END $$;
                 CREATE TRIGGER change {when} UPDATE ON jobs FOR EACH ROW
                   WHEN (OLD.state = 'dead_letter' AND NEW.state = 'queued') EXECUTE FUNCTION change()"
            ));
            assert_eq!(states(&db), "queued 2", "{when} {column}");
            let follow = command(&db, "follow", &[&operation, "--wait", "1s"]).run();
            assert_ne!(follow.code, 2, "no worker ran: {when} {column}: {follow:#?}");
            command(&db, "undo", &[&operation, "--yes"]).run().expect_code(0);
            assert_eq!(states(&db), "dead_letter 2", "{when} {column}");
        }
    }
}
