//! Every command with arguments, for tests that run all of them.

use clap::{CommandFactory as _, Parser as _};
use cliplyctl::cli;

/// A command and its arguments.
pub type Line = (&'static str, &'static str);

/// The commands that are not run without arguments, or not only so. `ID` is a job, `OP` an operation, `NOTE` a file of the caller.
const LISTED: &[Line] = &[
    ("triage", ""),
    ("triage", "--save seen.json"),
    ("triage", "--wait 1s --for not-critical"),
    ("triage", "--from seen.json"),
    ("triage", "--from NOTE"),
    ("watch", "--plain --every 1s"),
    ("record", ""),
    ("record", "--every 1s"),
    ("history", ""),
    ("history", "--html history.html"),
    ("history", "--system NOTE"),
    ("history systems rename", "NOTE renamed"),
    ("history systems join", "NOTE NOTE --yes"),
    ("ready", ""),
    ("ready", "--admin"),
    ("queue", ""),
    ("queue", "--exact"),
    ("queue", "--advise"),
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
    ("rls audit", ""),
    ("rls audit", "--contract NOTE"),
    ("rls audit", "--probe-writes --yes"),
    ("rls explain", "jobs anon select"),
    ("rls diff", "NOTE NOTE"),
    ("rls whocan", "cccccccc-0000-4000-8000-000000000001"),
    ("env check", "--values values.env --process"),
    ("env check", "--template NOTE --values NOTE"),
    ("env check", "--schema NOTE"),
    ("env check", "--code ."),
    ("env check", "--fix --yes"),
    ("env explain", "APP_TOKEN --values values.env --process"),
    ("config show", ""),
    ("config show", "--config NOTE"),
    ("config init", "staging"),
    ("demo", "--list-scenarios"),
    ("jobs list", ""),
    ("jobs list", "--state stuck --limit 1000"),
    ("jobs show", "ID"),
    ("jobs rescue", "--dry-run"),
    ("runbook", "3.4"),
    ("completions", "bash"),
    ("man", "dlq requeue"),
];

/// Returns the lines of every command: a command that is not listed is run without arguments.
pub fn lines() -> Vec<Line> {
    let lines_of = |spec: &cli::Spec| -> Vec<Line> {
        let listed = LISTED.iter().copied().filter(|line| line.0 == spec.name);
        let listed: Vec<_> = listed.collect();
        if listed.is_empty() { vec![(spec.name, "")] } else { listed }
    };
    cli::SPECS.into_iter().flat_map(lines_of).collect()
}

/// Returns the arguments of a line with the placeholders replaced.
pub fn command_words(line: &Line, id: &str, operation: &str, note: &str) -> Vec<String> {
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

#[test]
fn every_command_has_a_line_and_every_line_parses() {
    for line in lines() {
        let words = command_words(&line, "1", "rq-1", "note");
        let parsed = cli::Cli::try_parse_from(["cliplyctl".to_owned()].into_iter().chain(words));
        assert!(parsed.is_ok(), "{line:?}: {}", parsed.unwrap_err());
    }
    let unknown: Vec<_> = LISTED.iter().filter(|line| !lines().contains(line)).collect();
    assert!(unknown.is_empty(), "lines of no command: {unknown:?}");
}
