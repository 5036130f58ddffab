//! Tests of `--wait`, for gates of a deployment.

use super::{app, triage};
use crate::support::http::{Response, Stub};
use crate::support::postgres::Database;
use crate::support::readiness::response;
use crate::support::wait_until;

#[test]
fn wait_polls_until_ready_and_states_the_reason() {
    let stub = app("canonical_worker_red");
    let turns = ["canonical_worker_red", "canonical_worker_red", "canonical_ok"];
    stub.set_all("/api/readyz", turns.map(response));
    let database = Database::from_fixture("main_healthy");
    let output = triage("--wait 1m", &stub.url(), &database).run().expect_code(0);
    assert_eq!(stub.count("/api/readyz"), 3);
    assert!(output.stdout.starts_with("OK"), "{}", output.stdout);
    assert_eq!(output.stderr.matches("CRITICAL: 3.2 not ready").count(), 1, "{}", output.stderr);
}

#[test]
fn wait_covers_an_app_that_starts_late() {
    let stub = Stub::start([("/api/readyz", response("canonical_ok"))]);
    let starting = Response::text(502, "text/plain", "bad gateway");
    // Each poll tries a failing gateway three times.
    let mut turns = vec![starting; 3];
    turns.push(response("healthz_ok"));
    stub.set_all("/api/healthz", turns);
    let database = Database::from_fixture("main_healthy");
    triage("--wait 1m", &stub.url(), &database).run().expect_code(0);
}

#[test]
fn wait_timeout_exits_with_the_last_status() {
    let database = Database::from_fixture("main_healthy");
    let stub = app("canonical_worker_red");
    triage("--wait 1s", &stub.url(), &database).run().expect_code(2);
    // --fail-on allows warnings, but the awaited status was not reached.
    let stub = app("canonical_ok_but_worker_false");
    triage("--wait 1s --fail-on critical", &stub.url(), &database).run().expect_code(1);
}

#[test]
fn not_critical_accepts_warning_but_not_unknown() {
    let database = Database::from_fixture("main_healthy");
    let warning = app("canonical_ok_but_worker_false");
    triage("--wait 1s --for not-critical", &warning.url(), &database).run().expect_code(0);
    let unknown = app("bare_ok");
    triage("--wait 1s --for not-critical", &unknown.url(), &database).run().expect_code(3);
}

#[test]
fn wait_ends_at_once_if_polling_cannot_help() {
    let database = Database::from_fixture("main_healthy");
    let protected = app("deployment_protection_401");
    for (cli, why) in [
        (triage("--wait 1h", &protected.url(), &database), "401"),
        (triage("--wait 1h", &app("canonical_ok").url(), &database).env("DATABASE_URL", ""), ""),
    ] {
        let mut cli = cli;
        let output = cli.run().expect_code(3);
        assert!(output.stderr.contains("not waiting:"), "{}", output.stderr);
        assert!(output.stderr.contains(why), "{}", output.stderr);
    }
}

#[test]
fn wait_ends_at_once_if_the_template_drifted() {
    let database = Database::from_fixture("main_healthy");
    let stub = app("canonical_ok");
    let schema =
        "import { z } from 'zod/v3';\nexport const EnvSchema = z.object({ A: z.string() });\n";
    let cli = triage("--wait 1h --for not-critical", &stub.url(), &database);
    let mut cli = cli.file("packages/shared/src/env.ts", schema).file(".env.example", "B=\n");
    let output = cli.run().expect_code(2);
    assert!(output.stderr.contains("not waiting: A (required, "), "{}", output.stderr);
}

#[test]
fn wait_does_not_reuse_results_of_an_earlier_poll() {
    let database = Database::from_fixture("main_healthy");
    let stub = app("canonical_worker_red");
    let mut cli = triage("--wait 8s", &stub.url(), &database);
    let running = cli.start();
    wait_until("it has looked, and begins again", || stub.count("/api/readyz") >= 2);
    database.execute("ALTER TABLE jobs RENAME TO elsewhere");
    let output = running.finish().expect_code(2);
    let access = output.stdout.lines().find(|line| line.starts_with("Access"));
    assert!(
        access.is_some_and(|line| line.contains("UNKNOWN   table public.jobs does not exist")),
        "{output:?}"
    );
}

#[test]
fn for_without_wait_is_a_usage_error() {
    let database = Database::blank();
    triage("--for ok", "http://127.0.0.1:1", &database).run().expect_code(64);
}
