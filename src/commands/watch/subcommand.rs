//! Runs other commands from the dashboard, through the parser and the functions of the command line: same defaults,
//! same guards, same prompts.

use clap::Args;

use crate::commands::{dlq, jobs, queue};
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::interrupt::Interrupt;
use crate::render::{self, Format, table};
use crate::report::Report;
use crate::terminal::RenderTarget;
use crate::watch::row_command::RowCommand;

/// Runs a command that only reads, and returns its report or its error as text.
pub(super) async fn text(context: &Context, command: &RowCommand, width: Option<u16>) -> String {
    let address = context.settings.address();
    match run(context, command).await {
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
    command: &RowCommand,
    interrupt: &Interrupt,
) -> Result<Option<ExitCode>, Error> {
    let context = Context::new(dashboard.settings.clone(), dashboard.terminal, "dlq requeue");
    let (terminal, address) = (context.terminal, context.settings.address());
    terminal.print_note(&command.to_paste().addressed(&address).to_string());
    let code = match run(&context, command).await {
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
async fn run(context: &Context, command: &RowCommand) -> Result<Report, Error> {
    match command {
        RowCommand::Queue(_) => queue::run(context, &parsed(command)?).await,
        RowCommand::Job(_) => jobs::show(context, &parsed(command)?).await,
        RowCommand::DeadLetter(_) => dlq::show::run(context, &parsed(command)?).await,
        // Boxed, because the compiler limits how deeply futures are nested.
        RowCommand::Canary(_) => Box::pin(dlq::requeue::run(context, &parsed(command)?)).await,
        RowCommand::Follow(_) => dlq::follow::run(context, &parsed(command)?).await,
        RowCommand::Operations => dlq::ops::run(context, &parsed(command)?).await,
    }
}

/// Parses the arguments as the command line does, with its defaults.
fn parsed<T: Args>(command: &RowCommand) -> Result<T, Error> {
    let parser = T::augment_args(clap::Command::new("watch").no_binary_name(true));
    let matches = parser.try_get_matches_from(command.arguments());
    let arguments = matches.and_then(|matches| T::from_arg_matches(&matches));
    arguments.map_err(|error| Error::usage(error.to_string()))
}
