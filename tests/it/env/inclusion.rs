//! Tests of `env check` as part of `triage`, and with a `.env` that other commands reject.

use super::{SCHEMA, project};
use crate::support::cli::{Cli, Output};
use crate::support::http::Stub;
use crate::support::postgres::Database;
use crate::support::readiness;

const PROPERTIES: &str = "  DATABASE_URL: z.string(),\n  NODE_ENV: z.string(),";

/// Runs `triage` for a healthy system, in a checkout.
fn triage(cli: Cli) -> Output {
    let stub = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    let database = Database::from_fixture("main_healthy");
    cli.env("CLIPLY_BASE_URL", stub.url()).env("DATABASE_URL", database.url()).run()
}

#[test]
fn triage_checks_the_template_in_a_checkout() {
    let healthy = project(PROPERTIES, "DATABASE_URL=\nNODE_ENV=\n", "triage -o json");
    let json = triage(healthy).expect_code(0).json();
    assert_eq!(json["data"]["areas"][4]["area"], "environment?");
    assert_eq!(json["data"]["areas"][4]["status"], "ok");

    let drifted = project(PROPERTIES, "DATABASE_URL=\n", "triage -o json");
    let json = triage(drifted).expect_code(2).json();
    assert_eq!(json["diagnosis"]["section"], "4.1");
    assert!(json["diagnosis"]["matched_on"][0].as_str().expect("words").contains("NODE_ENV"));
    assert_eq!(json["data"]["areas"][4]["next"], "cliplyctl env check");
}

#[test]
fn triage_outside_a_checkout_omits_the_environment() {
    let json = triage(Cli::new(["triage", "-o", "json"])).expect_code(0).json();
    assert_eq!(json["data"]["areas"].as_array().expect("steps").len(), 5);
}

#[test]
fn unreadable_schema_is_unknown_in_triage() {
    let broken = Cli::new(["triage", "-o", "json"]).file(SCHEMA, "export const EnvSchema = z.obj(");
    let json = triage(broken).expect_code(3).json();
    assert_eq!(json["data"]["areas"][4]["status"], "unknown");
}

#[test]
fn invalid_dotenv_does_not_stop_env_commands() {
    let dotenv = "DATABASE_URL=postgresql://app:pa$word@db.example/app\n";
    let template = "DATABASE_URL=\nNODE_ENV=\n";
    let run = |args: &str| project(PROPERTIES, template, args).file(".env", dotenv).run();
    run("env check").expect_code(0);
    run("env explain NODE_ENV").expect_code(0);
    let refused = run("queue").expect_code(78);
    assert!(refused.stderr.contains(".env:1"), "{}", refused.stderr);
}
