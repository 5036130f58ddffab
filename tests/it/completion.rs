//! Tests of shell completion in bash, zsh and fish.

use std::path::{Path, PathBuf};

use crate::demo::Demo;
use crate::support::cli::{BINARY, Cli};
use crate::support::postgres::Database;
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

/// Asks for the candidates of the last word as fish does: each with its description after a tab.
fn fish(words: &str, cli: impl Fn(Cli) -> Cli) -> Vec<String> {
    let words = ["--", "cliplyctl"].into_iter().chain(words.split(' '));
    let output = cli(Cli::new(words).env("COMPLETE", "fish")).run().expect_code(0);
    assert_eq!(output.stderr, "", "{output:#?}");
    output.stdout.lines().filter(|line| !line.starts_with('-')).map(str::to_owned).collect()
}

/// Returns the candidates once there are some: what is not read in time is not offered, and a user presses Tab again.
fn offered(words: &str, cli: impl Fn(Cli) -> Cli) -> Vec<String> {
    let attempts = (0..50).map(|_| fish(words, &cli));
    { attempts }.find(|offered| !offered.is_empty()).unwrap_or_default()
}

#[test]
fn groups_plans_operations_and_jobs_are_completed() {
    let demo = Demo::start();
    let on_demo = |cli: Cli| cli.env("XDG_STATE_HOME", demo.state());
    let run = |words: &str| on_demo(Cli::new(words.split(' '))).run().expect_code(0).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let groups = run("-c demo dlq groups -o json");
    let group = text(&groups["data"]["groups"][0]["group"]);
    for command in ["requeue", "list", "groups", "ack"] {
        let offered = offered(&format!("-c demo dlq {command} --group v2-"), on_demo);
        assert_eq!(offered.len(), groups["data"]["groups"].as_array().unwrap().len());
        let line = offered.iter().find(|line| line.starts_with(&group)).unwrap();
        assert!(line.contains("\tCLIP_RENDER, ") && line.contains(": FFmpeg timed out"), "{line}");
    }
    let requeue = "-c demo dlq requeue --kind PUBLISH_TIKTOK --max 1 --reason test -o json";
    let plan = text(&run(&format!("{requeue} --dry-run"))["data"]["plan"]);
    let plans = offered("-c demo dlq requeue --plan ", on_demo);
    assert!(plans[0].starts_with(&format!("{plan}\tplanned ")), "{plans:?}");
    let operation = text(&run(&format!("{requeue} --yes"))["data"]["outcome"]["operation"]);
    for command in ["undo ", "follow ", "requeue --resume "] {
        let operations = offered(&format!("-c demo dlq {command}rq-"), on_demo);
        assert!(operations[0].starts_with(&format!("{operation}\trequeue")), "{operations:?}");
    }
    let start = "00000000-0000-4000-8000-0000000004";
    let dead = offered(&format!("-c demo dlq show {start}"), on_demo);
    let is_dead = |line: &String| line.contains("\tdead ");
    assert!(dead.len() > 40 && dead.iter().all(is_dead), "{dead:?}");
    let stuck = offered("-c demo jobs rescue ", on_demo);
    assert!(stuck.iter().all(|line| line.contains("\tstuck ")), "{stuck:?}");
    assert_eq!(stuck.len(), 4, "{stuck:?}");
    let both = offered("-c demo jobs show ", on_demo);
    assert!(both.len() > dead.len() && both.iter().any(is_dead), "{both:?}");
}

#[test]
fn completion_writes_nothing_and_shows_no_control_characters() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "INSERT INTO jobs (workspace_id, kind, state, last_error) VALUES
           ((SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter',
            E'\\x1b]0;pwned\\x07 unheard-of failure\\tand more')",
    );
    let state = tempfile::tempdir().unwrap();
    let on_database = |cli: Cli| {
        let state = state.path().join("state");
        cli.env("DATABASE_URL", database.url()).env("XDG_STATE_HOME", state)
    };
    let offered = offered("dlq list --group ", on_database);
    let hostile = offered.iter().find(|line| line.contains("unheard-of failure")).unwrap();
    let description = hostile.split_once('\t').unwrap().1;
    assert!(!description.chars().any(char::is_control), "{description:?}");
    for words in ["dlq undo ", "dlq requeue --plan ", "dlq requeue --resume ", "jobs rescue "] {
        fish(words, on_database);
    }
    assert!(!state.path().join("state").exists(), "nothing was created");
}

#[test]
fn more_jobs_than_can_be_listed_are_not_offered() {
    let database = Database::from_fixture("main_typical");
    let on_database = |cli: Cli| cli.env("DATABASE_URL", database.url());
    assert_eq!(offered("dlq show ", on_database).len(), 26);
    database.execute(
        "INSERT INTO jobs (workspace_id, kind, state, last_error)
         SELECT (SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter', 'boom'
           FROM generate_series(1, 500)",
    );
    assert_eq!(fish("dlq show ", on_database), Vec::<String>::new());
    // The start of an id selects few of them.
    let id = database.value("SELECT id::text FROM jobs WHERE last_error = 'boom' LIMIT 1");
    let listed = offered(&format!("dlq show {}", &id[..13]), on_database);
    assert!(listed.iter().any(|line| line.starts_with(&id)), "{listed:?}");
}

#[test]
fn unreachable_database_offers_no_candidates_and_no_errors() {
    let lines = [
        "queue --kind ",
        "dlq list --group ",
        "dlq undo rq-",
        "dlq requeue --plan plan-",
        "dlq show 0",
    ];
    // A port without a listener, a host that never answers, and an invalid URL.
    for url in ["postgres://x@127.0.0.1:1/x", "postgres://x@192.0.2.1/x", "nonsense"] {
        for words in lines {
            let offered = fish(words, |cli| cli.env("DATABASE_URL", url));
            assert!(offered.is_empty(), "{url}: {words}: {offered:?}");
        }
    }
}
