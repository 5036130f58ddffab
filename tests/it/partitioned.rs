//! Tests with a partitioned `jobs` table. Every command must behave as with a single table.
//!
//! A ctid does not identify one row there, because each partition has its own first row.

use serde_json::Value;

use crate::requeue::{command, events, requeue};
use crate::support::cli::{Cli, Output};
use crate::support::partitions::plain_and_partitioned;
use crate::support::postgres::Database;

/// Keys of values that differ between two databases or two runs.
const VOLATILE_KEYS: [&str; 18] = [
    "age",
    "_age",
    "_at",
    "duration_ms",
    "took",
    "now",
    "database",
    "cursor",
    "next_cursor",
    "estimated_rows",
    "heartbeat_age_seconds",
    "updated",
    "due",
    "plan",
    "cutoff",
    "_seconds",
    "dead_since",
    "server_time",
];

fn without_volatile_values(value: Value) -> Value {
    let passes = |name: &str| {
        VOLATILE_KEYS
            .iter()
            .any(|end| name == *end || (end.starts_with('_') && name.ends_with(end)))
    };
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(name, _)| !passes(name))
            .map(|(name, value)| (name, without_volatile_values(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => {
            items.into_iter().map(without_volatile_values).collect::<Vec<_>>().into()
        }
        // Ages in seconds.
        Value::Number(number) if !number.is_u64() => Value::Null,
        other => other,
    }
}

fn run(database: &Database, line: &str) -> Output {
    let words = line.split_whitespace().chain(["-o", "json"]);
    Cli::new(words).env("DATABASE_URL", database.url()).env("USER", "oncall").run()
}

/// Returns id and status of every check.
fn statuses(report: &Value) -> Vec<(&Value, &Value)> {
    let checks = report["checks"].as_array().expect("checks");
    checks.iter().map(|check| (&check["id"], &check["status"])).collect()
}

#[test]
fn reports_match_those_of_an_unpartitioned_table() {
    let [plain, partitioned] = plain_and_partitioned();
    let id = plain.value("SELECT min(id::text) FROM jobs WHERE state = 'dead_letter'");
    for line in [
        "queue",
        "queue --exact",
        "queue --kind CLIP_RENDER",
        "dlq list --limit 500",
        "dlq list --sort dead-since",
        "dlq list --sort oldest --limit 3",
        "dlq groups",
        "dlq groups --kind CLIP_RENDER",
        &format!("dlq show {id}"),
        &format!("jobs show {id}"),
        "dlq requeue --all --dry-run",
        "dlq requeue --max 2 --all --dry-run",
        "jobs rescue --dry-run",
        "dlq ops",
    ] {
        let (one, three) = (run(&plain, line), run(&partitioned, line));
        assert_eq!(one.code, three.code, "{line}: {three:#?}");
        let (one, three) = (one.json(), three.json());
        assert_eq!(statuses(&one), statuses(&three), "{line}");
        assert_eq!(
            without_volatile_values(one["data"].clone()),
            without_volatile_values(three["data"].clone()),
            "{line}"
        );
    }
    for line in ["triage", "record", "rls matrix", "rls audit"] {
        let (one, three) = (run(&plain, line), run(&partitioned, line));
        assert_eq!(one.code, three.code, "{line}: {one:#?}\n{three:#?}");
        assert_eq!(three.json()["errors"], Value::Array(vec![]), "{line}");
    }
}

fn all_rows(db: &Database) -> Vec<Vec<Option<String>>> {
    db.rows(
        "SELECT id, state, attempts, run_at, locked_at, locked_by, heartbeat_at, updated_at, last_error, error,
                tableoid::regclass FROM jobs ORDER BY id",
    )
}

#[test]
fn undo_of_partitioned_jobs_restores_every_value() {
    let [_, db] = plain_and_partitioned();
    let shared = db.value(
        "SELECT count(*) FROM jobs a JOIN jobs b ON a.ctid = b.ctid AND a.tableoid < b.tableoid
          WHERE a.state = 'dead_letter' AND b.state = 'dead_letter'",
    );
    assert_ne!(shared, "0", "no two dead letters lie in the same place of their partitions");
    db.execute(
        "UPDATE jobs SET attempts = 100 + right(id::text, 3)::int WHERE state = 'dead_letter'",
    );
    let before = all_rows(&db);
    let dead = db.value("SELECT count(*) FROM jobs WHERE state = 'dead_letter'");
    let json = requeue(&db, &["--all", "--yes", "--reason", "test"]).expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"].to_string(), dead);
    assert_eq!(events(&db), dead);
    assert_eq!(db.value("SELECT count(*) FROM jobs WHERE state = 'dead_letter'"), "0");
    let own = "SELECT count(*) FROM job_events WHERE data->'previous'->>'attempts' = (100 + right(job_id::text, 3)::int)::text";
    assert_eq!(db.value(own), dead, "each event has its own job's former values");
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    let json =
        command(&db, "undo", &[operation, "--yes", "--reason", "test"]).run().expect_code(0).json();
    assert_eq!(json["data"]["outcome"]["written"].to_string(), dead);
    assert_eq!(all_rows(&db), before);
}

#[test]
fn advised_indexes_can_be_created() {
    let [_, db] = plain_and_partitioned();
    let advice = run(&db, "queue --advise").json();
    let statements: Vec<_> =
        advice["data"]["indexes"].as_array().unwrap_or_else(|| panic!("{advice:#}")).clone();
    assert!(!statements.is_empty(), "{advice:#}");
    for index in statements {
        // One by one, because several statements would be one transaction.
        for statement in index["sql"].as_str().unwrap().lines() {
            db.execute(statement);
        }
    }
    assert_eq!(run(&db, "queue --advise").json()["data"]["indexes"], Value::Array(vec![]));
}
