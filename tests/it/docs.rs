//! Tests of the documents: every command in them runs, and every list is complete.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use clap::{CommandFactory as _, Parser as _};
use cliplyctl::checks::registry;
use cliplyctl::cli;
use cliplyctl::exit::EXIT_CODES;

use crate::demo::{Demo, with_server_programs};
use crate::support::cli::{BINARY, Cli, Output};

const README: &str = include_str!("../../README.md");
const RUNBOOK: &str = include_str!("../../RUNBOOK.md");

/// Commands that are not run, with the reason.
const EXCEPTIONS: [(&str, &str); 14] = [
    ("cargo install --locked --path .", "builds in release mode, for minutes"),
    ("cliplyctl demo", "runs until Ctrl-C; `Demo::start` is just that"),
    ("scripts/demo", "builds first; then it is `cliplyctl demo`"),
    ("scripts/test", "runs this very test"),
    ("scripts/package", "builds a release; its own test packs a stub"),
    ("sudo apt install ./cliplyctl_0.1.0_amd64.deb", "changes the machine"),
    (
        "tar -xzf cliplyctl-0.1.0-x86_64-linux.tar.gz --strip-components=1 -C ~/.local",
        "needs a built release",
    ),
    ("jobs", "the table"),
    ("cliplyctl watch", "wants a terminal; its own tests drive it"),
    ("cliplyctl watch --plain", "runs until a signal; its own test stops it"),
    ("dlq follow OP", "waits for the outcome; the runbook's, with --wait, runs"),
    ("record --every 30s", "runs until a signal; its own test stops it"),
    ("jobs show", "the command's name, without an id"),
    (
        "cliplyctl man dlq requeue | man -l -",
        "not every machine has man; another test reads the page",
    ),
];

/// The id of a dead letter of the demo.
const DEAD: &str = "00000000-0000-4000-8000-000000000431";

/// Returns every command of a document, from code blocks and inline code.
fn commands(document: &str) -> BTreeSet<String> {
    let mut commands = BTreeSet::new();
    for (index, part) in document.split("```").enumerate() {
        match index % 2 {
            0 => commands.extend(inline(part)),
            _ => commands.extend(block(part)),
        }
    }
    commands
}

/// Returns the lines of a code block in order, without comments.
fn block(text: &str) -> Vec<String> {
    let (language, lines) = text.split_once('\n').unwrap();
    let lines = lines.lines().filter(|line| !line.is_empty());
    let typed = |line: &str| line.split(" #").next().unwrap().trim().to_owned();
    match language {
        "console" => lines.filter_map(|line| line.strip_prefix("$ ")).map(typed).collect(),
        "sh" => lines.map(typed).collect(),
        "toml" => Vec::new(), // tested elsewhere
        other => panic!("a block of `{other}`: is it a command?"),
    }
}

/// Returns the inline code that starts with `cliplyctl` or with one of its commands.
fn inline(text: &str) -> Vec<String> {
    let names: Vec<_> =
        cli::Cli::command().get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let spans = text.split('`').skip(1).step_by(2);
    let spans = spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = |span: &str| span.split(' ').next().unwrap_or_default().to_owned();
    spans
        .filter(|span| {
            let first = first(span);
            first.ends_with("cliplyctl") || first.starts_with("scripts/") || names.contains(&first)
        })
        .collect()
}

/// Runs a line in a directory like that of the app, with the running demo as the default context.
fn shell(demo: &Demo, line: &str) -> Output {
    let template = std::fs::read(demo.directory().join("project/.env.example")).unwrap();
    let schema = "packages/shared/src/env.ts";
    let source = std::fs::read(demo.directory().join("project").join(schema)).unwrap();
    let cli = Cli::program("sh", ["-c", line])
        .file("cliplyctl.toml", "default_context = \"demo\"\n")
        .file(".env.example", template)
        .file(schema, source)
        .file("target/debug/.keep", "");
    let bin = cli.home().join("target/debug");
    symlink(BINARY, bin.join("cliplyctl")).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    with_server_programs(cli).env("PATH", path).env("XDG_STATE_HOME", demo.state()).run()
}

