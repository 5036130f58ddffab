//! Tests of the database server checks: locks, transactions, replication role, permissions.

use std::thread;

use serde_json::Value;

use super::{app, triage};
use crate::postgres::status;
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::standby::Standby;
use crate::support::wait_until;

fn check<'a>(json: &'a Value, id: &str) -> &'a Value {
    let checks = json["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id}: {json:#}"))
}

fn message(json: &Value, id: &str) -> String {
    check(json, id)["message"].as_str().expect("a message").to_owned()
}

/// A context whose thresholds allow no lock wait and no open transaction.
const STRICT: &str = "[context.strict]\nbase_url = \"http://127.0.0.1:1\"\n\
     database_url_env = \"STRICT_URL\"\n\
     [context.strict.thresholds]\nlock_wait = 0\ntransaction_age = 0\n";

fn strict(database: &Database) -> Value {
    let cli = Cli::new(["-c", "strict", "triage", "-o", "json"]).file("cliplyctl.toml", STRICT);
    cli.env("STRICT_URL", database.url()).run().json()
}

#[test]
fn row_lock_wait_names_both_processes() {
    let database = Database::from_fixture("main_healthy");
    let locking_session = database.session();
    let update_jobs = "UPDATE jobs SET priority = 1 WHERE state = 'running'";
    locking_session.execute(&format!("BEGIN; {update_jobs}"));
    let holding = locking_session.value("SELECT pg_backend_pid()");
    let url = database.url();
    let waiter =
        thread::spawn(move || crate::support::postgres::Session::open(&url).execute(update_jobs));
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted \
                   AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())";
    wait_until("the second update waits", || database.value(waiting) != "0");

    let json = strict(&database);
    assert_eq!(status(&json, "db.locks"), "warning");
    let blocked_by = format!("blocked by {holding}");
    assert!(message(&json, "db.locks").ends_with(&blocked_by), "{}", message(&json, "db.locks"));
    assert_eq!(check(&json, "db.locks")["hint"]["command"], "cliplyctl -c strict runbook db.locks");
    assert_eq!(status(&json, "db.transactions"), "warning");
    assert!(message(&json, "db.transactions").contains("postgres, "), "{json:#}");

    locking_session.execute("COMMIT");
    waiter.join().expect("the second update");
    let json = strict(&database);
    assert_eq!(message(&json, "db.locks"), "no session waits for a lock on jobs");
}

#[test]
fn locked_table_blocks_only_the_queue_and_names_the_session() {
    let database = Database::from_fixture("main_healthy");
    let locking_session = database.session();
    locking_session.execute("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE");
    let stub = app("canonical_ok");
    let json = triage("--timeout 2s -o json", &stub.url(), &database).run().expect_code(3).json();
    assert_eq!(status(&json, "db.reachable"), "ok");
    assert_eq!(status(&json, "access.jobs"), "unknown");
    assert_eq!(check(&json, "queue.backlog")["blocked_by"], "access.jobs");
    assert_eq!(status(&json, "app.up"), "ok");
    let locking_session = message(&json, "db.transactions");
    assert!(locking_session.contains("idle in transaction"), "{json:#}");
}

#[test]
fn ordinary_role_exits_0_with_notes_on_hidden_data() {
    let database = Database::from_fixture("main_healthy");
    database.execute(
        "DO $$ BEGIN CREATE ROLE triage_reader LOGIN BYPASSRLS; \
           EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         GRANT USAGE ON SCHEMA public TO triage_reader; \
         GRANT SELECT ON jobs TO triage_reader",
    );
    let other = database.session();
    other.execute("BEGIN; SELECT 1");
    let stub = app("canonical_ok");
    let mut cli = triage("-o json", &stub.url(), &database);
    cli = cli.env("DATABASE_URL", database.url_as("triage_reader"));
    let json = cli.run().expect_code(0).json();
    let checks = json["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["id"] != "db.transactions"), "nothing is claimed");
    let notes = json["coverage"]["not_examined"].to_string();
    assert!(notes.contains("sessions belong to other roles; grant pg_read_all_stats"), "{notes}");
    assert!(notes.contains("failed attempts"), "{notes}");
    assert_eq!(status(&json, "db.connections"), "ok");
    assert_eq!(status(&json, "db.locks"), "ok");
}

#[test]
fn hot_standby_is_named_and_ok() {
    let servers = Standby::shared();
    let stub = app("canonical_ok");
    let run = |url: String| {
        let words = ["triage", "-o", "json"];
        let cli = Cli::new(words).env("CLIPLY_BASE_URL", stub.url()).env("DATABASE_URL", url);
        { cli }.run().json()
    };
    let on_standby = run(servers.url());
    assert_eq!(status(&on_standby, "db.standby"), "ok");
    assert!(message(&on_standby, "db.standby").starts_with("hot standby, "), "{on_standby:#}");
    assert_eq!(message(&run(servers.primary_url()), "db.standby"), "primary");
}

#[test]
fn dead_letters_and_failures_are_counted_per_hour() {
    let database = Database::from_fixture("main_healthy");
    database.execute(
        "INSERT INTO jobs (workspace_id, kind, state, updated_at) \
           SELECT id, 'CLIP_RENDER', 'dead_letter', now() - n * interval '20 minutes' \
             FROM (SELECT id FROM workspaces LIMIT 1) w, generate_series(1, 5) n; \
         INSERT INTO job_events (job_id, stage) SELECT id, 'failed' FROM jobs",
    );
    let stub = app("canonical_ok");
    let json = triage("-o json", &stub.url(), &database).run().json();
    let trend = message(&json, "dlq.trend");
    assert_eq!(trend, "2 dead-lettered in the last hour (3 in the hour before)");
    assert_eq!(message(&json, "dlq.failures"), "11 failed attempts in the last hour");
}
