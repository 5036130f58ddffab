//! `-c a,b` and `--all-contexts`: one command in several contexts at once, side by side.
//!
//! Each context has a budget, a clock and connections of its own; all of them run at the same time,
//! so that a context that hangs delays no other one's line.

use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::cli::{Cli, Command, Rls};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::exit::FailOn;
use crate::facts::{SourceError, SourceErrorKind};
use crate::interrupt::Interrupt;
use crate::render::{Format, ndjson};
use crate::report::{ContextReport, Provenance, Report, fleet};
use crate::settings::{Overrides, ProcessEnvironment, Settings};
use crate::terminal::Terminal;
use crate::text;

/// A command knows its budget and ends by itself, saying what it waited for. One that has not when this
/// much more is over is left alone.
const GRACE: Duration = Duration::from_millis(300);

/// Asks every context that the command line names, and shows their answers.
///
/// # Errors
/// A command that speaks of one context, or a context that cannot be found: then none is asked.
pub async fn run(
    cli: &Cli,
    environment: &ProcessEnvironment,
    terminal: Terminal,
    cwd: &Path,
) -> Result<(Report, Provenance), Error> {
    let command = &cli.command;
    if let Some(reason) = command.single_context_reason() {
        return Err(Error::usage(format!("`{}` goes to one context at a time", command.name()))
            .cause(reason)
            .hint("name one: -c NAME"));
    }
    let contexts = contexts(cli, environment, terminal, cwd)?;
    let names: Vec<_> = contexts.iter().map(name).collect();
    let board = terminal.context_progress(&names);
    let from = contexts.first().map(started).unwrap_or_default();
    let each = |member: &ContextReport| {
        board.set_message(
            member.name(),
            &format!("{} {}", member.status(), member.report.one_line_summary()),
        );
        if cli.format() == Format::Ndjson {
            // A reader that went away is noticed with the last line.
            _ = terminal.print_stdout(&ndjson::render(&member.report, &member.from));
        }
    };
    let members = ask_all(command, &contexts, each).await;
    drop(board);
    let took = contexts.first().map_or(0, |context| context.provenance().duration_ms);
    let report = fleet::report(command.name(), members, fail_on(command));
    Ok((report, Provenance { duration_ms: took, ..from }))
}

/// The contexts in the order in which they are named; each named once.
fn contexts(
    cli: &Cli,
    environment: &ProcessEnvironment,
    terminal: Terminal,
    cwd: &Path,
) -> Result<Vec<Context>, Error> {
    let overrides = cli.global.overrides();
    let names = match (cli.global.all_contexts, cli.global.context.is_empty()) {
        (true, false) => {
            return Err(
                Error::usage("-c contradicts --all-contexts").hint("leave one of the two out")
            );
        }
        (true, true) => Settings::every_context(&overrides, environment, cwd)?,
        (false, _) => cli.global.context.clone(),
    };
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(Error::usage(format!("context {} is named twice", twice.1)));
    }
    let settings = names.into_iter().map(|name| {
        let overrides = Overrides { context: Some(name), ..overrides.clone() };
        Settings::resolve(&overrides, environment, cwd)
    });
    // All of them are found before the first clock starts.
    let settings = settings.collect::<Result<Vec<_>, _>>()?;
    let open = |settings| Context::new(settings, terminal.without_stderr(), cli.command.name());
    Ok(settings.into_iter().map(open).collect())
}

fn name(context: &Context) -> String {
    context.settings.context_name.clone().unwrap_or_default()
}

/// When the whole began; of no context in particular.
fn started(context: &Context) -> Provenance {
    Provenance { started_at: context.provenance().started_at, ..Provenance::default() }
}

/// Asks all of them at once and tells of each as it ends. A signal ends those that are still out.
async fn ask_all(
    command: &Command,
    contexts: &[Context],
    each: impl Fn(&ContextReport),
) -> Vec<ContextReport> {
    let interrupt = Interrupt::listen();
    let ask = |context| ask(command, context, &interrupt);
    let mut running: FuturesUnordered<_> = contexts.iter().map(ask).collect();
    let mut members = Vec::new();
    while let Some(member) = running.next().await {
        each(&member);
        members.push(member);
    }
    let order =
        |member: &ContextReport| contexts.iter().position(|context| name(context) == member.name());
    members.sort_by_key(order);
    members
}

/// One context's answer; whatever keeps it from answering is its answer.
async fn ask(command: &Command, context: &Context, interrupt: &Interrupt) -> ContextReport {
    let budget = budget(command, context);
    let outcome = tokio::select! {
        outcome = super::run(command, context) => outcome,
        () = tokio::time::sleep(budget + GRACE) => Err(late(budget)),
        () = interrupted(interrupt) => Err(Error::new(ErrorKind::Interrupted, "not finished when interrupted")),
    };
    let mut report = outcome.unwrap_or_else(|error| Report::failed(command.name(), error));
    report.address(&context.settings.address());
    let mut from = context.provenance();
    from.context = Some(name(context));
    ContextReport { report, from }
}

/// A command that listens itself is let end by itself: it says what it has seen.
async fn interrupted(interrupt: &Interrupt) {
    interrupt.wait().await;
    tokio::time::sleep(GRACE).await;
}

fn budget(command: &Command, context: &Context) -> Duration {
    let wait = match command {
        Command::Triage(args) => args.wait.unwrap_or_default(),
        _ => Duration::ZERO,
    };
    context.timeout() + wait
}

fn late(budget: Duration) -> Error {
    let message = format!("not finished within {}", text::format_duration(budget));
    SourceError::new(SourceErrorKind::Timeout, message).hint("a longer --timeout may help").into()
}

fn fail_on(command: &Command) -> FailOn {
    match command {
        Command::Triage(args) => args.judging.fail_on,
        Command::Health(judging) => judging.fail_on,
        Command::Ready(args) => args.judging.fail_on,
        Command::Queue(args) => args.judging.fail_on,
        Command::Rls(Rls::Audit(args)) => args.judging.fail_on,
        _ => FailOn::default(),
    }
}
