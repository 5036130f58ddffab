//! A list of every command with arguments, for tests that run all of them.
//!
//! The list is compared with the clap commands, so that a new command cannot be forgotten.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use cliplyctl::cli;

/// Each command and its arguments. `ID` is a job, `OP` an operation, `NOTE` a file of the caller; the other
/// files are in [`FILES`].
pub const LINES: &[(&str, &str)] = &[
    ("triage", ""),
    ("triage", "--save seen.json"),
    ("triage", "--wait 1s --for not-critical"),
    ("triage", "--from seen.json"),
    ("triage", "--from NOTE"),
    ("handoff", ""),
    ("watch", "--plain --every 1s"),
    ("record", ""),
    ("record", "--every 1s"),
    ("history", ""),
    ("history", "--html history.html"),
    ("history", "--system NOTE"),
    ("history systems", ""),
    ("history systems rename", "NOTE renamed"),
    ("history systems join", "NOTE NOTE --yes"),
    ("health", ""),
    ("ready", ""),
    ("ready", "--admin"),
    ("queue", ""),
    ("queue", "--exact"),
    ("queue", "--advise"),
    ("dlq groups", ""),
    ("dlq list", "--limit 500"),
    ("dlq list", "--sort dead-since"),
    ("dlq list", "--after NOTE"),
    ("dlq show", "ID"),
    ("dlq requeue", "--all --dry-run"),
    ("dlq requeue", "ID --dry-run"),
    ("dlq requeue", "--ids-file NOTE --dry-run"),
    ("dlq requeue", "--resume OP --dry-run"),
    ("dlq requeue", "--plan NOTE --yes"),
    ("dlq follow", "OP --wait 1s"),
    ("dlq undo", "OP --dry-run"),
    ("dlq ack", "--group v2-0000000000 --expires 2999-12-31 --reason known"),
    ("dlq ops", ""),
    ("rls audit", ""),
    ("rls audit", "--contract NOTE"),
    ("rls audit", "--probe-writes --yes"),
    ("rls matrix", ""),
    ("rls explain", "jobs anon select"),
    ("rls diff", "NOTE NOTE"),
    ("rls contract", ""),
    ("rls whocan", "cccccccc-0000-4000-8000-000000000001"),
    ("env check", "--values values.env --process"),
    ("env check", "--template NOTE --values NOTE"),
    ("env check", "--schema NOTE"),
    ("env check", "--code ."),
    ("env check", "--fix --yes"),
    ("env explain", "APP_TOKEN --values values.env --process"),
    ("config show", ""),
    ("config show", "--config NOTE"),
    ("config check", ""),
    ("config init", "staging"),
    ("config grants", ""),
    ("demo", "--list-scenarios"),
    ("jobs list", ""),
    ("jobs list", "--state stuck --limit 1000"),
    ("jobs show", "ID"),
    ("jobs rescue", "--dry-run"),
    ("runbook", "3.4"),
    ("schema", ""),
    ("completions", "bash"),
    ("man", "dlq requeue"),
];

/// Returns the arguments of a line with the placeholders replaced.
pub fn command_words(line: &(&str, &str), id: &str, operation: &str, note: &str) -> Vec<String> {
    let fill = |word: &str| match word {
        "ID" => id.to_owned(),
        "OP" => operation.to_owned(),
        "NOTE" => note.to_owned(),
        other => other.to_owned(),
    };
    [line.0, line.1].join(" ").split_whitespace().map(fill).collect()
}

/// Returns every format of `-o`. A command refuses those that it does not have.
pub fn formats() -> Vec<String> {
    let command = cli::Cli::command();
    let output = command.get_arguments().find(|argument| argument.get_id() == "output");
    let values = output.expect("an argument output").get_possible_values();
    values.iter().map(|value| value.get_name().to_owned()).collect()
}

/// Whether the command runs until it receives a signal.
pub fn is_endless(words: &[String]) -> bool {
    words[0] == "watch" || words.windows(2).any(|pair| pair[0] == "record" && pair[1] == "--every")
}

/// Collects the commands that run without a subcommand.
fn leaves(path: &str, command: &clap::Command, all: &mut BTreeSet<String>) {
    for inner in command.get_subcommands() {
        let name = format!("{path} {}", inner.get_name()).trim().to_owned();
        leaves(&name, inner, all);
        if !inner.is_subcommand_required_set() {
            all.insert(name);
        }
    }
}

#[test]
fn every_command_has_a_line_and_every_line_parses() {
    use clap::Parser as _;
    let mut commands = BTreeSet::new();
    leaves("", &cli::Cli::command(), &mut commands);
    let lines: BTreeSet<String> = LINES.iter().map(|(command, _)| (*command).to_owned()).collect();
    assert_eq!(lines, commands, "a command without a line in the sweep, or a line without one");
    for line in LINES {
        let words = command_words(line, "1", "rq-1", "note");
        let parsed = cli::Cli::try_parse_from(["cliplyctl".to_owned()].into_iter().chain(words));
        assert!(parsed.is_ok(), "{line:?}: {}", parsed.unwrap_err());
    }
}
