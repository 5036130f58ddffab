//! `demo`: a private world with an incident in it.

use std::path::{Path, PathBuf};

use tokio::process::Command as Process;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{Cli, Demo};
use crate::demo::scenario::{self, SCENARIOS, Scenario};
use crate::demo::server::ServerOptions;
use crate::demo::{Announcement, RunningDemo, fix};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::report::{Block, Cell, Column, Document, Report, Table};
use crate::settings::{ProcessEnvironment, demo};
use crate::terminal::Terminal;

/// Lists the scenarios, runs one command against one, or keeps one running until Ctrl-C.
///
/// `print` shows a report and returns the exit code.
///
/// # Errors
/// When the demo cannot be started.
pub async fn run(
    cli: &Cli,
    args: &Demo,
    environment: &ProcessEnvironment,
    terminal: Terminal,
    print: impl Fn(Report) -> ExitCode,
) -> Result<ExitCode, Error> {
    if args.list_scenarios {
        return Ok(print(list()));
    }
    if !cli.global.context.is_empty() || cli.global.database_url.is_some() {
        return Err(Error::usage("the demo brings its own app and database")
            .hint("leave out -c and --database-url"));
    }
    if let Some(kind) = &args.fix {
        let report = deploy(kind, &announced(environment)?)?;
        return Ok(print(report));
    }
    let words = args.exec.as_deref().map(split_arguments).transpose()?;
    let scenario = scenario::find(&args.scenario)
        .ok_or_else(|| Error::usage(format!("no scenario `{}`", args.scenario)))?;
    if words.is_none() {
        alone(&announced(environment)?)?;
    }
    // From here on a signal ends the demo by way of its own end, not of the process.
    let mut signals = Signals::new()?;
    let options = ServerOptions {
        bin_dir: environment.get("CLIPLYCTL_PG_BIN").map(Into::into),
        path: environment.get("PATH").map(Into::into),
        ..ServerOptions::default()
    };
    if words.is_none() {
        terminal.print_note(&format!(
            "starting a private database, an app and workers: {}",
            scenario.about
        ));
    }
    let world = RunningDemo::start(scenario, options).await?;
    match words {
        Some(words) => {
            let ended = execute(&world, &words, cli).await;
            terminal.print_note(
                "this demo is gone: for what comes next, keep one running with cliplyctl demo",
            );
            ended
        }
        None => stay(&world, scenario, cli, environment, terminal, &mut signals, print).await,
    }
}

fn list() -> Report {
    let mut table = Table::new(vec![Column::text("scenario"), Column::prose("what is wrong")]);
    for scenario in &SCENARIOS {
        table.row(vec![Cell::strong(scenario.name), Cell::plain(scenario.about)]);
    }
    let mut document = Document::default();
    document.push(Block::Table(table));
    let first = SCENARIOS[0].name;
    document.next(vec![(format!("cliplyctl demo --scenario {first}"), "the default")]);
    let data = SCENARIOS.each_ref().map(|s| serde_json::json!({"name": s.name, "about": s.about}));
    Report::listing("demo", data, document)
}

/// The words of `--exec`; the tool's own name in front is forgiven.
fn split_arguments(text: &str) -> Result<Vec<String>, Error> {
    let wrong = |cause: String| Error::usage(format!("--exec \"{text}\"")).cause(cause);
    let mut words = shell_words::split(text).map_err(|error| wrong(error.to_string()))?;
    if words.first().is_some_and(|word| word == env!("CARGO_PKG_NAME")) {
        words.remove(0);
    }
    match words.first() {
        None => Err(wrong("it names no command".to_owned())),
        Some(word) if word == "demo" => Err(wrong("a demo within the demo".to_owned())),
        Some(_) => Ok(words),
    }
}

/// Runs one command in the demo's own directories, so that nothing of the person's is touched.
async fn execute(world: &RunningDemo, words: &[String], cli: &Cli) -> Result<ExitCode, Error> {
    let state = world.state.join("cliplyctl");
    let _announcement = announce(world, &demo::file(&state))?;
    let mut process = ourselves(words, cli)?;
    process.env("XDG_STATE_HOME", &world.state).current_dir(&world.project);
    let status = process.status().await;
    let status = status.map_err(|error| Error::bug("the command did not start").cause(error))?;
    Ok(status.code().and_then(ExitCode::from_number).unwrap_or(ExitCode::Interrupted))
}