/// Replaces the placeholders of a command and adds the program name.
fn fill(demo: &Demo, command: &str) -> String {
    let json = |line: &str| shell(demo, line).json();
    let fill_word = |word: &str| match word {
        "ID" => DEAD.to_owned(),
        "GROUP" => text(&json("cliplyctl dlq groups -o json")["data"]["groups"][0]["group"]),
        "OP" => text(&json("cliplyctl dlq ops -o json")["data"]["operations"][0]["operation"]),
        other => other.to_owned(),
    };
    let filled = command.split(' ').map(fill_word).collect::<Vec<_>>().join(" ");
    let first = filled.split(' ').next().unwrap();
    // Each command has its own directory, without the files of earlier commands.
    if filled == "cliplyctl rls audit --contract access.toml" {
        return format!("cliplyctl rls contract > access.toml; {filled}");
    }
    let is_subcommand =
        cli::Cli::command().get_subcommands().any(|command| command.get_name() == first);
    if is_subcommand { format!("cliplyctl {filled}") } else { filled }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[test]
fn documented_commands_run_against_the_demo() {
    let demo = Demo::start();
    let requeue = "cliplyctl dlq requeue --kind CLIP_RENDER --max 1 --reason test --yes";
    shell(&demo, requeue).expect_code(0); // for `ops` and `undo`
    shell(&demo, "cliplyctl record").expect_code(0); // for `history`
    let mut commands = commands(README);
    commands.extend(self::commands(RUNBOOK));
    for command in dead_letter_commands() {
        commands.remove(&command); // another test runs these in order
    }
    for (exception, reason) in EXCEPTIONS {
        assert!(commands.remove(exception), "`{exception}` ({reason}) is not in the documents");
    }
    assert!(commands.len() > 30, "the documents have lost their commands: {commands:?}");
    for command in commands {
        let line = fill(&demo, &command);
        let output = shell(&demo, &line);
        // 0 to 3 depends on the incident. Without a terminal, writes are refused (77).
        let refused =
            ["dlq requeue", "dlq undo", "jobs rescue"].iter().any(|write| line.contains(write));
        let is_expected = (0..=3).contains(&output.code) || (refused && output.code == 77);
        assert!(is_expected, "{command}: {line}: {output:#?}");
        assert!(
            !output.stdout.is_empty() || output.code == 77 || line.contains('>'),
            "{line}: {output:#?}"
        );
    }
}

/// Returns the commands of section 3.4 of the runbook, in order.
fn dead_letter_commands() -> Vec<String> {
    let section = RUNBOOK.split("\n## 3.4 ").nth(1).unwrap().split("\n## ").next().unwrap();
    section.split("```").skip(1).step_by(2).flat_map(block).collect()
}

#[test]
fn dead_letter_section_works_from_top_to_bottom() {
    let demo = Demo::start();
    let first_group =
        text(&shell(&demo, "cliplyctl dlq groups -o json").json()["data"]["groups"][0]["group"]);
    let (mut plan, mut operation) = (String::new(), String::new());
    let mut verbs = BTreeSet::new();
    for command in dead_letter_commands() {
        let fill_word = |word: &str| match word {
            "GROUP" => first_group.clone(),
            "PLAN" => plan.clone(),
            "OP" => operation.clone(),
            "ID" => DEAD.to_owned(),
            other => other.to_owned(),
        };
        let line = command.split(' ').map(fill_word).collect::<Vec<_>>().join(" ");
        let output = shell(&demo, &line);
        // A worker may have claimed a job that the undo selects.
        let is_partial_undo = line.contains("dlq undo") && matches!(output.code, 75 | 77);
        // The status depends on the incident.
        let has_status = (line.ends_with("queue") && output.code < 3)
            || (line.ends_with("triage") && output.code <= 3)
            || (line.contains("dlq follow") && output.code <= 3);
        // Some of its jobs may be dead letters again, and without a terminal nothing is confirmed.
        let is_unconfirmed = line.contains("--canary") && output.code == 77;
        assert!(
            output.code == 0 || is_partial_undo || has_status || is_unconfirmed,
            "{line}: {output:#?}"
        );
        plan = first_word_with(&output.stdout, "plan-").unwrap_or(plan);
        operation = first_word_with(&output.stdout, "rq-").unwrap_or(operation);
        verbs.extend(line.split(' ').skip(1).take(2).map(str::to_owned));
    }
    for verb in ["groups", "list", "show", "requeue", "ops", "undo"] {
        assert!(verbs.contains(verb), "the section has lost `dlq {verb}`");
    }
}

/// Returns the first word of the output that starts with `prefix`.
fn first_word_with(output: &str, prefix: &str) -> Option<String> {
    output.split_whitespace().find(|word| word.starts_with(prefix)).map(str::to_owned)
}

#[test]
fn documented_configuration_is_valid() {
    for (document, expected) in [(README, "staging.example.com"), (RUNBOOK, "cliplyctl.toml")] {
        let blocks = document.split("```toml\n").skip(1);
        let blocks: Vec<_> = blocks.map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            let output = Cli::new(["config", "show"]).file("cliplyctl.toml", block).run();
            let shown = output.expect_code(0).stdout;
            assert!(shown.contains(expected), "{shown}");
        }
    }
}

