//! Tests of `docs/playbooks/*.sh`: each script runs to its end against the demo and prints its result.

use std::path::PathBuf;

use crate::demo::Demo;
use crate::requeue::{count, insert_dead_letters};
use crate::support::cli::{BINARY, Cli, Output};
use crate::support::postgres::Database;

/// Runs a script with these arguments and variables.
fn run_playbook(demo: &Demo, name: &str, words: &[&str], variables: &[(&str, &str)]) -> Output {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "docs", "playbooks", name].iter().collect();
    let words: Vec<_> =
        std::iter::once(script.to_str().unwrap()).chain(words.iter().copied()).collect();
    let mut cli = Cli::program("sh", words).env("CLIPLYCTL", BINARY);
    cli = cli.env("XDG_STATE_HOME", demo.state());
    for (name, value) in variables {
        cli = cli.env(name, value);
    }
    cli.run()
}

const DEMO: [&str; 2] = ["-c", "demo"];

#[test]
fn each_playbook_ends_with_the_incident_status() {
    let demo = Demo::start();
    for (name, code, expected) in [
        ("readyz-red.sh", 1, "3.2"),
        ("backlog.sh", 2, "jobs"),
        ("access.sh", 2, "jobs_debug_read"),
        ("dlq-growth.sh", 0, "Nothing was written"),
    ] {
        let output = run_playbook(&demo, name, &DEMO, &[]).expect_code(code);
        assert!(output.stdout.contains(expected), "{name}: {}", output.stdout);
    }
    // A wrong context is an error, not a result.
    for name in ["readyz-red.sh", "backlog.sh", "access.sh", "dlq-growth.sh"] {
        let output = run_playbook(&demo, name, &["-c", "nowhere"], &[]);
        assert_eq!(output.code, 64, "{name}: {output:?}");
    }
}

#[test]
fn canary_playbook_reports_that_the_cause_remains() {
    let demo = Demo::with_scenario("dead-letters");
    let output = run_playbook(
        &demo,
        "dlq-growth.sh",
        &DEMO,
        &[("APPLY", "1"), ("REASON", "test"), ("WAIT", "60s")],
    );
    // The cause was not fixed.
    assert!(output.expect_code(2).stdout.contains("the remaining jobs were not requeued"));
}

#[test]
fn canary_playbook_passes_over_acknowledged_groups() {
    let db = Database::from_fixture("main_typical");
    let script: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "docs/playbooks/dlq-growth.sh"].iter().collect();
    let json = Cli::new(["dlq", "groups", "-o", "json"]).env("DATABASE_URL", db.url()).run().json();
    let groups = json["data"]["groups"].as_array().unwrap();
    let run = |acknowledged: &str| {
        let cli = Cli::program("sh", [&script]).env("CLIPLYCTL", BINARY);
        let mut cli = cli.env("DATABASE_URL", db.url()).file("cliplyctl.toml", acknowledged);
        cli.run().expect_code(0).stdout
    };
    let mut acknowledged = String::new();
    for group in groups {
        let id = group["group"].as_str().unwrap();
        let stdout = run(&acknowledged);
        assert!(stdout.contains(&format!("== Plan of a canary for group {id}")), "{stdout}");
        acknowledged += &format!(
            "[[acknowledged]]\ngroup = '{id}'\nowner = 'ann'\nreason = 'vendor'\nexpires = 2999-12-31\n\
             max_jobs = {}\n",
            group["count"]
        );
    }
    let stdout = run(&acknowledged);
    assert!(stdout.contains("== No dead letters, or all of them are acknowledged"), "{stdout}");
}

#[test]
fn canary_playbook_reports_a_missing_outcome() {
    for (jobs, code) in [(3, 75), (1, 3)] {
        let db = Database::with_variant("main");
        insert_dead_letters(&db, jobs);
        let script: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "docs/playbooks/dlq-growth.sh"].iter().collect();
        let cli =
            Cli::program("sh", [script]).env("CLIPLYCTL", BINARY).env("DATABASE_URL", db.url());
        // No worker runs.
        let output = cli.env("APPLY", "1").env("WAIT", "1s").run().expect_code(code);
        assert!(output.stdout.contains("== No outcome in time"), "{jobs}: {output:#?}");
        assert_eq!(count(&db, "queued"), "1", "{jobs}: {output:#?}");
    }
}

#[test]
fn env_drift_playbook_finds_the_demo_drift() {
    let demo = Demo::start();
    let project = demo.directory().join("project");
    let script: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "docs/playbooks/env-drift.sh"].iter().collect();
    let line = format!("cd '{}' && exec sh '{}'", project.display(), script.display());
    let output = Cli::program("sh", ["-c", &line]).env("CLIPLYCTL", BINARY).run().expect_code(2);
    assert!(output.stdout.contains("CRITICAL env check"), "{}", output.stdout);
}
