//! `--wait`: for gates that let a deployment through.

use super::{app, triage};
use crate::support::http::{Response, Stub};
use crate::support::postgres::Database;
use crate::support::readiness::response;
use crate::support::wait_until;

#[test]
fn it_looks_until_the_app_is_ready_and_says_why_it_waits() {
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
fn an_app_that_comes_up_late_is_waited_for() {
    let stub = Stub::start([("/api/readyz", response("canonical_ok"))]);
    let starting = Response::text(502, "text/plain", "bad gateway");
    // Each look tries a failing gateway three times.
    let mut turns = vec![starting; 3];
    turns.push(response("healthz_ok"));
    stub.set_all("/api/healthz", turns);
    let database = Database::from_fixture("main_healthy");
    triage("--wait 1m", &stub.url(), &database).run().expect_code(0);
}

#[test]
fn when_time_is_up_the_last_verdict_counts() {
    let database = Database::from_fixture("main_healthy");
    let stub = app("canonical_worker_red");
    triage("--wait 1s", &stub.url(), &database).run().expect_code(2);
    // Warnings are forgiven by --fail-on, but what was waited for did not come.
    let stub = app("canonical_ok_but_worker_false");
    triage("--wait 1s --fail-on critical", &stub.url(), &database).run().expect_code(1);
}

#[test]
fn not_critical_is_reached_by_a_warning_and_never_by_unknown() {
    let database = Database::from_fixture("main_healthy");
    let warning = app("canonical_ok_but_worker_false");
    triage("--wait 1s --for not-critical", &warning.url(), &database).run().expect_code(0);
    let unknown = app("bare_ok");
    triage("--wait 1s --for not-critical", &unknown.url(), &database).run().expect_code(3);
}

#[test]
fn what_waiting_cannot_change_ends_it_at_once() {
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
fn a_template_that_has_drifted_is_not_waited_for() {
    let database = Database::from_fixture("main_healthy");
    let stub = app("canonical_ok");
    let schema =
        "import { z } from 'zod/v3';\nexport const EnvSchema = z.object({ A: z.string() });\n";
    let cli = triage("--wait 1h --for not-critical", &stub.url(), &database);
    let mut cli = cli.file("packages/shared/src/env.ts", schema).file(".env.example", "B=\n");
    let output = cli.run().expect_code(2);
    assert!(output.stderr.contains("not waiting: A is declared at"), "{}", output.stderr);
}

#[test]
fn what_an_earlier_look_knew_is_not_taken_for_what_is_there_now() {
    let database = Database::from_fixture("main_healthy");
    let stub = app("canonical_worker_red");
    let mut cli = triage("--wait 8s", &stub.url(), &database);
    let running = cli.start();
    wait_until("it has looked, and begins again", || stub.count("/api/readyz") >= 2);
    database.execute("ALTER TABLE jobs RENAME TO elsewhere");
    let output = running.finish().expect_code(2);
    let access = output.stdout.lines().find(|line| line.starts_with("access?"));
    assert!(access.is_some_and(|line| line.contains("UNKNOWN   there is no table")), "{output:?}");
}

#[test]
fn a_goal_without_waiting_is_a_usage_error() {
    let database = Database::blank();
    triage("--for ok", "http://127.0.0.1:1", &database).run().expect_code(64);
}
