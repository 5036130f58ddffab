//! Tests of several contexts in one command: `-c a,b` and `--all-contexts`.

mod connections;
mod refusals;

use serde_json::Value;

use crate::support::cli::{Cli, Output};
use crate::support::http::{Response, SendMode, Stub};
use crate::support::postgres::Database;
use crate::support::readiness::response;

const UP: &str = r#"{"ok":true,"service":"api"}"#;
const FAILING: &str = r#"{"ok":false}"#;

fn app(health: Response) -> Stub {
    Stub::start([("/api/healthz", health), ("/api/readyz", response("canonical_ok"))])
}

fn healthy_app() -> Stub {
    app(Response::json(200, UP))
}

fn unresponsive_app() -> Stub {
    app(Response::with_mode(SendMode::NoResponse))
}

/// Returns a configuration with one context for each of these apps.
fn config(apps: &[(&str, &Stub)]) -> String {
    let table = |(name, stub): &(&str, &Stub)| {
        format!("[context.{name}]\nbase_url = \"{}\"\n\n", stub.url())
    };
    apps.iter().map(table).collect()
}

fn run(words: &str, config: &str) -> Output {
    Cli::new(words.split_whitespace()).file("cliplyctl.toml", config).run()
}

/// Returns name and status of each context in report order.
fn statuses(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let contexts = report["contexts"].as_array().expect("contexts");
    contexts.iter().map(|one| (text(&one["context"]["name"]), text(&one["status"]))).collect()
}

#[test]
fn each_context_has_a_line_and_the_worst_sets_the_exit_code() {
    let (eu, us, ap) = (healthy_app(), app(Response::json(200, FAILING)), healthy_app());
    let config = config(&[("eu", &eu), ("us", &us), ("ap", &ap)]);
    let output = run("health -c eu,us,ap", &config).expect_code(2);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[0], "CRITICAL  3 contexts: 1 critical (us)");
    let row =
        |name: &str| lines.iter().position(|line| line.split_whitespace().nth(1) == Some(name));
    assert!(row("us") < row("eu") && row("eu") < row("ap"), "the worst first: {}", output.stdout);
    assert!(output.stdout.contains("cliplyctl -c us health"), "{}", output.stdout);

    // Without the failing context, all are healthy.
    let output = run("health -c eu,ap", &config).expect_code(0);
    assert!(output.stdout.starts_with("OK  2 contexts: all OK"), "{}", output.stdout);
}

#[test]
fn json_contains_the_full_report_of_each_context() {
    let (eu, us) = (healthy_app(), app(Response::json(200, FAILING)));
    let config =
        format!("{}[context.bare]\nread_only = true\n", config(&[("eu", &eu), ("us", &us)]));
    let report = run("health --all-contexts -o json", &config).expect_code(2).json();
    let expected = [("us", "critical"), ("bare", "error"), ("eu", "ok")];
    assert_eq!(
        statuses(&report),
        expected.map(|(name, status)| (name.to_owned(), status.to_owned()))
    );
    assert_eq!(report["summary"]["unknown"], 1, "a context without an app was not seen");
    assert_eq!(report["contexts"][0]["checks"][0]["id"], "app.up");
    assert_eq!(report["contexts"][0]["exit_code"], 2);
    assert!(report["contexts"][1]["errors"][0]["message"].as_str().unwrap().contains("base URL"));

    let schema: Value = Cli::new(["schema"]).run().expect_code(0).json();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let alone = run("health -c eu -o json", &config).expect_code(0).json();
    assert!(alone.get("contexts").is_none(), "one context is reported as ever");
}

#[test]
fn hanging_context_does_not_delay_the_others() {
    let (eu, us, ap) = (unresponsive_app(), healthy_app(), app(Response::json(200, FAILING)));
    let config = config(&[("eu", &eu), ("us", &us), ("ap", &ap)]);
    let output = run("health -c eu,us,ap --timeout 1s -o ndjson", &config).expect_code(2);
    let lines: Vec<Value> =
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let heads: Vec<_> = lines.iter().filter(|line| line["line"] == "head").collect();
    assert_eq!(heads.len(), 3);
    assert_eq!(heads[2]["context"]["name"], "eu", "the mute one comes last: {}", output.stdout);
    let sum = lines.last().unwrap();
    assert_eq!((&sum["line"], &sum["summary"]["contexts"]), (&"fleet".into(), &3.into()));
}

