//! `-c a,b` and `--all-contexts`: runs one command in several contexts concurrently.
//!
//! Each context has its own time budget and connections, so that a context that hangs does not delay
//! the others.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;

use super::Session;
use crate::cli::FleetCommand;
use crate::context::{Context, no_provenance};
use crate::error::{Error, ErrorKind};
use crate::facts::{SourceError, SourceErrorKind};
use crate::interrupt::Interrupt;
use crate::render::{Format, ndjson};
use crate::report::{ContextReport, Provenance, Report, fleet};
use crate::settings::{Overrides, Settings};
use crate::text;

/// The time that a command may exceed its budget before it is aborted. A command normally ends within
/// its budget and reports what it waited for.
const GRACE: Duration = Duration::from_millis(300);

/// The most connections to one server, of all contexts together.
const CONNECTIONS_PER_SERVER: usize = 16;

/// Runs the command in every context that the command line names and combines the reports.
///
/// # Errors
/// A command that supports only one context, or an unknown context. The command runs in no context
/// then.
pub(crate) async fn run(session: &Session<'_>) -> Result<(Report, Provenance), Error> {
    let Session { cli, terminal, .. } = *session;
    let spec = cli.command.spec();
    let command = FleetCommand::new(&cli.command).map_err(|reason| {
        Error::usage(format!("{} supports only one context", spec.name))
            .cause(reason)
            .hint("name one: -c NAME")
    })?;
    let (contexts, invalid) = contexts(session)?;
    let names: Vec<_> = contexts.iter().map(name).collect();
    let progress = terminal.context_progress(&names);
    let from = contexts.first().map(start_time).unwrap_or_default();
    let on_report = |report: &ContextReport| {
        progress.set_message(
            report.name(),
            &format!("{} {}", report.status(), report.report.one_line_summary()),
        );
        if cli.format() == Format::Ndjson {
            // A closed pipe is reported when the last line is printed.
            _ = terminal.print_stdout(&ndjson::render(&report.report, &report.from));
        }
    };
    let mut reports = run_all(command, &contexts, on_report).await;
    drop(progress);
    reports.extend(invalid);
    let duration_ms = contexts.first().map_or(0, |context| context.provenance().duration_ms);
    let report = fleet::report(spec.name, reports, command.fail_on());
    Ok((report, Provenance { duration_ms, ..from }))
}

/// Resolves the contexts in the order of the command line. With `--all-contexts`, an invalid context becomes a report
/// with its error and does not stop the others.
fn contexts(session: &Session<'_>) -> Result<(Vec<Context>, Vec<ContextReport>), Error> {
    let Session { cli, environment, terminal, cwd, .. } = *session;
    let overrides = cli.global.overrides();
    let names = match (cli.global.all_contexts, cli.global.context.is_empty()) {
        (true, false) => {
            return Err(
                Error::usage("-c and --all-contexts exclude each other").hint("remove one of them")
            );
        }
        (true, true) => Settings::every_context(&overrides, environment, cwd)?,
        (false, _) => cli.global.context.clone(),
    };
    let duplicate = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    if let Some((_, name)) = duplicate {
        return Err(Error::usage(format!("context {name} is given twice")));
    }
    // All settings are resolved before the time budget of the first context starts.
    let (mut resolved, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        let overrides = Overrides { context: Some(name.clone()), ..overrides.clone() };
        match Settings::resolve(&overrides, environment, cwd) {
            Ok(settings) => resolved.push(settings),
            Err(error) if cli.global.all_contexts && error.kind != ErrorKind::Usage => {
                let from = Provenance { context: Some(name), ..no_provenance() };
                let report = Report::failed(cli.command.name(), error);
                invalid.push(ContextReport { report, from });
            }
            Err(error) => return Err(error),
        }
    }
    let servers: Vec<_> = resolved.iter().map(server).collect();
    let share = |settings: &Settings| {
        let same = servers.iter().filter(|other| **other == server(settings)).count();
        CONNECTIONS_PER_SERVER / same.max(1)
    };
    let open = |settings: Settings| {
        let share = share(&settings);
        Context::new(settings, terminal.without_stderr(), cli.command.name())
            .with_connections(share)
    };
    let contexts = resolved.into_iter().map(open).collect();
    Ok((contexts, invalid))
}

/// Returns the hosts of the database; empty without a database.
fn server(settings: &Settings) -> String {
    settings.database.as_ref().map(|database| database.value.servers()).unwrap_or_default()
}

fn name(context: &Context) -> String {
    context.settings.context_name.clone().unwrap_or_default()
}

/// Returns the provenance of the combined report, which has only a start time.
fn start_time(context: &Context) -> Provenance {
    Provenance { started_at: context.provenance().started_at, ..Provenance::default() }
}

/// Runs the command in all contexts concurrently and calls `on_report` as each one ends. A signal ends
/// the contexts that are still running.
async fn run_all(
    command: FleetCommand<'_>,
    contexts: &[Context],
    on_report: impl Fn(&ContextReport),
) -> Vec<ContextReport> {
    let interrupt = Interrupt::listen();
    // Each context has at least one connection, so that many contexts of one server wait for each other.
    let mut slots: BTreeMap<String, Semaphore> = BTreeMap::new();
    for context in contexts {
        let server = server(&context.settings);
        slots.entry(server).or_insert_with(|| Semaphore::new(CONNECTIONS_PER_SERVER));
    }
    let run = async |context: &Context| {
        let slots = slots.get(&server(&context.settings));
        let _slot = match slots {
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        };
        context.reset_deadline();
        let report = run_one(command, context, &interrupt).await;
        // Otherwise a context that has ended keeps the connections that the next one may open.
        context.close();
        report
    };
    let mut running: FuturesUnordered<_> = contexts.iter().map(run).collect();
    let mut reports = Vec::new();
    while let Some(report) = running.next().await {
        on_report(&report);
        reports.push(report);
    }
    let order =
        |report: &ContextReport| contexts.iter().position(|context| name(context) == report.name());
    reports.sort_by_key(order);
    reports
}

/// Runs the command in one context. An error becomes its report.
async fn run_one(
    command: FleetCommand<'_>,
    context: &Context,
    interrupt: &Interrupt,
) -> ContextReport {
    let budget = context.timeout() + command.wait();
    let outcome = tokio::select! {
        outcome = super::run_in(command, context) => outcome,
        () = tokio::time::sleep(budget + GRACE) => Err(timeout_error(budget)),
        () = interrupted(interrupt) => Err(Error::new(ErrorKind::Interrupted, "not finished when interrupted")),
    };
    let mut report = outcome.unwrap_or_else(|error| Report::failed(command.spec.name, error));
    report.address(&context.settings.address());
    let mut from = context.provenance();
    from.context = Some(name(context));
    ContextReport { report, from }
}

/// Waits for a signal and then for the grace time, so that a command that handles the signal itself can
/// report what it has read.
async fn interrupted(interrupt: &Interrupt) {
    interrupt.wait().await;
    tokio::time::sleep(GRACE).await;
}

fn timeout_error(budget: Duration) -> Error {
    let message = format!("not finished within {}", text::format_duration(budget));
    SourceError::new(SourceErrorKind::Timeout, message)
        .hint("allow more time: --timeout 30s")
        .into()
}
