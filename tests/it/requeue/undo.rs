use super::{command, count, insert_dead_letters, requeue};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

fn all_rows(db: &Database) -> Vec<Vec<Option<String>>> {
    db.rows(
        "SELECT id, state, attempts, run_at, locked_at, locked_by, heartbeat_at, updated_at, last_error, error
           FROM jobs ORDER BY id",
    )
}

#[test]
fn undo_restores_every_previous_value() {
    let db = Database::from_fixture("main_awkward");
    let before = all_rows(&db);
    let json = requeue(&db, &["--all", "--yes", "--reason", "x"]).expect_code(0).json();
    assert_ne!(all_rows(&db), before);
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let args = [operation, "--yes", "--reason", "mistake"];
    command(&db, "undo", &args).run().expect_code(0);
    assert_eq!(all_rows(&db), before);
    let failed = db.value("SELECT count(*) FROM job_events WHERE data->>'reason' = 'requeue_undone' AND stage <> 'progress'");
    assert_eq!(failed, "0");
    let json = command(&db, "undo", &args).run().expect_code(0).json();
    assert_eq!(json["data"]["eligible"], 0, "nothing is left to take back");
    assert_eq!(
        json["data"]["undone_before"].as_u64(),
        Some(count_dead_letters(&before)),
        "{json:#}"
    );
    assert_eq!(json["data"]["changed_since"], 0, "{json:#}");
}

fn count_dead_letters(rows: &[Vec<Option<String>>]) -> u64 {
    rows.iter().filter(|row| row[1].as_deref() == Some("dead_letter")).count() as u64
}

#[test]
fn only_requeues_can_be_undone() {
    let db = Database::from_fixture("main_typical");
    let rescue = ["jobs", "rescue", "--yes", "-o", "json"];
    let rescue = Cli::new(rescue).env("DATABASE_URL", db.url()).run().expect_code(0).json();
    let requeue = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    let id = |json: &serde_json::Value| {
        json["data"]["outcome"]["operation"].as_str().unwrap().to_owned()
    };
    let undo = command(&db, "undo", &[&id(&requeue), "--yes"]).run().expect_code(0).json();
    for (operation, message) in [(id(&rescue), "is a rescue"), (id(&undo), "is an undo")] {
        for args in [["undo", &operation, "--yes"], ["follow", &operation, "--wait=1s"]] {
            let output = command(&db, args[0], &args[1..]).run().expect_code(64);
            assert!(output.stderr.contains(message), "{output:#?}");
        }
    }
    let ops = command(&db, "ops", &[]).run().expect_code(0).json();
    let types = ops["data"]["operations"].as_array().unwrap().iter();
    let types: Vec<_> = types.map(|o| o["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["undo", "requeue", "rescue"], "{ops:#}");
}

#[test]
fn error_changed_by_a_trigger_is_recorded_and_restored() {
    let db = Database::from_fixture("main_typical");
    db.execute(
        "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.state = 'queued' AND NEW.kind = 'CLIP_RENDER' THEN NEW.last_error = NULL; END IF;
           RETURN NEW; END $$;
         CREATE TRIGGER forget BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION forget()",
    );
    let before = all_rows(&db);
    let json = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    let restored_errors =
        "SELECT count(*) || ' of ' || count(*) FILTER (WHERE kind = 'CLIP_RENDER')
                  FROM job_events e JOIN jobs j ON j.id = job_id
                 WHERE e.data->>'operation' LIKE 'rq-%' AND e.data->'written' ? 'last_error'";
    assert_eq!(db.value(restored_errors), "15 of 15", "kept errors are not said twice");
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let json = command(&db, "undo", &[operation, "--yes"]).run().expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"], 26, "{json:#}");
    assert_eq!(all_rows(&db), before);
}

#[test]
fn undo_keeps_jobs_that_changed_since() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let json = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    db.execute("SELECT worker_claim_next_job('w')");
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let json = command(&db, "undo", &[operation, "--yes"]).run().expect_code(75).json();
    assert_eq!(
        (&json["data"]["outcome"]["written"], &json["data"]["changed_since"]),
        (&2.into(), &1.into())
    );
    assert_eq!((count(&db, "running"), count(&db, "dead_letter")), ("1".into(), "2".into()));
}

#[test]
fn partial_undo_states_the_reason_and_next_command() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let json = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    db.execute("SELECT worker_claim_next_job('w')");
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let undo = Cli::new(["dlq", "undo", operation, "--yes"]).env("DATABASE_URL", db.url());
    let output = undo.env("USER", "oncall").run().expect_code(75);
    for message in [
        "1 job was claimed or changed since the requeue and cannot be undone",
        "All jobs that can be undone are undone.",
        &format!("cliplyctl dlq follow {operation}"),
    ] {
        assert!(output.stdout.contains(message), "no {message:?} in {}", output.stdout);
    }
    for verb in ["undo", "follow"] {
        let output = command(&db, verb, &[]).run().expect_code(64);
        assert!(output.stderr.contains("cliplyctl dlq ops"), "{}", output.stderr);
    }
}

#[test]
fn undo_is_refused_when_every_job_changed_since() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let json = requeue(&db, &["--all", "--max", "1", "--yes"]).expect_code(0).json();
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let claimed = db.value(
        "UPDATE jobs SET state = 'running', locked_by = 'w' WHERE state = 'queued' RETURNING id",
    );
    let undo = |args: &[&str]| {
        let args = [&["dlq", "undo", operation], args].concat();
        Cli::new(args).env("DATABASE_URL", db.url()).run()
    };
    let restored_errors = undo(&["--yes"]).expect_code(77).stdout;
    assert!(restored_errors.contains(&format!("cannot be undone: {claimed}")), "{restored_errors}");
    assert!(
        restored_errors.contains(&format!("cliplyctl dlq follow {operation}")),
        "{restored_errors}"
    );
    undo(&["--dry-run"]).expect_code(0);
    assert_eq!((count(&db, "running"), count(&db, "dead_letter")), ("1".into(), "1".into()));
}

#[test]
fn undo_keeps_rows_with_any_later_change() {
    let db = Database::with_variant("main");
    let changes = [
        "run_at = run_at + interval '1 second'",
        "updated_at = updated_at + interval '1 second'",
        "attempts = attempts + 1",
        "locked_at = now()",
        "locked_by = 'w'",
        "heartbeat_at = now()",
        "last_error = 'another'",
        "error = '{\"message\":\"another\"}'",
    ];
    insert_dead_letters(&db, changes.len() as u32 + 1);
    let json = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    // Triggers would also update updated_at.
    db.execute("ALTER TABLE jobs DISABLE TRIGGER USER");
    for (n, change) in changes.iter().enumerate() {
        db.execute(&format!(
            "UPDATE jobs SET {change} WHERE id = (SELECT id FROM jobs ORDER BY id LIMIT 1 OFFSET {n})"
        ));
    }
    db.execute("ALTER TABLE jobs ENABLE TRIGGER USER");
    let json = command(&db, "undo", &[operation, "--yes"]).run().expect_code(75).json();
    assert_eq!(json["data"]["outcome"]["written"], 1, "{json:#}");
    assert_eq!(json["data"]["changed_since"], changes.len(), "{json:#}");
    assert_eq!(count(&db, "dead_letter"), "1");
}
