//! Tests of `--save` and `--from`: evaluated elsewhere, later, with other thresholds.

use std::os::unix::fs::PermissionsExt as _;

use super::{app, triage};
use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// Returns the saved file and the output of the command that saved it.
fn saved() -> (String, Output) {
    let stub = app("canonical_worker_red");
    let database = Database::from_fixture("main_typical");
    let mut cli = triage("--save seen.json -o json", &stub.url(), &database);
    let output = cli.run();
    let path = cli.home().join("seen.json");
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    (std::fs::read_to_string(path).unwrap(), output)
}

fn triage_from_file(saved: &str) -> Cli {
    Cli::new(["triage", "--from", "seen.json", "-o", "json"]).file("seen.json", saved)
}

#[test]
fn saved_triage_gives_the_same_result_without_sources() {
    let (file, saved_report) = saved();
    let new_report = triage_from_file(&file).run().expect_code(saved_report.code);
    let (saved_report, new_report) = (saved_report.json(), new_report.json());
    for part in [
        "status",
        "checks",
        "summary",
        "exit_code",
        "findings",
        "diagnosis",
        "data",
        "context",
        "started_at",
    ] {
        assert!(!saved_report[part].is_null(), "{part}");
        assert_eq!(new_report[part], saved_report[part], "{part}");
    }
    let not_examined = |report: &serde_json::Value| -> Vec<(String, String)> {
        let list = report["coverage"]["not_examined"].as_array().unwrap().clone();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        list.iter().map(|entry| (text(&entry["subject"]), text(&entry["reason"]))).collect()
    };
    let (mut before, after) = (not_examined(&saved_report), not_examined(&new_report));
    for (subject, reason) in &mut before {
        if subject == "environment" {
            *reason = "not part of a saved triage".to_owned();
        }
    }
    assert_eq!(after, before);
    assert_eq!(new_report["coverage"]["examined"], saved_report["coverage"]["examined"]);
    let shown = Cli::new(["triage", "--from", "seen.json"]).file("seen.json", &file).run();
    assert!(shown.stdout.contains("Saved triage of "), "{}", shown.stdout);
    // In one-line formats as well.
    for format in ["short", "nagios"] {
        let args = ["triage", "--from", "seen.json", "-o", format];
        let line = Cli::new(args).file("seen.json", &file).run().stdout;
        assert!(line.contains("(saved ") && line.contains(" ago)"), "{line}");
    }
}

#[test]
fn saved_triage_is_evaluated_with_the_current_thresholds() {
    let (file, saved_report) = saved();
    let config = "[context.later.thresholds]\ndead = { warning = 100000, critical = 200000 }\n";
    let args = ["triage", "--from", "seen.json", "-o", "json", "-c", "later"];
    let mut cli = Cli::new(args).file("seen.json", &file).file("cliplyctl.toml", config);
    let new_report = cli.run().json();
    let dead = |report: &serde_json::Value| {
        let all = report["checks"].as_array().unwrap().clone();
        let one = all.into_iter().find(|check| check["id"] == "dlq.size");
        one.expect("the check of the dead letters")["status"].clone()
    };
    assert_ne!(dead(&saved_report.json()), "ok");
    assert_eq!(dead(&new_report), "ok");
}

#[test]
fn saved_file_cannot_control_the_terminal() {
    let (file, _) = saved();
    let hostile_url = "https://evil.example/\u{1b}]0;owned\u{7}";
    let mut json: serde_json::Value = serde_json::from_str(&file).unwrap();
    json["from"]["runbook_url"] = hostile_url.into();
    json["from"]["database"] = hostile_url.into();
    json["facts"]["readiness"]["source"] = hostile_url.into();
    json["facts"]["readiness"]["result"]["Ok"]["errors"] = serde_json::json!([hostile_url]);
    let cli = Cli::new(["triage", "--from", "seen.json"]).file("seen.json", json.to_string());
    let mut terminal = cli.terminal(50, 160);
    terminal.finish();
    let raw = terminal.raw();
    assert!(raw.contains("evil.example"), "{raw:?}");
    assert!(!raw.contains("]8;;") && !raw.contains("\u{1b}]0;"), "{raw:?}");
}

#[test]
fn dash_saves_to_stdout_and_reads_stdin() {
    let (saved, _) = saved();
    let mut from_stdin = Cli::new(["triage", "--from", "-", "-o", "json"]).stdin(saved.as_str());
    let from_file = triage_from_file(&saved).run().json();
    assert_eq!(from_stdin.run().json()["checks"], from_file["checks"]);

    let url = "postgres://u@127.0.0.1:1/d";
    let mut cli = Cli::new(["triage", "--save", "-"]).env("DATABASE_URL", url);
    let output = cli.run().expect_code(3);
    assert!(!cli.home().join("-").exists());
    assert!(output.stderr.contains("AREA"), "the report: {output:?}");
    let saved = Cli::new(["triage", "--from", "-"]).stdin(output.stdout).run().expect_code(3);
    assert!(saved.stdout.contains("AREA") && saved.stdout.contains("saved"), "{saved:?}");
}

#[test]
fn invalid_saved_file_is_a_usage_error() {
    for (file, text) in [
        ("", "is not a saved triage"),
        ("{\"status\":\"ok\"}", "is not a saved triage"),
        ("{\"form\":1,\"version\":\"0.1.0\"}", "is not a saved triage"),
        ("{\"form\":99,\"version\":\"9.0.0\"}", "saved in another format by cliplyctl 9.0.0"),
    ] {
        let output = triage_from_file(file).run().expect_code(64);
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    let output = Cli::new(["triage", "--from", "nowhere.json"]).run().expect_code(64);
    assert!(output.stderr.contains("cannot read nowhere.json"), "{}", output.stderr);
}

#[test]
fn failed_save_still_shows_the_result_and_exits_78() {
    let stub = app("canonical_ok");
    let database = Database::from_fixture("main_healthy");
    let output = triage("--save no/such/place.json", &stub.url(), &database).run().expect_code(78);
    assert!(output.stdout.starts_with("OK"), "{}", output.stdout);
    assert!(output.stderr.contains("no/such/place.json"), "{}", output.stderr);
}

#[test]
fn commands_name_the_saved_context_if_its_name_is_valid() {
    let (file, _) = saved();
    let mut json: serde_json::Value = serde_json::from_str(&file).unwrap();
    for (name, expected) in [
        ("prod-eu", "cliplyctl -c prod-eu ready"),
        ("$(id)", "cliplyctl ready"),
        ("--help", "cliplyctl ready"),
    ] {
        json["from"]["context"] = name.into();
        let report = triage_from_file(&json.to_string()).run().json();
        let next = report["diagnosis"]["next"].as_str().map_or_else(
            || report["data"]["areas"].to_string() + &report["diagnosis"].to_string(),
            str::to_owned,
        );
        assert!(next.contains(expected), "{name}: {next}");
    }
    // A context with other thresholds does not change the system of the saved triage.
    json["from"]["context"] = "prod-eu".into();
    let config = "[context.later.thresholds]\ndead = { warning = 100000, critical = 200000 }\n";
    let args = ["triage", "--from", "seen.json", "-c", "later"];
    let cli = Cli::new(args).file("seen.json", json.to_string()).file("cliplyctl.toml", config);
    let shown = { cli }.run().stdout;
    assert!(shown.contains("cliplyctl -c prod-eu ") && !shown.contains("-c later"), "{shown}");
}
