//! The process: parses the arguments, starts the runtime, runs one command and prints its report or
//! error. Only `lib.rs` imports this room.

mod completion;
mod parse_errors;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::FromArgMatches as _;

use crate::cli::{self, Cli, Command};
use crate::commands::{self, Done, Session};
use crate::context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::render::{self, Format};
use crate::report::{Provenance, Report};
use crate::settings::ProcessEnvironment;
use crate::sources::postgres::sessions_ended;
use crate::suggest::{CommandText, ShellCommand, TargetFlags};
use crate::terminal::Terminal;

/// Runs the process and returns its exit code.
#[must_use]
pub(crate) fn run() -> ExitCode {
    match completion::answer() {
        Ok(false) => {}
        Ok(true) => return ExitCode::Ok,
        Err(error) => return parse_errors::explain(error, arguments()),
    }
    let parsed = cli::command().try_get_matches();
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return parse_errors::explain(error, arguments()),
    };
    let environment = ProcessEnvironment::from_process();
    let terminal = Terminal::detect(cli.global.color, &environment);
    terminal.install_panic_hook();
    let run = AssertUnwindSafe(|| run_to_end(&cli, &environment, terminal));
    catch_unwind(run).unwrap_or_else(|_| {
        // The panic hook has already printed the panic to stderr.
        let error = Error::bug("internal error (a bug in cliplyctl)");
        print_error_report(&cli, terminal, error, &context::no_provenance())
    })
}

/// Returns the arguments without the program name.
fn arguments() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned())
}

/// Runs the command in a new runtime.
fn run_to_end(cli: &Cli, environment: &ProcessEnvironment, terminal: Terminal) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(async {
                let outcome = execute(cli, environment, terminal).await;
                sessions_ended().await;
                outcome
            });
            // A name lookup that hangs in its thread must not delay the exit.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Error::bug("cannot start the async runtime").cause(error)),
    };
    outcome.unwrap_or_else(|error| print_failure(cli, terminal, error, &context::no_provenance()))
}

/// Dispatches the command and prints its report.
async fn execute(
    cli: &Cli,
    environment: &ProcessEnvironment,
    terminal: Terminal,
) -> Result<ExitCode, Error> {
    cli.command.check_format(cli.format())?;
    let cwd = std::env::current_dir()
        .map_err(|e| Error::config("cannot read the working directory").cause(e))?;
    let session = Session::new(cli, environment, terminal, &cwd);
    if cli.global.is_fleet() {
        let (report, from) = commands::fleet::run(&session).await?;
        return Ok(print_report(cli, terminal, report, &from));
    }
    let print = |report| print_report(cli, terminal, report, &Provenance::default());
    match commands::run(&session, print).await {
        Ok(Done::Printed(code)) => Ok(code),
        Ok(Done::Report(mut report)) => {
            let saved = report.saved_from.take();
            // The commands suggested for a saved triage apply to the context that it was saved from.
            if let Some(name) = saved.as_ref().and_then(|from| from.context.as_deref())
                && is_plain(name)
            {
                report.address(&TargetFlags::for_context(name));
            }
            let from = saved.unwrap_or_else(|| session.provenance());
            Ok(print_report(cli, terminal, *report, &from))
        }
        Err(error) => Ok(print_failure(cli, terminal, error, &session.provenance())),
    }
}

/// Returns whether a context name needs no quoting in a command. The name comes from a file, and an
/// operator may paste the command into a shell.
fn is_plain(name: &str) -> bool {
    let starts_plain = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    starts_plain && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// Prints a report and returns its exit code, or that of a failure to write to stdout.
fn print_report(cli: &Cli, terminal: Terminal, mut report: Report, from: &Provenance) -> ExitCode {
    report.address(&cli.global.address());
    report.note_secret_flag(cli.global.secret_flag());
    report.document.runbook_url.clone_from(&from.runbook_url);
    let target = if report.file_on_stdout.is_some() { terminal.stderr } else { terminal.stdout };
    let text = render::render(&report, from, cli.format(), target);
    if report.file_on_stdout.is_some() {
        terminal.print_stderr(&text);
    }
    let text = report.file_on_stdout.take().unwrap_or(text);
    let printed = match (&cli.command, cli.format()) {
        (Command::Runbook { .. }, Format::Table) => {
            let environment = ProcessEnvironment::from_process();
            terminal.print_paged(&text, environment.get("PAGER"))
        }
        _ => terminal.print_stdout(&text),
    };
    match printed {
        Ok(()) => cli.format().code(report.exit),
        Err(error) => {
            let mut undelivered =
                Error::undelivered("cannot write the report to stdout").cause(error);
            if cli.command.can_write() {
                undelivered = undelivered.hint(CommandText::to(
                    "completed writes stay in effect; list them",
                    ShellCommand::new("dlq ops"),
                ));
            }
            let error = undelivered;
            terminal.print_error(&error);
            // An exit code that says more is kept.
            match cli.format().code(report.exit) {
                ExitCode::Ok => error.exit_code(),
                code => code,
            }
        }
    }
}

/// Prints an error to stderr, and to stdout as a report if the requested format can hold one.
fn print_failure(cli: &Cli, terminal: Terminal, mut error: Error, from: &Provenance) -> ExitCode {
    error.address(&cli.global.address());
    error.note_secret_flag(cli.global.secret_flag());
    terminal.print_error(&error);
    print_error_report(cli, terminal, error, from)
}

/// Prints an error as a report if the requested format can hold one, also if the command does not support that
/// format, and returns the exit code.
fn print_error_report(cli: &Cli, terminal: Terminal, error: Error, from: &Provenance) -> ExitCode {
    let code = cli.format().code(error.exit_code());
    let is_requested = cli.global.output.is_some();
    if is_requested && cli.format().holds_errors(cli.command.spec().prints_rows()) {
        print_report(cli, terminal, Report::failed(cli.command.name(), error), from);
    }
    code
}
