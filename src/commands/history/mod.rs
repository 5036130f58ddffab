//! `history`: reports the recorded snapshots and when problems started. Only if nothing was recorded at the address
//! of the database, its server is asked whether it is a recorded one.

pub(crate) mod systems;

use std::ops::ControlFlow;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::{History, HistoryCommand};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::exit::ExitCode;
use crate::facts::operation::{Author, Reasons};
use crate::facts::snapshot::OperationMarker;
use crate::facts::{Provenance, SourceErrorKind};
use crate::history::{HistoryRange, ProblemStarts, TimeSeries};
use crate::render::html;
use crate::render::row_stream::RowStream;
use crate::report::Report;
use crate::report::history::{SnapshotRowJson, report};
use crate::sources::files::history::Store;
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::files::{is_stdio, local_store};
use crate::suggest::{CommandText, ShellCommand};

/// The most snapshots before the range that are searched for the start of a problem.
const MAX_SEARCHED_BACK: u32 = 20_000;
/// Time buckets of the trend if stdout is not a terminal.
const BUCKETS: usize = 48;
/// Terminal columns that the table needs beside the trend.
const OTHER_COLUMNS: u16 = 58;
/// The shortest time range shown, in milliseconds.
const MIN_RANGE: i64 = 600_000;
/// Time buckets of the charts in the HTML page.
const HTML_BUCKETS: usize = 240;

/// Reports the recorded range, or with `--html` writes it as an HTML page.
///
/// # Errors
/// A source error if nothing was recorded, or the error of the store or of the HTML file.
pub(crate) async fn run(context: &Context, args: &History) -> Result<Report, Error> {
    if let Some(HistoryCommand::Systems(args)) = &args.command {
        return systems::run(context, args).await;
    }
    let width = context.terminal.stdout.width;
    let buckets = width
        .map_or(BUCKETS, |width| usize::from(width.saturating_sub(OTHER_COLUMNS).clamp(20, 96)));
    let buckets = if args.html.is_some() { HTML_BUCKETS } else { buckets };
    let (history, from) = read(context, args, buckets).await?;
    let now = context.now();
    let mut report = report(&history, args.html.as_deref(), now, &from);
    if let Some(file) = &args.html {
        let page = html::history::render(&history, &from, now);
        if is_stdio(file) {
            report.file_on_stdout = Some(page);
        } else {
            local_store::put(file, &page)?;
        }
    }
    report.saved_from = args.system.is_some().then_some(from);
    Ok(report)
}

/// Prints the snapshots of the range, one per row; with `--html` writes the page as well.
pub(crate) async fn stream(
    context: &Context,
    args: &History,
    rows: RowStream,
) -> Result<ExitCode, Error> {
    let now = context.now();
    if args.html.as_deref().is_some_and(is_stdio) {
        return Err(Error::usage("--html - and the rows both go to stdout")
            .hint("write the page to a file: --html page.html"));
    }
    if let Some(file) = &args.html {
        let (history, from) = read(context, args, HTML_BUCKETS).await?;
        local_store::put(file, &html::history::render(&history, &from, now))?;
    }
    let (store, system) = open(context, args).await?;
    let mut out = context.terminal.stream();
    let mut written = out.write(&rows.head(&SnapshotRowJson::columns()));
    let range = (range_start(args, now)?.as_millisecond(), now.as_millisecond());
    store.walk(system, range, |point| {
        if matches!(written, Ok(ControlFlow::Continue(()))) {
            written = out.write(&rows.row(&SnapshotRowJson::row(point)));
        }
    })?;
    let flushed = out.finish();
    written
        .and(flushed)
        .map_err(|error| Error::unavailable("cannot write the rows").cause(error))?;
    Ok(ExitCode::Ok)
}

/// Returns the time of `--since`.
///
/// # Errors
/// If it is in the future.
fn range_start(args: &History, now: Timestamp) -> Result<Timestamp, Error> {
    let from = args.since.at(now);
    if from >= now {
        return Err(Error::usage("--since is in the future"));
    }
    Ok(from)
}

