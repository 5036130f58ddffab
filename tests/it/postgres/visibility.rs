//! Tests that invisible rows are UNKNOWN, never empty or OK.

use std::net::TcpListener;

use super::status;
use crate::support::cli::Cli;
use crate::support::fixtures::{BLIND, NO_GRANT};
use crate::support::http::refused_url;
use crate::support::postgres::Database;

const READERS: [&[&str]; 2] = [&["queue"], &["dlq", "list"]];

#[test]
fn role_without_grants_exits_3_with_sqlstate_42501() {
    let database = Database::from_fixture("main_typical");
    for args in READERS {
        let output =
            Cli::new(args).env("DATABASE_URL", database.url_as(NO_GRANT)).run().expect_code(3);
        assert!(output.stderr.contains("42501"), "{}", output.stderr);
        assert!(output.stderr.contains("runbook 4.2"), "{}", output.stderr);
    }
}

#[test]
fn role_bound_by_rls_is_unknown_instead_of_empty() {
    let database = Database::from_fixture("main_typical");
    for args in READERS {
        let output =
            Cli::new(args).env("DATABASE_URL", database.url_as(BLIND)).run().expect_code(3);
        assert!(output.stderr.contains("row-level security"), "{}", output.stderr);
    }
    let output =
        Cli::new(["triage", "-o", "json"]).env("DATABASE_URL", database.url_as(BLIND)).run();
    let json = output.expect_code(3).json();
    assert_eq!(status(&json, "access.jobs"), "unknown");
    assert_eq!(status(&json, "dlq.size"), "skipped");
}

#[test]
fn missing_or_unknown_table_is_an_error() {
    let database = Database::blank();
    let run = || Cli::new(["queue"]).env("DATABASE_URL", database.url()).run().expect_code(3);
    assert!(run().stderr.contains("no table public.jobs"));
    database.execute("create table jobs (id uuid, phase text)");
    let stderr = run().stderr;
    assert!(stderr.contains("expected") && stderr.contains("phase"), "{stderr}");
}

#[test]
fn unreachable_server_is_unknown_within_the_timeout() {
    let refused = refused_url().replace("http://", "postgresql://postgres@") + "/app";
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mute_url = format!("postgresql://postgres@127.0.0.1:{port}/app");
    for (url, cause) in [(refused, "refused"), (mute_url, "did not")] {
        for args in READERS {
            let args = [args, &["--timeout", "1s"]].concat();
            let mut cli = Cli::new(args).env("DATABASE_URL", &url).env("PGSSLMODE", "disable");
            let output = cli.run().expect_code(3);
            assert!(output.stderr.contains(cause), "{cause}: {}", output.stderr);
        }
    }
}

#[test]
fn failure_is_a_single_json_document() {
    let database = Database::blank();
    let output = Cli::new(["queue", "-o", "json"]).env("DATABASE_URL", database.url()).run();
    let json = output.expect_code(3).json();
    assert_eq!(json["status"], "unknown");
    assert_eq!(json["exit_code"], 3);
    assert_eq!(json["errors"][0]["kind"], "not_found");
}
