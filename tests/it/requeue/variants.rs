use super::{command, requeue};
use crate::support::postgres::Database;

#[test]
fn every_variant_with_dead_letters_is_requeued_and_undone() {
    for (variant, live, dead, event) in [
        ("main", "state", "dead_letter", Some(("stage", "data"))),
        ("atomic", "state", "dead_letter", Some(("event", "details"))),
        ("event_data", "state", "dead_letter", Some(("event", "data"))),
        ("status_live", "status", "failed", Some(("stage", "data"))),
        ("bigint", "status", "failed", None),
    ] {
        let db = Database::from_fixture(&format!("{variant}_typical"));
        let count = |state: &str| {
            db.value(&format!("SELECT count(*) FROM jobs WHERE {live}::text = '{state}'"))
        };
        let before = count(dead);
        let mut cli = command(&db, "requeue", &["--all", "--yes"]);
        let out = cli.run().expect_code(0);
        let operation = out.json()["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
        assert_eq!(count(dead), "0", "{variant}");
        if let Some((stage, data)) = event {
            let sql = format!(
                "SELECT count(*) FROM job_events WHERE {stage} = 'enqueued'
                   AND {data}->>'reason' = 'requeued_from_dead_letter'"
            );
            assert_eq!(db.value(&sql), before, "{variant}");
        } else {
            assert!(out.stderr.contains("other operators cannot"), "{variant}: {}", out.stderr);
        }
        command(&db, "undo", &[&operation, "--yes"])
            .env("XDG_STATE_HOME", cli.home().join(".local/state"))
            .run()
            .expect_code(0);
        assert_eq!(count(dead), before, "{variant}");
    }
}

#[test]
fn variant_without_dead_letters_exits_3_with_the_reason() {
    for variant in ["early", "hosted", "october", "typed"] {
        let db = Database::from_fixture(&format!("{variant}_typical"));
        let out = requeue(&db, &["--all", "--yes"]).expect_code(3);
        assert!(out.stderr.contains("no dead letters"), "{variant}: {}", out.stderr);
    }
}

#[test]
fn events_with_workspace_and_uuid_ids_are_written() {
    let db = Database::from_fixture("main_typical");
    db.execute(
        "DROP TABLE job_events; CREATE TABLE job_events (
           id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
           job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
           workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
           stage text NOT NULL, data jsonb NOT NULL DEFAULT '{}',
           created_at timestamptz NOT NULL DEFAULT now())",
    );
    let json = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    command(&db, "undo", &[operation, "--yes"]).run().expect_code(0);
    let n = db.value("SELECT count(*) FROM job_events e JOIN jobs j ON j.id = job_id AND j.workspace_id = e.workspace_id");
    assert_eq!(n, "52");
}