/// Reads the range of `--since` with the given number of time buckets. Returns it with what it is about.
async fn read(
    context: &Context,
    args: &History,
    buckets: usize,
) -> Result<(HistoryRange, Provenance), Error> {
    let (store, system) = open(context, args).await?;
    let (subject, addresses) = store.system_name(system)?;
    let about = match &args.system {
        None => context.provenance(),
        Some(text) => systems::provenance(&systems::select(&store, text)?, context.now()),
    };
    let until = context.now();
    let from = range_start(args, until)?;
    let until = until.as_millisecond();
    let first_recorded = store.first(system)?.unwrap_or(until).min(until - MIN_RANGE);
    // The range starts with the first snapshot, so that no blank time is shown before it.
    let range = (first_recorded.max(from.as_millisecond()), until);
    let began = (range.0 == first_recorded).then_some(first_recorded);
    let (mut series, mut problem_starts) =
        (TimeSeries::new(range.0, range.1, buckets), ProblemStarts::default());
    store.walk(system, range, |point| {
        series.add(point);
        problem_starts.add(point);
    })?;
    let mut searched_since = None;
    if let Some(first) = problem_starts.open_since() {
        searched_since = Some(first);
        store.back(system, first, MAX_SEARCHED_BACK, |at, failed_checks, evaluated| {
            searched_since = Some(at);
            problem_starts.add_earlier(at, failed_checks, evaluated)
        })?;
    }
    let marks =
        merge_markers(local_markers(context, &addresses, range), store.marks(system, range)?);
    let latest = store.latest_detail(system, range.1)?;
    let replaced = store.replaced_systems(system)?;
    let history = HistoryRange {
        series: series.finish(),
        problem_starts,
        marks,
        latest,
        searched_since,
        began,
        subject,
        replaced,
        is_selected: args.system.is_some(),
    };
    Ok((history, about))
}

/// Combines the operations of this machine with those that were recorded from events, one marker per
/// operation, sorted by time.
fn merge_markers(
    local: Vec<OperationMarker>,
    recorded: Vec<OperationMarker>,
) -> Vec<OperationMarker> {
    let mut markers = local;
    for marker in recorded {
        match markers.iter_mut().find(|known| known.operation == marker.operation) {
            Some(known) => {
                known.reasons.merge(&known.who, &marker.who, &marker.reasons);
                known.jobs = known.jobs.max(marker.jobs);
            }
            None => markers.push(marker),
        }
    }
    markers.sort_by(|a, b| (a.at, &a.operation).cmp(&(b.at, &b.operation)));
    markers
}

/// Returns the operations of this machine in the range, which are known even if no snapshot recorded
/// their events.
fn local_markers(
    context: &Context,
    addresses: &[String],
    (from, until): (i64, i64),
) -> Vec<OperationMarker> {
    let Ok(store) = LocalStore::open(context.settings.state_dir.as_deref()) else { return vec![] };
    let records = store.operations().into_iter().filter(|record| {
        addresses.contains(&record.jobs_table.database)
            && (from..=until).contains(&record.operation.at.as_millisecond())
    });
    records.map(marker).collect()
}

fn marker(record: StoredOperation) -> OperationMarker {
    let (first, last) = (record.began.as_ref().unwrap_or(&record.author), &record.author);
    let (who, last_who) = (first.who(), last.who());
    let redacted = |author: &Author| author.reason.as_deref().map(crate::redact::text);
    let (first_reason, last_reason) = (redacted(first), redacted(last));
    let reasons = Reasons::of((&who, first_reason.as_deref()), (&last_who, last_reason.as_deref()));
    OperationMarker {
        operation: record.operation.to_string(),
        operation_type: record.operation_type,
        reasons,
        who,
        at: record.operation.at,
        jobs: record.written,
    }
}

/// How long the server is asked whether it is a recorded one.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Opens the history store. Returns it with the id of the system.
async fn open(context: &Context, args: &History) -> Result<(Store, i64), Error> {
    if let Some(text) = &args.system {
        let store = systems::open(context)?;
        let system = systems::select(&store, text)?.id;
        return Ok((store, system));
    }
    let address = context.system_address()?;
    let not_recorded = || {
        let message = format!("no snapshots of {address}");
        Error::new(ErrorKind::Source(SourceErrorKind::NotFound), message)
    };
    let hint = || CommandText::to("record one", ShellCommand::new("record"));
    let store = Store::read(context.settings.state_dir.as_deref())?
        .ok_or_else(|| not_recorded().hint(hint()))?;
    if let Some(system) = store.system(&address)? {
        return Ok((store, system));
    }
    if let Some(server) = context.server_run(context.timeout().min(MAX_WAIT)).await
        && let Some(system) = store.system_of_server(&server)?
    {
        return Ok((store, system));
    }
    let known = store.systems()?.into_iter().map(|system| match system.context {
        Some(context) => format!("{} (context {context})", system.name),
        None => system.name,
    });
    let known: Vec<_> = known.take(5).collect();
    Err(not_recorded()
        .cause(format!("recorded were: {}", known.join("; ")))
        .hint(hint())
        .hint(CommandText::to("show another system", ShellCommand::new("history --system NAME"))))
}
