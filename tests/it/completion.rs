//! Tests of shell completion in bash, in a terminal.

use crate::demo::Demo;
use crate::support::cli::{BINARY, Cli};
use crate::support::pty::Terminal;

const CONFIG: &str = "[context.staging]\nbase_url = \"https://staging.example.com\"\n\n\
    [context.'$(reboot)']\nbase_url = \"https://example.com\"\n";

/// Starts an interactive bash that has sourced the completion script, in a directory with a configuration.
fn bash(cli: impl Fn(Cli) -> Cli) -> Terminal {
    let shell = Cli::program("bash", ["--norc", "--noprofile", "-i"]).env("PS1", "ready> ");
    let mut terminal = cli(shell.file("cliplyctl.toml", CONFIG)).terminal(24, 120);
    terminal.wait_for("ready>");
    terminal.type_text(&format!("eval \"$(COMPLETE=bash {BINARY})\"; echo so\"urced\"\r"));
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
