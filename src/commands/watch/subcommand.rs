//! Runs other commands from the dashboard, through the parser and the functions of the command line: same defaults,
//! same guards, same prompts.

use std::iter::once;

use clap::FromArgMatches as _;

use crate::cli::{self, Cli, Command, Dlq, JobsCommand};
use crate::commands::{dlq, jobs, queue};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::interrupt::Interrupt;
use crate::render::{self, Format, table};
use crate::report::Report;
use crate::suggest::ShellCommand;
use crate::terminal::RenderTarget;

/// Runs a command that only reads, and returns its report or its error as text.
pub(super) async fn text(context: &Context, words: &[String], width: Option<u16>) -> String {
    let address = context.settings.address();
    match run(context, words).await {
        Ok(mut report) => {
            report.address(&address);
            table::render(&report.document, RenderTarget { color: false, width })
        }
        Err(mut error) => {
            error.address(&address);
            let hints = error.hints.iter().map(|hint| format!("\nhint: {hint}"));
            format!("error: {}{}", error.with_causes(), hints.collect::<String>())
        }
    }
}

/// Runs a command on the terminal, with its prompts, and prints its report. Returns an exit code if the dashboard must
/// not return: after a signal, or if the operator does not answer.
pub(super) async fn on_terminal(
    dashboard: &Context,
    words: &[String],
    interrupt: &Interrupt,
) -> Result<Option<ExitCode>, Error> {
    let context = Context::new(dashboard.settings.clone(), dashboard.terminal, "dlq requeue");
    let (terminal, address) = (context.terminal, context.settings.address());
    let command = ShellCommand::new("").args(words).addressed(&address);
    terminal.print_note(&command.to_string());
    let code = match run(&context, words).await {
        Ok(mut report) => {
            report.address(&address);
            let text =
                render::render(&report, &context.provenance(), Format::Table, terminal.stdout);
            terminal.print_stdout(&text).map_err(|error| {
                Error::undelivered("cannot write the report to stdout").cause(error)
            })?;
            report.exit
        }
        Err(mut error) => {
            error.address(&address);
            terminal.print_error(&error);
            error.exit_code()
        }
    };
    context.close();
    // The task that listens for signals runs first. After Ctrl-C at a prompt, its thread still reads the terminal.
    tokio::task::yield_now().await;
    if interrupt.is_interrupted() || code == ExitCode::Interrupted {
        return Ok(Some(code));
    }
    let answer = terminal.ask("Press Enter to return to the dashboard ").await;
    Ok(answer.err().map(|_| code))
}

/// Runs one of the commands that the dashboard offers for a row.
async fn run(context: &Context, words: &[String]) -> Result<Report, Error> {
    match parse(words)? {
        Command::Queue(args) => queue::run(context, &args).await,
        Command::Jobs(JobsCommand::Show(args)) => jobs::show(context, &args).await,
        Command::Dlq(Dlq::Show(args)) => dlq::show::run(context, &args).await,
        // Boxed, because the compiler limits how deeply futures are nested.
        Command::Dlq(Dlq::Requeue(args)) => Box::pin(dlq::requeue::run(context, &args)).await,
        Command::Dlq(Dlq::Follow(args)) => dlq::follow::run(context, &args).await,
        Command::Dlq(Dlq::Ops(args)) => dlq::ops::run(context, &args).await,
        other => Err(Error::usage(format!("the dashboard does not run {}", other.name()))),
    }
}

fn parse(words: &[String]) -> Result<Command, Error> {
    let words = once("cliplyctl").chain(words.iter().map(String::as_str));
    let parsed = cli::command().try_get_matches_from(words);
    let cli = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.map(|cli| cli.command).map_err(|error| Error::usage(error.to_string()))
}
