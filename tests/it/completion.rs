//! Tests of shell completion in bash, zsh and fish.

use std::path::{Path, PathBuf};

use crate::demo::Demo;
use crate::support::cli::{BINARY, Cli};
use crate::support::pty::Terminal;

const CONFIG: &str = "[context.staging]\nbase_url = \"https://staging.example.com\"\n\n\
    [context.'$(reboot)']\nbase_url = \"https://example.com\"\n";

/// Starts an interactive bash that has sourced the completion script, in a directory with a configuration.
fn bash(cli: impl Fn(Cli) -> Cli) -> Terminal {
    bash_after(&format!("eval \"$(COMPLETE=bash {BINARY})\""), cli)
}

/// Starts an interactive bash that has run a line, in a directory with a configuration.
fn bash_after(line: &str, cli: impl Fn(Cli) -> Cli) -> Terminal {
    let shell = Cli::program("bash", ["--norc", "--noprofile", "-i"]).env("PS1", "ready> ");
    let mut terminal = cli(shell.file("cliplyctl.toml", CONFIG)).terminal(24, 120);
    terminal.wait_for("ready>");
    terminal.type_text(&format!("{line}; echo so\"urced\"\r"));
    terminal.wait_for("sourced");
    terminal
}

/// Types a line and Tab, waits for the completed line, and deletes it.
fn complete(terminal: &mut Terminal, input: &str, completed: &str) {
    terminal.type_text(&format!("{input}\t"));
    terminal.wait_for(&format!("ready> {completed}"));
    terminal.type_text("\x15");
}

#[test]
fn commands_contexts_and_runbook_sections_are_completed() {
    let mut terminal = bash(|cli| cli);
    complete(&mut terminal, "cliplyctl tri", "cliplyctl triage");
    complete(&mut terminal, "cliplyctl -c st", "cliplyctl -c staging");
    // The other context runs a program to resolve its URL, so completion leaves it out.
    complete(&mut terminal, "cliplyctl queue --context ", "cliplyctl queue --context staging");
    complete(&mut terminal, "cliplyctl runbook queue.old", "cliplyctl runbook queue.oldest_due");
}

#[test]
fn kinds_are_completed_from_the_context_database() {
    let demo = Demo::start();
    let mut terminal = bash(|cli| cli.env("XDG_STATE_HOME", demo.state()));
    complete(&mut terminal, "cliplyctl -c de", "cliplyctl -c demo");
    let kind = "queue --kind CLIP_RENDER";
    complete(
        &mut terminal,
        "cliplyctl -c demo queue --kind CLIP",
        &format!("cliplyctl -c demo {kind}"),
    );
    complete(
        &mut terminal,
        "cliplyctl dlq list -c demo --kind THUMB",
        "cliplyctl dlq list -c demo --kind THUMBNAIL_GEN",
    );
    let explain = "cliplyctl -c demo rls explain";
    complete(&mut terminal, &format!("{explain} job_"), &format!("{explain} job_events"));
    complete(
        &mut terminal,
        &format!("{explain} jobs auth"),
        &format!("{explain} jobs authenticated"),
    );
    let key = "cliplyctl -c demo env explain FFMPEG_T";
    complete(&mut terminal, key, &format!("{key}IMEOUT_SECONDS"));
}

/// The directory of the files that load the completions into a shell.
fn loaders() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// Returns a search path with the binary under test.
fn search_path() -> String {
    let directory = Path::new(BINARY).parent().unwrap().display();
    format!("{directory}:/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
}

fn require(program: &str) {
    let found = std::process::Command::new(program).arg("--version").output();
    assert!(
        found.is_ok(),
        "{program} is not on this machine: `apt-get install {program}` or `brew install {program}` \
         (scripts/test does it)"
    );
}

#[test]
fn bash_completes_with_the_loader() {
    let line = format!("source {}", loaders().join("cliplyctl.bash").display());
    let mut terminal = bash_after(&line, |cli| cli.env("PATH", search_path()));
    complete(&mut terminal, "cliplyctl dlq req", "cliplyctl dlq requeue");
}

#[test]
fn zsh_completes_with_the_loader() {
    require("zsh");
    let shell = Cli::program("zsh", ["-f", "-i"]).env("PS1", "ready> ");
    let mut terminal = shell.env("PATH", search_path()).terminal(24, 120);
    terminal.wait_for("ready>");
    terminal.type_text(&format!(
        "fpath=({} $fpath); autoload -Uz compinit; compinit -u -D; echo so\"urced\"\r",
        loaders().display()
    ));
    terminal.wait_for("sourced");
    // The loader answers the first Tab, the script of the binary the second one.
    complete(&mut terminal, "cliplyctl dlq req", "cliplyctl dlq requeue");
    complete(&mut terminal, "cliplyctl tri", "cliplyctl triage");
}

#[test]
fn fish_completes_with_the_loader() {
    require("fish");
    let script = format!(
        "source {}; complete --do-complete 'cliplyctl dlq req'",
        loaders().join("cliplyctl.fish").display()
    );
    let mut shell = Cli::program("fish", ["--no-config", "-c", &script]).env("PATH", search_path());
    let output = shell.run().expect_code(0);
    let candidates: Vec<_> =
        output.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(candidates, ["requeue"], "{output:#?}");
}

#[test]
fn loader_without_the_binary_is_silent() {
    require("fish");
    let (bash, fish) = (loaders().join("cliplyctl.bash"), loaders().join("cliplyctl.fish"));
    for (shell, loader) in [("bash", bash), ("fish", fish)] {
        let script = format!("source {}", loader.display());
        let output = Cli::program(shell, ["-c", &script]).env("PATH", "/usr/bin:/bin").run();
        let output = output.expect_code(0);
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""), "{shell}");
    }
}

#[test]
fn unreachable_database_offers_no_candidates_and_no_errors() {
    let words = ["--", "cliplyctl", "queue", "--kind", ""];
    let ask = |url: &str| {
        let mut cli = Cli::new(words).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3");
        cli = cli.env("DATABASE_URL", url);
        cli.run().expect_code(0)
    };
    // A port without a listener, a host that never answers, and an invalid URL.
    for url in ["postgres://x@127.0.0.1:1/x", "postgres://x@192.0.2.1/x", "nonsense"] {
        let output = ask(url);
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""), "{url}");
    }
}
