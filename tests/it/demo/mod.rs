//! Tests of `demo`: every scenario, its end, and the error of `-c demo` without a running demo.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::cli::{Cli, Output, Running};
use crate::support::wait_until;

/// A running demo and the state directory with its context file.
pub struct Demo {
    state: TempDir,
    running: Option<Running>,
}

impl Demo {
    /// Starts the incident scenario and waits for its context file.
    pub fn start() -> Demo {
        Demo::with_scenario("incident")
    }

    /// Starts a scenario and waits for its context file.
    pub fn with_scenario(scenario: &str) -> Demo {
        let state = tempfile::tempdir().unwrap();
        let mut cli =
            command(&["demo", "--scenario", scenario]).env("XDG_STATE_HOME", state.path());
        let running = Some(cli.start());
        let demo = Demo { state, running };
        wait_until("the demo is announced", || demo.announcement().exists());
        demo
    }

    /// Runs a command against the demo, as from a second terminal.
    pub fn run(&self, words: &[String]) -> Output {
        let args = ["-c".to_owned(), "demo".to_owned()].into_iter().chain(words.iter().cloned());
        Cli::new(args).env("XDG_STATE_HOME", self.state.path()).run()
    }

    /// Returns the state directory (`XDG_STATE_HOME`) with the context file.
    pub fn state(&self) -> &Path {
        self.state.path()
    }

    fn announcement(&self) -> PathBuf {
        self.state.path().join("cliplyctl/demo.toml")
    }

    /// Returns the directory of the demo's files.
    pub fn directory(&self) -> PathBuf {
        let text = std::fs::read_to_string(self.announcement()).unwrap();
        let url = text.split('"').find(|part| part.ends_with("/url")).unwrap();
        Path::new(url).parent().unwrap().to_owned()
    }

    fn end(&mut self, signal: &str) -> Output {
        let running = self.running.take().unwrap();
        running.signal(signal);
        running.finish()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if self.running.is_some() {
            self.end("INT");
        }
    }
}

fn command(args: &[&str]) -> Cli {
    with_server_programs(Cli::new(args))
}

/// Sets the variable with the directory of the server programs.
pub fn with_server_programs(cli: Cli) -> Cli {
    match std::env::var_os("CLIPLYCTL_PG_BIN") {
        Some(bin) => cli.env("CLIPLYCTL_PG_BIN", bin),
        None => cli,
    }
}

fn exec(scenario: &str, line: &str) -> Output {
    command(&["-o", "json", "demo", "--scenario", scenario, "--exec", line]).run()
}

#[test]
fn audit_of_the_incident_finds_only_the_debug_policy() {
    let healthy = exec("healthy", "rls audit").expect_code(0);
    assert!(healthy.stdout.starts_with("OK  access matches the contract"), "{healthy:#?}");
    assert!(healthy.stdout.lines().count() < 12, "{healthy:#?}");
    let report = exec("incident", "-o json rls audit").expect_code(2).json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(findings[0]["message"].as_str().unwrap().contains("jobs_debug_read"));
}

#[test]
fn healthy_scenario_exits_0() {
    let report = exec("healthy", "-o json triage").expect_code(0).json();
    assert_eq!(report["status"], "ok", "{report:#}");
}

#[test]
fn each_scenario_leads_to_its_section() {
    let expected = [("incident", "3.3"), ("app-down", "3.1"), ("stuck-jobs", "3.3")];
    for (scenario, section) in expected {
        let report = exec(scenario, "-o json triage").expect_code(2).json();
        assert_eq!(report["diagnosis"]["section"], section, "{scenario}: {report:#}");
    }
    let report = exec("dead-letters", "-o json triage").expect_code(1).json();
    assert_eq!(report["diagnosis"]["section"], "3.4", "{report:#}");
}

#[test]
fn app_down_still_reports_queue_and_access() {
    let report = exec("app-down", "triage").expect_code(2).stdout;
    let line = |start: &str| report.lines().find(|line| line.starts_with(start)).unwrap_or("");
    assert!(line("Readiness").contains("SKIPPED"), "{report}");
    assert!(line("Queue").contains(" OK "), "{report}");
    assert!(line("Queue").contains("blocked by app.up"), "{report}");
    assert!(line("Access").contains(" OK "), "{report}");
    assert!(report.contains("  cliplyctl -c demo runbook 3.1"), "{report}");
    let healthy = exec("healthy", "triage").expect_code(0).stdout;
    assert!(healthy.contains("no access violations on 6 tables"), "{healthy}");
    assert!(!healthy.contains("Next steps"), "{healthy}");
}

