//! Tests of `triage` with invalid responses of the app and a healthy database. None is OK, each is named,
//! and the results from the database are still reported.

use std::thread;

use serde_json::Value;

use super::triage;
use crate::postgres::status;
use crate::service::hostile::{Case, cases};
use crate::service::tls::unknown_authority;
use crate::support::http::refused_url;
use crate::support::postgres::Database;

/// Runs `triage` and asserts what all cases have in common. Returns the exit code and the healthz finding.
fn run(name: &str, url: &str, database: &Database) -> (i32, String) {
    let output = triage("--timeout 4s -o json", url, database).run();
    let (code, json) = (output.code, output.json());
    assert!(matches!(code, 2 | 3), "{name}: {code}");
    assert_eq!(json["diagnosis"]["section"], "3.1", "{name}: {json:#}");
    assert!(json["diagnosis"]["next"].is_string(), "{name}: {json:#}");
    assert_eq!(status(&json, "queue.oldest_due"), "ok", "{name}");
    let up = json["checks"].as_array().and_then(|checks| checks.first()).expect("a check");
    assert_eq!(up["id"], "app.up");
    (code, text(&up["message"]))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn hostile_answers_are_never_ok_in_triage() {
    let database = Database::from_fixture("main_healthy");
    let check = |case: Case| {
        let stub = case.stub();
        let (code, message) = run(case.name, &stub.url(), &database);
        let expected_code = if case.health == cliplyctl::facts::Status::Critical { 2 } else { 3 };
        assert_eq!(code, expected_code, "{}: {message}", case.name);
        let cause = case.message_part.split(", ").next().unwrap_or_default();
        // How often a request is repeated within this time depends on the machine.
        let cause = cause.split("(after ").next().unwrap_or_default();
        assert!(message.contains(cause), "{}: {message}", case.name);
    };
    // A few at a time, because some of them use the whole timeout.
    let mut cases = cases();
    while !cases.is_empty() {
        let some = cases.split_off(cases.len().saturating_sub(8));
        thread::scope(|scope| {
            for case in some {
                scope.spawn(|| check(case));
            }
        });
    }
}

#[test]
fn unreachable_app_is_reported_with_its_cause() {
    let database = Database::from_fixture("main_healthy");
    for (url, cause) in [
        (refused_url(), "connection refused"),
        ("http://no-such-host.invalid".to_owned(), "cannot resolve"),
        (format!("https://localhost:{}", unknown_authority()), "issued by an unknown CA"),
    ] {
        let (code, message) = run(cause, &url, &database);
        assert_eq!(code, 2, "{message}");
        assert!(message.contains(cause), "{message}");
    }
}
