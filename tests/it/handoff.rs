//! Tests of `handoff`, the report for the next shift.

use crate::support::cli::Cli;
use crate::support::fixtures::VARIANTS;
use crate::support::http::{Response, SendMode, Stub};
use crate::support::postgres::Database;
use crate::support::readiness::response;
use crate::support::wait_until;

fn stub() -> Stub {
    Stub::start([
        ("/api/healthz", response("healthz_ok")),
        ("/api/readyz", response("canonical_worker_red")),
    ])
}

fn handoff(database: &Database, stub: &Stub, more: &[&str]) -> Cli {
    let args = ["handoff"].into_iter().chain(more.iter().copied());
    Cli::new(args).env("CLIPLY_BASE_URL", stub.url()).env("DATABASE_URL", database.url())
}

#[test]
fn bundle_contains_every_section_as_markdown_and_json() {
    let (database, stub) = (Database::from_fixture("main_typical"), stub());
    database.execute(
        "DELETE FROM job_events;
         INSERT INTO job_events (job_id, stage, created_at)
         SELECT id, 'failed', now() - interval '25 minutes' FROM jobs LIMIT 7",
    );
    let id = database.value("SELECT id::text FROM jobs WHERE state = 'dead_letter' LIMIT 1");
    let requeue = ["dlq", "requeue", &id, "--yes", "--reason", "to be handed off"];
    let url = database.url();
    Cli::new(requeue).env("DATABASE_URL", &url).env("USER", "oncall").run().expect_code(0);

    let text = handoff(&database, &stub, &[]).run().expect_code(0).stdout;
    for part in [
        "**CRITICAL** Readiness: not ready, failing: worker",
        "### Queue",
        "### Dead letters by cause",
        "### Newest dead letters",
        "### Recent requeues",
        "to be handed off",
        "### The last hour",
        "### Versions and settings",
        "PostgreSQL: 1",
        "| database | postgres",
        "| base\\_url |",
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
    let (_, hour) = text.split_once("### The last hour").expect("the last hour");
    let failed = hour.lines().find(|line| line.starts_with("| failed |")).expect("failed attempts");
    let counts: Vec<_> = failed.split('|').map(str::trim).collect();
    assert_eq!(counts[5], "7", "20 to 30 minutes ago: {failed}");

    let json = handoff(&database, &stub, &["-o", "json"]).run().expect_code(0).json();
    for part in ["triage", "queue", "groups", "samples", "operations"] {
        assert!(json["data"]["parts"][part].is_object(), "{part}: {json:#}");
    }
}

#[test]
fn every_variant_can_be_handed_off_and_reports_gaps() {
    let stub = stub();
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let output = handoff(&database, &stub, &[]).run();
        assert!(output.stdout.contains("### The last hour"), "{variant}: {output:?}");
        assert!(matches!(output.code, 0 | 3), "{variant}: {output:?}");
        let missing = output.stdout.contains("cannot read it: ");
        assert_eq!(output.code == 3, missing, "{variant}: {output:?}");
    }
}

#[test]
fn unreadable_section_is_reported_and_exits_3() {
    let output = Cli::new(["handoff"])
        .env("CLIPLY_BASE_URL", stub().url())
        .env("DATABASE_URL", "postgres://app:hunter2@127.0.0.1:1/none")
        .run()
        .expect_code(3);
    assert!(output.stdout.matches("cannot read it: ").count() >= 4, "{}", output.stdout);
    assert!(!format!("{output:?}").contains("hunter2"));
}

#[test]
fn interrupted_handoff_prints_no_partial_bundle() {
    let no_response = Response::with_mode(SendMode::NoResponse);
    let stub = Stub::start([("/api/healthz", no_response.clone()), ("/api/readyz", no_response)]);
    let database = Database::from_fixture("main_healthy");
    let mut cli = handoff(&database, &stub, &["--timeout", "5m"]);
    let running = cli.start();
    wait_until("the app is asked", || stub.count("/api/readyz") == 1);
    running.signal("INT");
    let output = running.finish();
    assert_eq!((output.code, output.stdout.as_str()), (130, ""), "{output:?}");
    assert!(output.stderr.contains("interrupted before the report was complete"), "{output:?}");
}