/// The help of every command in one text, as `-h` prints it, without the global options.
#[test]
fn help_matches_the_reviewed_snapshot() {
    let mut texts = Vec::new();
    helps("", cli::command(), &mut texts);
    insta::assert_snapshot!("help", texts.join("\n\n"));
}

fn helps(path: &str, mut command: clap::Command, texts: &mut Vec<String>) {
    let path = format!("{path} {}", command.get_name()).trim().to_owned();
    // Cloned first: rendering adds the global options to the subcommands.
    let inner: Vec<_> = command.get_subcommands().cloned().collect();
    command = command.term_width(100).bin_name(path.clone());
    texts.push(format!("$ {path} --help\n{}", command.render_long_help()));
    for inner in inner {
        helps(&path, inner, texts);
    }
}

#[test]
fn manual_pages_match_the_reviewed_snapshot() {
    let page =
        |expected: &[&str]| Cli::new([&["man"], expected].concat()).run().expect_code(0).stdout;
    let pages = [page(&[]), page(&["dlq", "requeue"])].join("\n");
    insta::assert_snapshot!("man", pages.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    Cli::new(["man", "dlq", "reqeue"]).run().expect_code(64);
}

#[test]
fn every_check_has_a_runbook_section() {
    let code: BTreeSet<&str> = registry::all().map(|check| check.id).collect();
    let headings = RUNBOOK.lines().filter_map(|line| line.strip_prefix("### `"));
    let pages: BTreeSet<&str> = headings.filter_map(|line| line.strip_suffix('`')).collect();
    assert_eq!(code, pages);
}

#[test]
fn documented_exit_codes_match_the_list() {
    for document in [README, RUNBOOK] {
        for (code, sentence) in EXIT_CODES {
            let row = format!("| {} | {sentence} |\n", code.code());
            assert!(document.contains(&row), "missing: {row}");
        }
    }
}

#[test]
fn runbook_works_with_a_broken_configuration() {
    let mut cli = Cli::new(["runbook", "3.3"]).file("cliplyctl.toml", "[context");
    let output = cli.run().expect_code(0);
    assert!(output.stdout.contains("Queue backlog") && !output.stdout.contains("3.4 Dead"));
}

#[test]
fn runbook_uses_the_pager_only_on_a_terminal() {
    let with_pager = |pager| Cli::new(["runbook", "3.3"]).env("PAGER", pager);
    let mut terminal = with_pager("sed s/^/paged:/").terminal(60, 100);
    assert_eq!(terminal.finish(), 0);
    assert!(terminal.screen().contains("paged:"), "{}", terminal.screen());
    let mut terminal = with_pager("/nonexistent/pager").terminal(60, 100);
    assert_eq!(terminal.finish(), 0);
    assert!(terminal.raw().contains("Queue backlog"), "{}", terminal.raw());
    let piped = with_pager("sed s/^/paged:/").run().expect_code(0).stdout;
    assert!(piped.contains("Queue backlog") && !piped.contains("paged:"), "{piped}");
}

#[test]
fn recorder_unit_stores_where_the_documented_command_reads() {
    let text = include_str!("../../docs/history.md");
    let value = |key: &str| {
        let lines = text.lines().filter_map(|line| line.trim().strip_prefix(key));
        lines.map(|rest| rest.trim_start_matches('=').to_owned()).next().unwrap_or_default()
    };
    let state = value("Environment=XDG_STATE_HOME");
    // systemd creates it, and its user may write only there.
    assert_eq!(state, format!("/var/lib/{}", value("StateDirectory")));
    let command = value("ExecStart");
    let words = command.strip_prefix("/usr/local/bin/").expect(&command);
    let parsed = cli::Cli::try_parse_from(words.split(' '));
    assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
    assert!(text.contains(&format!("XDG_STATE_HOME={state} cliplyctl -c prod history`")));
}
