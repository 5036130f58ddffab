//! The documents say what is: every command block runs, every list is complete.

use std::collections::BTreeSet;

use cliplyctl::checks::{access, environment, queue, service};
use cliplyctl::exit::EXIT_CODES;

use crate::demo::Demo;
use crate::support::cli::Cli;

const README: &str = include_str!("../../README.md");
const RUNBOOK: &str = include_str!("../../RUNBOOK.md");

/// The arguments of each `$ cliplyctl …` line of the console blocks.
fn commands(document: &str) -> Vec<Vec<String>> {
    let lines = document.lines().filter_map(|line| line.strip_prefix("$ cliplyctl "));
    lines.map(|line| shell_words::split(line).unwrap()).collect()
}

#[test]
fn every_command_of_the_documents_runs_against_the_demo() {
    let demo = Demo::start();
    for (name, document) in [("README", README), ("RUNBOOK", RUNBOOK)] {
        let commands = commands(document);
        assert!(commands.len() > 5, "{name} has lost its commands");
        for words in commands {
            let output = demo.run(&words);
            // 0–3: it answered; what it answers is the incident's affair.
            assert!((0..=3).contains(&output.code), "{name}: {words:?}: {output:#?}");
            assert!(!output.stdout.is_empty(), "{name}: {words:?}: {output:#?}");
        }
    }
}

#[test]
fn every_check_has_its_page_in_the_runbook() {
    let ids = queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS).map(|check| check.id);
    let ids = ids.chain(service::HEALTH.iter().map(|check| check.id));
    let ids = ids.chain(service::READINESS.iter().map(|check| check.id));
    let ids = ids.chain(access::ACCESS.iter().map(|check| check.id));
    let ids = ids.chain(environment::ALL.iter().map(|check| check.id));
    let code: BTreeSet<&str> = ids.collect();
    let headings = RUNBOOK.lines().filter_map(|line| line.strip_prefix("### `"));
    let pages: BTreeSet<&str> = headings.filter_map(|line| line.strip_suffix('`')).collect();
    assert_eq!(code, pages);
}

#[test]
fn the_tables_of_exit_codes_are_the_list() {
    for document in [README, RUNBOOK] {
        for (code, sentence) in EXIT_CODES {
            let row = format!("| {} | {sentence} |\n", code.code());
            assert!(document.contains(&row), "missing: {row}");
        }
    }
}

#[test]
fn completions_are_fresh() {
    let files = [
        ("bash", include_str!("../../completions/cliplyctl.bash")),
        ("zsh", include_str!("../../completions/_cliplyctl")),
        ("fish", include_str!("../../completions/cliplyctl.fish")),
    ];
    for (shell, text) in files {
        let output = Cli::new(["completions", shell]).run().expect_code(0);
        assert!(output.stdout == text, "stale: write `cliplyctl completions {shell}` to its file");
    }
}

#[test]
fn the_manual_page_names_every_command() {
    let page = Cli::new(["man"]).run().expect_code(0).stdout;
    for command in ["triage", "queue", "demo", "runbook"] {
        assert!(page.contains(&format!("cliplyctl\\-{command}(1)")), "{command} is not in {page}");
    }
}

#[test]
fn the_runbook_answers_beside_a_broken_configuration() {
    let mut cli = Cli::new(["runbook", "3.3"]).file("cliplyctl.toml", "[context");
    let output = cli.run().expect_code(0);
    assert!(output.stdout.contains("Queue backlog") && !output.stdout.contains("3.4 Dead"));
}
