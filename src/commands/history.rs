//! `history`: what was recorded, and when it started. Asks neither app nor database.

use std::ops::ControlFlow;

use crate::cli::History;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::exit::ExitCode;
use crate::facts::SourceErrorKind;
use crate::facts::operation::reasons;
use crate::facts::snapshot::OperationMarker;
use crate::history::{HistoryRange, ProblemStarts, TimeSeries};
use crate::render::html;
use crate::render::row_stream::RowStream;
use crate::report::Report;
use crate::report::history::{PointJson, report};
use crate::sources::files::history::Store;
use crate::sources::files::local_store;
use crate::sources::files::local_store::{LocalStore, StoredOperation};

/// Snapshots before the range that are looked at for the beginning of a trouble.
const SEARCH_BACK: u32 = 20_000;
/// Steps of the timeline where nobody reads it on a terminal.
const BUCKETS: usize = 48;
/// Columns of the tables beside the timeline.
const CONTEXT_SPAN: u16 = 58;
/// The shortest stretch that is shown, milliseconds.
const SHORTEST: i64 = 600_000;
/// Steps of the timeline on a page.
const HTML_BUCKETS: usize = 240;

/// Shows the past, or writes a page of it.
///
/// # Errors
/// When nothing was recorded, or the store or the page cannot be used.
pub async fn run(context: &Context, args: &History) -> Result<Report, Error> {
    let width = context.terminal.stdout.width;
    let steps = width
        .map_or(BUCKETS, |width| usize::from(width.saturating_sub(CONTEXT_SPAN).clamp(20, 96)));
    let steps = if args.html.is_some() { HTML_BUCKETS } else { steps };
    let past = read(context, args, steps)?;
    let now = context.now();
    if let Some(file) = &args.html {
        local_store::put(file, &html::history::render(&past, &context.provenance(), now))?;
    }
    Ok(report(&past, args.html.as_deref(), now, &context.provenance()))
}

/// Writes every snapshot of the range, one a row.
///
/// # Errors
/// As [`run`].
pub fn stream(context: &Context, args: &History, rows: RowStream) -> Result<ExitCode, Error> {
    let (store, place, _) = open(context)?;
    let now = context.now();
    let mut out = context.terminal.stream();
    let mut written = out.write(&rows.head(&PointJson::columns()));
    let range = (args.since.at(now).as_millisecond(), now.as_millisecond());
    store.walk(place, range, |point| {
        if matches!(written, Ok(ControlFlow::Continue(()))) {
            written = out.write(&rows.row(&PointJson::row(point)));
        }
    })?;
    let flushed = out.finish();
    written
        .and(flushed)
        .map_err(|error| Error::bug("the rows could not be written").cause(error))?;
    Ok(ExitCode::Ok)
}

fn read(context: &Context, args: &History, steps: usize) -> Result<HistoryRange, Error> {
    let (store, place, subject) = open(context)?;
    let until = context.now();
    let from = args.since.at(until);
    if from >= until {
        return Err(Error::usage("--since lies in the future"));
    }
    let until = until.as_millisecond();
    let recorded = store.first(place)?.unwrap_or(until).min(until - SHORTEST);
    // Nothing is known of the time before the first snapshot, and a blank says no more than that.
    let range = (recorded.max(from.as_millisecond()), until);
    let began = (range.0 == recorded).then_some(recorded);
    let (mut series, mut onsets) =
        (TimeSeries::new(range.0, range.1, steps), ProblemStarts::default());
    store.walk(place, range, |point| {
        series.add(point);
        onsets.add(point);
    })?;
    let mut looked_back = None;
    if let Some(first) = onsets.open_since() {
        looked_back = Some(first);
        store.back(place, first, SEARCH_BACK, |at, bad| {
            looked_back = Some(at);
            onsets.add_earlier(at, bad)
        })?;
    }
    let marks = merged(own_operations(context, range), store.marks(place, range)?);
    let latest = store.latest_detail(place, range.1)?;
    Ok(HistoryRange {
        series: series.finish(),
        problem_starts: onsets,
        marks,
        latest,
        searched_since: looked_back,
        began,
        subject,
    })
}

/// One mark for each operation, in order: what this machine knows, and what a recorder saw of it.
fn merged(own: Vec<OperationMarker>, seen: Vec<OperationMarker>) -> Vec<OperationMarker> {
    let mut marks = own;
    for mark in seen {
        match marks.iter_mut().find(|known| known.operation == mark.operation) {
            Some(known) => {
                let first = (known.who.as_str(), known.reason.as_deref());
                known.reason = reasons(first, (&mark.who, mark.reason.as_deref()));
                known.jobs = known.jobs.max(mark.jobs);
            }
            None => marks.push(mark),
        }
    }
    marks.sort_by(|a, b| (a.at, &a.operation).cmp(&(b.at, &b.operation)));
    marks
}

/// Requeues of this machine: it knows them without a recorder that saw their events.
fn own_operations(context: &Context, (from, until): (i64, i64)) -> Vec<OperationMarker> {
    let Ok(state) = LocalStore::open(context.settings.state_dir.as_deref()) else { return vec![] };
    let place = context.database_name();
    let here = state.operations().into_iter().filter(|record| {
        record.database == place && (from..=until).contains(&record.operation.at.as_millisecond())
    });
    here.map(own_mark).collect()
}

fn own_mark(record: StoredOperation) -> OperationMarker {
    let began = record.began.as_ref().unwrap_or(&record.author);
    let (who, last) = (began.who(), record.author.who());
    let reason = reasons((&who, began.reason.as_deref()), (&last, record.author.reason.as_deref()));
    OperationMarker {
        operation: record.operation.to_string(),
        operation_type: record.operation_type,
        reason: reason.as_deref().map(crate::redact::text),
        who,
        at: record.operation.at,
        jobs: record.written,
    }
}

/// The store, and the place in it that is meant.
fn open(context: &Context) -> Result<(Store, i64, String), Error> {
    let subject = context.system_id()?;
    let nothing = || {
        Error::new(
            ErrorKind::Source(SourceErrorKind::NotFound),
            format!("nothing was recorded of {subject}"),
        )
    };
    let hint = "record once: cliplyctl record";
    let store =
        Store::read(context.settings.state_dir.as_deref())?.ok_or_else(|| nothing().hint(hint))?;
    match store.place(&subject)? {
        Some(place) => Ok((store, place, subject)),
        None => {
            let known = store.places()?.into_iter().map(|place| match place.context {
                Some(context) => format!("{} (context {context})", place.name),
                None => place.name,
            });
            let known: Vec<_> = known.take(5).collect();
            Err(nothing().cause(format!("recorded were: {}", known.join("; "))).hint(hint))
        }
    }
}
