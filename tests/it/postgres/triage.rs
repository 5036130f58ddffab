//! Tests of `triage` with a real database and HTTP server.

use super::status;
use crate::support::cli::{Cli, Output};
use crate::support::fixtures::VARIANTS;
use crate::support::http::{Response, Stub, refused_url};
use crate::support::postgres::Database;
use crate::support::readiness;

fn app(readyz: &str) -> Stub {
    Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response(readyz)),
    ])
}

fn triage(args: &[&str], base_url: &str, database: &Database) -> Output {
    Cli::new(args).env("CLIPLY_BASE_URL", base_url).env("DATABASE_URL", database.url()).run()
}

#[test]
fn healthy_system_exits_0_in_every_variant() {
    let stub = app("canonical_ok");
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_healthy"));
        let output = triage(&["triage"], &stub.url(), &database).expect_code(0);
        assert!(output.stdout.starts_with("OK  "), "{variant}: {}", output.stdout);
    }
}

#[test]
fn backlog_is_reported_with_values_and_next_command() {
    let stub = app("canonical_ok");
    let database = Database::from_fixture("main_typical");
    let json = triage(&["triage", "-o", "json"], &stub.url(), &database).expect_code(2).json();
    assert_eq!(json["diagnosis"]["section"], "3.3");
    assert_eq!(json["diagnosis"]["ruled_out"][0]["section"], "3.1");
    assert_eq!(json["data"]["areas"][2]["next"], "cliplyctl queue");
    let oldest = json["checks"].as_array().expect("checks").iter();
    let oldest = oldest.clone().find(|c| c["id"] == "queue.oldest_due").expect("the check");
    assert_eq!(oldest["observed"]["unit"], "s");
    assert_eq!(oldest["observed"]["source"], "public.jobs");
}

#[test]
fn app_down_comes_first_and_blocks_only_readiness() {
    let database = Database::from_fixture("main_typical");
    let output = triage(&["triage", "-o", "json"], &refused_url(), &database).expect_code(2);
    let json = output.json();
    assert_eq!(json["diagnosis"]["section"], "3.1");
    assert_eq!(status(&json, "ready.ok"), "skipped");
    assert_eq!(status(&json, "queue.oldest_due"), "critical");
}

#[test]
fn malformed_readiness_report_is_never_ok() {
    let database = Database::from_fixture("main_healthy");
    let formats = ["html_200", "empty", "truncated", "wrong_type_array", "wrong_type_null"];
    for format in formats {
        let output = triage(&["triage"], &app(format).url(), &database);
        assert_ne!(output.code, 0, "{format}: {}", output.stdout);
    }
}

#[test]
fn missing_or_invalid_configuration_is_unknown_and_exits_78() {
    let output = Cli::new(["triage"]).run().expect_code(78);
    assert!(output.stdout.starts_with("UNKNOWN"), "{}", output.stdout);
    // An invalid URL is an error, not a missing setting; one has a hint.
    for url in ["localhost:3000", "http//app"] {
        let stdout = Cli::new(["triage"]).env("CLIPLY_BASE_URL", url).run().expect_code(78).stdout;
        assert!(stdout.starts_with("UNKNOWN  the configuration is invalid"), "{url}: {stdout}");
    }
    // Monitoring plugins may only exit with 0 to 3.
    Cli::new(["triage", "-o", "nagios"]).run().expect_code(3);
    assert!(output.stdout.contains("cliplyctl config show"), "{}", output.stdout);
}

#[test]
fn unready_app_does_not_hide_the_database_error() {
    let stub = app("canonical_worker_red");
    let url = refused_url().replace("http://", "postgresql://postgres@") + "/app";
    let cli = Cli::new(["triage"]).env("CLIPLY_BASE_URL", stub.url());
    let stdout = cli.env("DATABASE_URL", url).run().expect_code(2).stdout;
    assert!(stdout.contains("cannot read the database: "), "{stdout}");
    let next = stdout.lines().find(|line| line.contains("cliplyctl config check")).unwrap_or("");
    assert!(next.ends_with("test the database settings"), "{stdout}");
}

#[test]
fn unreachable_database_is_unknown_if_the_app_is_healthy() {
    let stub = app("canonical_ok");
    let url = refused_url().replace("http://", "postgresql://postgres@") + "/app";
    let cli = Cli::new(["triage"]).env("CLIPLY_BASE_URL", stub.url());
    cli.env("DATABASE_URL", url).run().expect_code(3);
}

#[test]
fn suggested_commands_name_the_context() {
    let database = Database::from_fixture("main_typical");
    let config =
        "[context.prod]\nbase_url = \"http://127.0.0.1:1\"\ndatabase_url_env = \"PROD_DB\"\n";
    let output = Cli::new(["triage", "-c", "prod"])
        .file("cliplyctl.toml", config)
        .env("PROD_DB", database.url())
        .run()
        .expect_code(2);
    assert!(output.stdout.contains("cliplyctl -c prod queue"), "{}", output.stdout);
}

#[test]
fn slow_app_does_not_delay_triage_beyond_the_timeout() {
    let stub = Stub::start([
        ("/api/healthz", Response::with_mode(crate::support::http::SendMode::NoResponse)),
        ("/api/readyz", Response::with_mode(crate::support::http::SendMode::NoResponse)),
    ]);
    let database = Database::from_fixture("main_healthy");
    let output = triage(&["triage", "--timeout", "1s", "-o", "json"], &stub.url(), &database);
    let json = output.expect_code(2).json();
    assert_eq!(status(&json, "app.up"), "critical");
    assert_eq!(status(&json, "queue.backlog"), "ok");
}

#[test]
fn dead_letters_are_unknown_beside_jobs_whose_state_or_retry_is_not_known() {
    let stub = app("canonical_ok");
    let area = |database: &Database| {
        let json = triage(&["triage", "-o", "json"], &stub.url(), database).json();
        let areas = json["data"]["areas"].as_array().unwrap().clone();
        areas.iter().find(|area| area["area"] == "dead letters?").unwrap()["status"].clone()
    };
    for (states, state, expected) in [
        ("'snoozed'", "snoozed", "unknown"),
        ("'failed'", "failed", "unknown"),
        ("'dead'", "dead", "warning"),
        ("'canceled'", "canceled", "ok"),
    ] {
        let database = Database::blank();
        database.execute(&format!(
            "create table jobs(
               id bigint primary key generated always as identity, kind text not null default 'X',
               status text not null default 'queued' check (status in ('queued', 'running', 'completed', {states})),
               run_after timestamptz not null default now(), locked_at timestamptz, locked_by text, last_error text,
               created_at timestamptz not null default now(), updated_at timestamptz not null default now());
             insert into jobs(status) values ('completed')"
        ));
        assert_eq!(area(&database), "ok", "{state}: no such job");
        database.execute(&format!(
            "insert into jobs(status) select '{state}' from generate_series(1, 40)"
        ));
        assert_eq!(area(&database), expected, "{state}");
    }
}