async fn stay(
    world: &RunningDemo,
    scenario: &Scenario,
    cli: &Cli,
    environment: &ProcessEnvironment,
    terminal: Terminal,
    signals: &mut Signals,
    print: impl Fn(Report) -> ExitCode,
) -> Result<ExitCode, Error> {
    let _announcement = announce(world, &announced(environment)?)?;
    let mut triage = ourselves(&["triage".to_owned()], cli)?;
    triage.current_dir(&world.project);
    tokio::select! {
        _ = triage.kill_on_drop(true).status() => {}
        code = signals.any() => return Ok(code),
    }
    terminal.print_note("");
    let report = Report::listing("demo", (), instructions(world, scenario, environment));
    print(report);
    let code = signals.any().await;
    // Said before the end: what ends the world, and a closed terminal, cannot be waited for.
    terminal.print_note(&format!(
        "ending the demo: stopping its server, removing {}",
        world.directory().display()
    ));
    Ok(code)
}

/// A second demo would take `-c demo` from the first.
fn alone(announcement: &Path) -> Result<(), Error> {
    let Some(directory) = Announcement::directory(announcement) else { return Ok(()) };
    Err(Error::usage("a demo is running already")
        .cause(format!("it lives in {}", directory.display()))
        .hint("use it with -c demo, or end it with Ctrl-C first; --exec runs one beside it"))
}

/// Where a demo that stays is announced.
fn announced(environment: &ProcessEnvironment) -> Result<PathBuf, Error> {
    let state = environment.xdg("XDG_STATE_HOME", ".local/state");
    let state = state.ok_or_else(|| Error::config("HOME is not set").hint("set XDG_STATE_HOME"))?;
    Ok(demo::file(&state.join("cliplyctl")))
}

/// Mends what the workers of the running demo fail at.
fn deploy(kind: &str, announcement: &Path) -> Result<Report, Error> {
    let directory = Announcement::directory(announcement).ok_or_else(demo::not_running)?;
    fix::deploy(&directory, kind)
        .map_err(|e| Error::config(format!("cannot write to {}", directory.display())).cause(e))?;
    let mut document = Document::default();
    document.headline(Status::Ok, format!("deployed: workers no longer fail at {kind}"));
    Ok(Report::listing("demo", serde_json::json!({"fixed": kind}), document))
}

fn announce(world: &RunningDemo, file: &Path) -> Result<Announcement, Error> {
    Announcement::write(file, &world.base_url, &world.database_url_file)
        .map_err(|e| Error::config(format!("cannot write {}", file.display())).cause(e))
}

/// Our own binary, speaking to the demo.
fn ourselves(words: &[String], cli: &Cli) -> Result<Process, Error> {
    let binary = std::env::current_exe()
        .map_err(|error| Error::bug("this program does not find itself").cause(error))?;
    let mut process = Process::new(binary);
    let color = cli.global.color.as_str();
    process.args(["-c", demo::NAME, "--color", color]).args(words);
    Ok(process)
}

fn instructions(
    world: &RunningDemo,
    scenario: &Scenario,
    environment: &ProcessEnvironment,
) -> Document {
    let mut document = Document::default();
    document.heading("The demo runs until Ctrl-C and leaves nothing behind. In a second terminal:");
    let mut pairs = vec![
        ("app", Cell::plain(&world.base_url)),
        ("project", Cell::plain(world.project.display().to_string())),
    ];
    // A private socket: nobody else can use it.
    if let Ok(url) = std::fs::read_to_string(&world.database_url_file) {
        pairs.push(("database", Cell::plain(url.trim())));
    }
    if let Some(directory) = off_path(environment) {
        let export = format!("export PATH=\"{}:$PATH\"", directory.display());
        pairs.push(("first", Cell::command(export)));
    }
    document.push(Block::Pairs(pairs));
    let commands = scenario.try_next.iter();
    let commands = commands.map(|(c, why)| (format!("cliplyctl -c demo {c}"), (*why).to_owned()));
    let fix = scenario.failures.last().map(|failure| {
        let why = "deploys what mends these jobs: a canary goes through now";
        (format!("cliplyctl demo --fix {}", failure.kind), why.to_owned())
    });
    document.next(commands.chain(fix).collect());
    document
}

/// Where our own binary stands, when a shell would not find it there.
fn off_path(environment: &ProcessEnvironment) -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let path = environment.get("PATH").unwrap_or_default();
    let found = std::env::split_paths(path).find_map(|directory| {
        let candidate = directory.join(env!("CARGO_PKG_NAME"));
        candidate.canonicalize().ok()
    });
    let directory = binary.parent()?.to_owned();
    (found != binary.canonicalize().ok()).then_some(directory)
}

/// The signals that end a demo.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let wait = |kind| {
            signal(kind).map_err(|error| Error::bug("signals cannot be awaited").cause(error))
        };
        Ok(Self {
            interrupt: wait(SignalKind::interrupt())?,
            terminate: wait(SignalKind::terminate())?,
            hang_up: wait(SignalKind::hangup())?,
        })
    }

    /// Waits for one of them. Ctrl-C is how a demo ends: no failure.
    async fn any(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::Ok,
            _ = self.terminate.recv() => ExitCode::Interrupted,
            _ = self.hang_up.recv() => ExitCode::Interrupted,
        }
    }
}
