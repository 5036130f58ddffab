//! `demo`: a private database, app and workers with a simulated incident.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use tokio::process::Command as Process;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Session;
use crate::cli::{Cli, Demo};
use crate::demo::scenario::{self, SCENARIOS, Scenario};
use crate::demo::server::ServerOptions;
use crate::demo::{Announcement, RunningDemo, fix};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::report::{Block, Cell, Column, Document, Report, Table};
use crate::settings::{ProcessEnvironment, demo as demo_settings};
use crate::suggest::ShellCommand;
use crate::terminal::Terminal;
use crate::text;

/// An item of `data` of `demo --list-scenarios`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ScenarioJson {
    /// Name of the scenario.
    name: &'static str,
    /// The incident that it simulates.
    about: &'static str,
}

/// `data` of `demo --deploy-fix`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FixedJson {
    /// Kind of the jobs that no longer fail.
    fixed: String,
}

/// Lists the scenarios, deploys a fix, runs one command against a demo, or keeps a demo running until
/// Ctrl-C.
///
/// `print` prints a report and returns the exit code.
pub(crate) async fn run(
    session: &Session<'_>,
    args: &Demo,
    print: impl Fn(Report) -> ExitCode,
) -> Result<ExitCode, Error> {
    let Session { cli, environment, terminal, .. } = *session;
    if args.list_scenarios {
        return Ok(print(list()));
    }
    if !cli.global.context.is_empty() || cli.global.database_url.is_some() {
        return Err(Error::usage("the demo uses its own app and database")
            .hint("remove -c and --database-url"));
    }
    if let Some(kind) = &args.fix {
        let report = deploy(kind, &context_file(environment)?)?;
        return Ok(print(report));
    }
    let arguments = args.exec.as_deref().map(split_arguments).transpose()?;
    let scenario = scenario::find(&args.scenario)
        .ok_or_else(|| Error::usage(format!("no scenario `{}`", args.scenario)))?;
    if arguments.is_none() {
        refuse_if_running(&context_file(environment)?)?;
    }
    // From here on, a signal must not end the process directly, so that the demo is cleaned up.
    let mut signals = Signals::new()?;
    let options = ServerOptions {
        bin_dir: environment.get("CLIPLYCTL_PG_BIN").map(Into::into),
        path: environment.get("PATH").map(Into::into),
        ..ServerOptions::default()
    };
    if arguments.is_none() {
        terminal.print_note(&format!(
            "starting a private database, an app and workers: {}",
            scenario.about
        ));
    }
    let demo = RunningDemo::start(scenario, options).await?;
    match arguments {
        Some(arguments) => {
            let result = execute(&demo, &arguments, cli).await;
            let start = ShellCommand::without_target("demo");
            terminal.print_note(&format!(
                "The demo was removed. To run the next steps, start one: {start}"
            ));
            result
        }
        None => keep_running(&demo, scenario, environment, terminal, &mut signals, print).await,
    }
}

fn list() -> Report {
    let mut table = Table::new(vec![Column::text("scenario"), Column::prose("incident")]);
    for scenario in &SCENARIOS {
        table.row(vec![Cell::strong(scenario.name), Cell::plain(scenario.about)]);
    }
    let mut document = Document::default();
    document.push(Block::Table(table));
    let first = SCENARIOS[0].name;
    document.next(vec![Suggestion::new(
        ShellCommand::without_target("demo --scenario").arg(first),
        "the default",
    )]);
    let data = SCENARIOS.iter().map(|s| ScenarioJson { name: s.name, about: s.about });
    Report::listing("demo", data.collect::<Vec<_>>(), document)
}

/// Splits the value of `--exec` into arguments. The tool's own name in front is removed.
fn split_arguments(text: &str) -> Result<Vec<String>, Error> {
    let error = |cause: String| Error::usage(format!("--exec \"{text}\"")).cause(cause);
    let mut arguments = shell_words::split(text).map_err(|cause| error(cause.to_string()))?;
    if arguments.first().is_some_and(|name| name == env!("CARGO_PKG_NAME")) {
        arguments.remove(0);
    }
    match arguments.first() {
        None => Err(error("no command given".to_owned())),
        Some(name) if name == "demo" => Err(error("a demo cannot run inside the demo".to_owned())),
        Some(_) => Ok(arguments),
    }
}

/// Runs one command in the directories of the demo, so that it does not touch the user's files.
async fn execute(demo: &RunningDemo, arguments: &[String], cli: &Cli) -> Result<ExitCode, Error> {
    let state = demo.state.join("cliplyctl");
    let _announcement = announce(demo, &demo_settings::file(&state))?;
    let mut process = cliplyctl(arguments, cli)?;
    process.env("XDG_STATE_HOME", &demo.state).current_dir(&demo.project);
    let status = process.status().await;
    let status = status.map_err(|error| Error::bug("cannot start the command").cause(error))?;
    Ok(status.code().and_then(ExitCode::from_number).unwrap_or(ExitCode::Interrupted))
}