#[test]
fn canary_stops_and_passes_after_the_fix() {
    let demo = Demo::with_scenario("dead-letters");
    let requeue =
        ["-o", "json", "dlq", "requeue", "--yes", "--kind", "PUBLISH_TIKTOK", "--reason", "x"];
    let run = |args: &[&str]| {
        let words: Vec<_> = requeue.iter().chain(args).map(|word| (*word).to_owned()).collect();
        demo.run(&words)
    };
    let stopped = run(&["--canary"]).expect_code(2).json();
    let not_requeued = stopped["data"]["outcome"]["not_written"].as_u64().unwrap();
    assert!(not_requeued > 0, "{stopped:#}");
    let mut fix = command(&["demo", "--fix", "PUBLISH_TIKTOK"]).env("XDG_STATE_HOME", demo.state());
    fix.run().expect_code(0);
    let through = run(&["--ramp", "1,all"]).expect_code(0).json();
    assert!(through["data"]["outcome"]["written"].as_u64() >= Some(not_requeued), "{through:#}");
    command(&["demo", "--fix", "PUBLISH_TIKTOK"]).run().expect_code(78);
}

#[test]
fn exec_splits_words_like_a_shell_and_returns_the_exit_code() {
    let output = exec("healthy", "cliplyctl dlq list --kind 'NO SUCH'").expect_code(64);
    assert!(output.stderr.contains("NO SUCH"), "{output:?}");
    let output = exec("healthy", "dlq list --kind 'open").expect_code(64);
    assert!(output.stderr.contains("--exec"), "{output:?}");
}

#[test]
fn unknown_scenario_lists_the_known_ones() {
    let output = Cli::new(["demo", "--scenario", "quiet"]).run().expect_code(64);
    assert!(output.stderr.contains("stuck-jobs"), "{output:?}");
    let output = Cli::new(["demo", "--list-scenarios"]).run().expect_code(0);
    assert!(output.stdout.contains("stuck-jobs"), "{output:?}");
}

#[test]
fn demo_context_without_a_running_demo_is_an_error() {
    let output = Cli::new(["-c", "demo", "queue"]).run().expect_code(78);
    assert!(output.stderr.contains("no demo is running"), "{output:?}");
}

#[test]
fn interrupted_demo_leaves_no_files() {
    let mut demo = Demo::start();
    let directory = demo.directory();
    let plan = ["dlq", "requeue", "--kind", "THUMBNAIL_GEN", "--dry-run"].map(str::to_owned);
    demo.run(&plan).expect_code(0);
    let records = std::fs::read_dir(directory.join("state/cliplyctl/plans")).unwrap();
    assert_eq!(records.count(), 2, "the plan, and a file that holds the place");
    // The source tree of the demo is found from any directory.
    let answer = demo.run(&["env", "check"].map(str::to_owned)).expect_code(2);
    assert!(answer.stdout.contains("SUPABASE_SERVICE_ROLE_KEY"), "{answer:?}");
    assert!(answer.stdout.contains("\nin /"), "{answer:?}");
    // A second demo does not replace the context of the first.
    let second = command(&["demo"]).env("XDG_STATE_HOME", demo.state()).run().expect_code(64);
    assert!(second.stderr.contains("a demo is already running"), "{second:?}");
    let output = demo.end("INT");
    assert_eq!(output.code, 0, "{output:#?}");
    assert!(output.stderr.contains("stopping the demo"), "{output:#?}");
    assert!(!directory.exists());
    assert!(!demo.state().join("cliplyctl").exists());
}

#[test]
fn killed_demo_leaves_no_server_and_is_recognized_later() {
    let mut demo = Demo::start();
    let directory = demo.directory();
    // Plan files, even if root writes them, do not prevent the supervisor from removing the directory.
    demo.run(&["dlq", "requeue", "--all", "--dry-run"].map(str::to_owned)).expect_code(0);
    demo.end("KILL");
    wait_until("the server's directory is gone", || !directory.exists());
    let output = demo.run(&["queue".into()]).expect_code(78);
    assert!(output.stderr.contains("belongs to a demo that was killed"), "{output:?}");
}

#[test]
fn job_is_shown_with_redacted_secrets() {
    let output = exec("incident", "jobs show 00000000-0000-4000-8000-000000000331").expect_code(0);
    assert!(output.stdout.contains("Stuck: no heartbeat from worker-c"), "{output:?}");
    assert!(output.stdout.contains("[redacted]") && !output.stdout.contains("up-secret"));
    exec("incident", "jobs show 12").expect_code(64);
    exec("incident", "jobs show 00000000-0000-4000-8000-999999999999").expect_code(3);
}
