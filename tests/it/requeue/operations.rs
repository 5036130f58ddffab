//! `dlq ops`: the status of each operation, its kind and group, and what may be resumed.

use serde_json::Value;

use super::workers;
use super::{command, count, events, insert_dead_letters, requeue};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;
use crate::support::wait_until;

/// Lists the operations with the records in `state`, or from another machine.
fn ops(db: &Database, state: Option<&std::path::Path>) -> (Value, String) {
    let run = |args: &[&str]| -> Output {
        let mut cli = Cli::new(args).env("DATABASE_URL", db.url());
        if let Some(state) = state {
            cli = cli.env("XDG_STATE_HOME", state);
        }
        cli.run().expect_code(0)
    };
    let json = run(&["dlq", "ops", "-o", "json"]).json();
    (json["data"]["operations"].clone(), run(&["dlq", "ops"]).stdout)
}

#[test]
fn running_operation_is_shown_everywhere_and_never_resumed() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 20);
    let mut cli = command(&db, "requeue", &["--all", "--yes", "--rate", "1/s"]);
    let running = cli.start();
    wait_until("a job is requeued", || events(&db) != "0");
    let state = cli.home().join(".local/state");
    for state in [Some(state.as_path()), None] {
        let (operations, table) = ops(&db, state);
        assert_eq!(operations[0]["status"], "running", "{state:?}: {operations:#}");
        assert_eq!(operations[0]["planned"], 20, "{operations:#}");
        let pid = operations[0]["pid"].as_str().unwrap();
        assert!(table.contains(&format!("/{pid}")) && table.contains("running on "), "{table}");
        assert!(!table.contains("--resume"), "{state:?}: {table}");
    }
    running.signal("INT");
    running.finish().expect_code(75);
    // This machine knows that it was interrupted; another one that jobs are missing.
    let (operations, table) = ops(&db, Some(&state));
    assert_eq!(operations[0]["status"], "interrupted", "{operations:#}");
    assert!(table.contains("resume the interrupted requeue (asks first)"), "{table}");
    let (operations, table) = ops(&db, None);
    assert_eq!(operations[0]["status"], "stopped", "{operations:#}");
    assert!(!table.contains("--resume"), "{table}");
}

#[test]
fn operations_show_kind_group_and_outcome() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 3);
    let json = requeue(&db, &["--all", "--yes", "--reason", "deployed"]).expect_code(0).json();
    let (operations, table) = ops(&db, None);
    let operation = &operations[0];
    assert_eq!((&operation["status"], &operation["type"]), (&"complete".into(), &"requeue".into()));
    assert_eq!(operation["kind"], "CLIP_RENDER");
    assert_eq!(operation["group"], json["data"]["groups"][0]["group"]);
    assert_eq!(operation["outcome"], serde_json::json!({"pending": 3}), "{operation:#}");
    for title in ["TYPE", "STATUS", "LAST WRITE", "OPERATOR", "OUTCOME", "REASON"] {
        assert!(table.contains(title), "{title}: {table}");
    }
    assert!(table.starts_with("1 operation\n"), "{table}");
    workers::finish(&db.session());
    workers::kill(&db.session(), "FFmpeg timed out after 1s");
    let (operations, _) = ops(&db, None);
    let outcome = serde_json::json!({"finished": 1, "failed_again": 1, "pending": 1});
    assert_eq!(operations[0]["outcome"], outcome, "{operations:#}");
}

#[test]
fn undone_operation_is_called_undone() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 2);
    let json = requeue(&db, &["--all", "--yes"]).expect_code(0).json();
    let id = json["data"]["outcome"]["operation"].as_str().unwrap();
    command(&db, "undo", &[id, "--yes"]).run().expect_code(0);
    let (operations, table) = ops(&db, None);
    let status = |at: usize| (&operations[at]["type"], &operations[at]["status"]);
    assert_eq!(status(0), (&"undo".into(), &"complete".into()), "{operations:#}");
    assert_eq!(status(1), (&"requeue".into(), &"undone".into()), "{operations:#}");
    assert!(!table.contains("--resume"), "{table}");
    assert_eq!(count(&db, "dead_letter"), "2");
}