/// Prints the tour and waits for a signal.
async fn keep_running(
    demo: &RunningDemo,
    scenario: &Scenario,
    environment: &ProcessEnvironment,
    terminal: Terminal,
    signals: &mut Signals,
    print: impl Fn(Report) -> ExitCode,
) -> Result<ExitCode, Error> {
    let _announcement = announce(demo, &context_file(environment)?)?;
    let report = Report::listing("demo", (), instructions(demo, scenario, environment));
    print(report);
    let code = signals.any().await;
    // Printed before the cleanup, which runs when the demo is dropped.
    terminal.print_note(&format!("stopping the demo and removing {}", demo.directory().display()));
    Ok(code)
}

/// Refuses a second demo, which would replace the context `demo` of the first.
fn refuse_if_running(announcement: &Path) -> Result<(), Error> {
    let Some(directory) = Announcement::directory(announcement) else { return Ok(()) };
    Err(Error::usage("a demo is already running")
        .cause(format!("its directory is {}", directory.display()))
        .hint("use it with -c demo, or stop it with Ctrl-C; --exec starts a separate one"))
}

/// Returns the path of the file that defines the context `demo` while a demo is kept running.
fn context_file(environment: &ProcessEnvironment) -> Result<PathBuf, Error> {
    let state = environment.xdg("XDG_STATE_HOME", ".local/state");
    let state = state.ok_or_else(|| Error::config("HOME is not set").hint("set XDG_STATE_HOME"))?;
    Ok(demo_settings::file(&state.join("cliplyctl")))
}

/// Stops the simulated failures of a job kind in the running demo.
fn deploy(kind: &str, announcement: &Path) -> Result<Report, Error> {
    let directory = Announcement::directory(announcement).ok_or_else(demo_settings::not_running)?;
    fix::deploy(&directory, kind)
        .map_err(|e| Error::config(format!("cannot write to {}", directory.display())).cause(e))?;
    let mut document = Document::default();
    document.headline(Status::Ok, format!("Fix deployed: {kind} jobs now succeed"));
    Ok(Report::listing("demo", FixedJson { fixed: kind.to_owned() }, document))
}

/// Writes the file that defines the context `demo`.
fn announce(demo: &RunningDemo, file: &Path) -> Result<Announcement, Error> {
    Announcement::write(file, &demo.base_url, &demo.database_url_file)
        .map_err(|e| Error::config(format!("cannot write {}", file.display())).cause(e))
}

/// Returns this binary as a process with the context `demo`.
fn cliplyctl(arguments: &[String], cli: &Cli) -> Result<Process, Error> {
    let binary = std::env::current_exe()
        .map_err(|error| Error::bug("cannot find the path of this program").cause(error))?;
    let mut process = Process::new(binary);
    let color = cli.global.color.as_str();
    process.args(["-c", demo_settings::NAME, "--color", color]).args(arguments);
    Ok(process)
}

/// Returns the tour of the demo: numbered commands for a second terminal.
fn instructions(
    demo: &RunningDemo,
    scenario: &Scenario,
    environment: &ProcessEnvironment,
) -> Document {
    let mut document = Document::default();
    let mut pairs = vec![
        ("app", Cell::plain(&demo.base_url)),
        ("project", Cell::plain(demo.project.display().to_string())),
    ];
    // The URL can be shown because other users cannot access the private socket.
    if let Ok(url) = std::fs::read_to_string(&demo.database_url_file) {
        pairs.push(("database", Cell::plain(url.trim())));
    }
    document.push(Block::Pairs(pairs));
    document.heading("Tour: run these commands in a second terminal (Ctrl-C here ends the demo)");
    let commands = scenario.tour.iter().map(|step| {
        let command = step.command.clone().in_context(demo_settings::NAME);
        (command.to_string(), step.why.clone())
    });
    let path = directory_not_in_path(environment).map(|directory| {
        let export = format!("export PATH=\"{}:$PATH\"", directory.display());
        (export, "so that the shell finds cliplyctl".into())
    });
    let mut table =
        Table::new(vec![Column::number("step"), Column::text("command"), Column::prose("purpose")]);
    for (index, (command, purpose)) in path.into_iter().chain(commands).enumerate() {
        let step = text::count(index as u64 + 1);
        table.row(vec![Cell::plain(step), Cell::command(command), Cell::plain(purpose)]);
    }
    document.push(Block::Table(table));
    document
}

/// Returns the directory of this binary if a shell does not find the binary in `PATH`.
fn directory_not_in_path(environment: &ProcessEnvironment) -> Option<PathBuf> {
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
        let listen =
            |kind| signal(kind).map_err(|error| Error::bug("cannot wait for signals").cause(error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for one of the signals and returns the exit code. Ctrl-C is the regular end of a demo.
    async fn any(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupt.recv() => ExitCode::Ok,
            _ = self.terminate.recv() => ExitCode::Interrupted,
            _ = self.hang_up.recv() => ExitCode::Interrupted,
        }
    }
}
