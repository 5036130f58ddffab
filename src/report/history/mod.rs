//! The report of `history`.

mod json;
mod sentences;
pub(crate) mod systems;

use std::path::Path;

use jiff::Timestamp;
use json::data;
pub(crate) use json::{HistoryJson, SnapshotRowJson};
use sentences::notes;
pub(crate) use sentences::{mark_text, started, time};

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::snapshot::{METRICS, MetricDoc};
use crate::history::{HistoryRange, OpenProblem, TimeBucket};
use crate::suggest::ShellCommand;
use crate::text;
use crate::text::sparkline;
use crate::triage::areas::AREAS;

/// Builds the report; `page` is the HTML file that was written.
pub(crate) fn report(
    history: &HistoryRange,
    page: Option<&Path>,
    now: Timestamp,
    from: &Provenance,
) -> Report {
    let mut document = Document::default();
    document.headline(history.current_status(), started(history, now));
    document.push(title_line::title("history", from));
    if let Some(page) = page {
        let name =
            if page == Path::new("-") { "stdout".into() } else { page.display().to_string() };
        document.note(format!("wrote {name}"));
    } else if history.series.latest.is_some() {
        document.push(Block::Table(area_table(history)));
        document.push(Block::Table(metrics_table(history)));
    }
    for note in notes(history, now) {
        document.note(note);
    }
    if !history.is_selected || from.context.is_some() {
        document.next(next(history));
    }
    let mut report = Report::listing("history", data(history, now), document);
    report.summary = vec![
        ("status", history.current_status().as_str().into()),
        ("snapshots", history.series.snapshots.into()),
        ("started", history.problem_starts.start().map(|problem| time(problem.since)).into()),
    ];
    report
}

/// Builds the table with the timeline of each area and of the operations.
fn area_table(history: &HistoryRange) -> Table {
    let mut table = Table::new(vec![
        Column::text("area"),
        Column::text("status"),
        Column::number("problem start"),
        Column::text("timeline"),
    ]);
    let buckets = &history.series.buckets;
    let is_stale = history.series.stale_since().is_some();
    for (index, area) in AREAS.iter().enumerate() {
        // `record` does not evaluate the environment, so its area may be missing.
        let is_recorded = history
            .latest
            .as_ref()
            .is_none_or(|detail| detail.areas.iter().any(|line| line.area == area.name));
        if !is_recorded {
            continue;
        }
        let problem = history.problem_starts.area(area.name);
        let status = problem.map_or(Status::Ok, |problem| problem.status);
        let status = if is_stale { Status::Unknown } else { status };
        let bucket_status = |bucket: &TimeBucket| bucket.areas[index];
        table.row(vec![
            Cell::plain(area.label),
            Cell::status(status),
            Cell::plain(problem.map_or_else(String::new, since)),
            Cell::value_with_status(
                sparkline::status_line(buckets.iter().map(bucket_status)),
                status,
            ),
        ]);
    }
    if !history.marks.is_empty() {
        let mut line = vec![' '; buckets.len()];
        for marker in &history.marks {
            if let Some(index) = history.series.bucket_index(marker.at.as_millisecond()) {
                line[index] = sentences::marker_letter(marker.operation_type);
            }
        }
        let line: String = line.into_iter().collect();
        let count = text::count(history.marks.len() as u64);
        table.row(vec![
            Cell::plain("Operations"),
            Cell::plain(count),
            Cell::default(),
            Cell::strong(line.trim_end()),
        ]);
    }
    table
}

/// Returns the month, day and time of the problem start; `≤` if it began before the first snapshot.
fn since(problem: &OpenProblem) -> String {
    let text = time(problem.since);
    if problem.last_ok.is_none() { format!("≤ {}", &text[5..16]) } else { text[5..16].to_owned() }
}

fn metrics_table(history: &HistoryRange) -> Table {
    let mut table = Table::new(vec![
        Column::text("metric"),
        Column::number("now"),
        Column::number("min"),
        Column::number("max"),
        Column::text("trend"),
    ]);
    for doc in &METRICS {
        let ranges =
            || history.series.buckets.iter().filter_map(|b| b.metrics[doc.metric as usize]);
        let (Some(min), Some(max)) = (
            ranges().map(|range| range.min).reduce(f64::min),
            ranges().map(|range| range.max).reduce(f64::max),
        ) else {
            continue;
        };
        table.row(vec![
            Cell::plain(doc.title),
            Cell::strong(last_text(history, doc)),
            Cell::plain(text::format_metric(doc, min)),
            Cell::plain(text::format_metric(doc, max)),
            Cell::plain(sparkline::bars(history.series.metric(doc)).trim_end()),
        ]);
    }
    table
}

/// Returns the value in the latest snapshot with its bound; `-` if that has none.
pub(crate) fn last_text(history: &HistoryRange, doc: &MetricDoc) -> String {
    history.latest_value(doc).map_or("-".to_owned(), |range| {
        let bound = if range.at_least { "≥ " } else { "" };
        format!("{bound}{}", text::format_metric(doc, range.last))
    })
}

fn next(history: &HistoryRange) -> Vec<Suggestion> {
    let Some(start) = history.problem_starts.start() else { return vec![] };
    vec![
        Suggestion::fixed("triage", "current status"),
        Suggestion::new(
            ShellCommand::new("runbook").arg(&start.subject),
            "runbook section of the check",
        ),
    ]
}