#[test]
fn terminal_shows_each_context_as_it_completes() {
    let (eu, us) = (unresponsive_app(), app(Response::json(200, FAILING)));
    let config = config(&[("eu", &eu), ("us", &us)]);
    let words = ["health", "-c", "eu,us", "--timeout", "1m"];
    let mut terminal = Cli::new(words).file("cliplyctl.toml", config).terminal(24, 100);
    terminal.wait_for("us  CRITICAL");
    terminal.type_text("\u{3}");
    terminal.wait_for("2 contexts: 1 critical (us), 1 unknown (eu)");
    assert_eq!(terminal.finish(), 130);
}

#[test]
fn queues_of_all_contexts_are_in_one_table() {
    let (one, two) =
        (Database::from_fixture("main_healthy"), Database::from_fixture("main_typical"));
    let config = "[context.eu]\ndatabase_url_env = \"EU_URL\"\n[context.us]\ndatabase_url_env = \"US_URL\"\n";
    let output = Cli::new(["queue", "-c", "eu,us"])
        .file("cliplyctl.toml", config)
        .env("EU_URL", one.url())
        .env("US_URL", two.url())
        .run()
        .expect_code(2);
    let row = |name: &str| {
        let line = output.stdout.lines().find(|line| line.split_whitespace().nth(1) == Some(name));
        line.unwrap().split_whitespace().skip(2).take(6).collect::<Vec<_>>().join(" ")
    };
    assert!(
        output.stdout.contains("QUEUED  DUE  CLAIMED  RUNNING  STUCK  DEAD"),
        "{}",
        output.stdout
    );
    assert_eq!((row("eu"), row("us")), ("2 2 1 1 0 0".to_owned(), "16 12 6 3 3 26".to_owned()));
}

#[test]
fn line_names_unread_sources_and_a_complete_command() {
    let failing = app(Response::json(200, FAILING));
    let config = format!(
        "[context.eu]\nbase_url = \"{}\"\ndatabase_url = \"postgres://u@127.0.0.1:1/app\"\n",
        failing.url()
    );
    let words = ["--config", "my ops.toml", "--all-contexts", "triage"];
    let output = Cli::new(words).file("my ops.toml", config).run().expect_code(2);
    let stdout = &output.stdout;
    assert!(
        stdout.contains("; unknown: database: cannot connect to 127.0.0.1:1: connection refused"),
        "{stdout}"
    );
    assert!(stdout.contains("cliplyctl --config 'my ops.toml' -c eu triage"), "{stdout}");
}

#[test]
fn every_format_distinguishes_the_contexts() {
    let (eu, us) = (healthy_app(), app(Response::json(200, FAILING)));
    let config = config(&[("eu", &eu), ("us", &us)]);
    let text =
        |format: &str| run(&format!("triage -c eu,us -o {format}"), &config).expect_code(2).stdout;
    let xml = text("junit");
    assert!(
        xml.contains("\"cliplyctl triage (eu)\"") && xml.contains("\"cliplyctl triage (us)\""),
        "{xml}"
    );
    assert_eq!(xml.matches("<testsuites ").count(), 1);
    let metrics = text("prometheus");
    assert_eq!(metrics.matches("# HELP cliplyctl_status ").count(), 1, "{metrics}");
    assert!(metrics.contains("cliplyctl_status{command=\"triage\",context=\"us\"} 2"), "{metrics}");
    let sarif: Value = serde_json::from_str(&text("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "cliplyctl/triage/us/");
    assert_eq!(sarif["runs"].as_array().unwrap().len(), 2);
    let nagios = text("nagios");
    assert!(nagios.starts_with("TRIAGE CRITICAL: 2 contexts: 1 critical (us)"), "{nagios}");
    assert!(nagios.contains("'eu/app.up'=") && nagios.contains("\nCRITICAL us/app.up"), "{nagios}");
    assert!(text("github").contains("title=app.up::us: "));
    assert_eq!(text("short").lines().count(), 1);
    assert!(text("markdown").contains("| **CRITICAL** | us |"));
}
