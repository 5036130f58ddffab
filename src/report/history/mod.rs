//! The answer of `history`.

mod json;
mod sentences;

use std::path::Path;

use jiff::Timestamp;
use json::data;
pub use json::{GapJson, HistoryJson, MarkJson, PointJson, TroubleJson};
use sentences::notes;
pub use sentences::{mark_text, started, time};

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::facts::Status;
use crate::facts::snapshot::{METRICS, MetricDoc};
use crate::history::series::TimeRange;
use crate::history::{HistoryRange, OpenProblem, TimeBucket};
use crate::text;
use crate::text::sparkline;
use crate::triage::areas::AREAS;

/// Builds the view.
#[must_use]
pub fn report(
    past: &HistoryRange,
    page: Option<&Path>,
    now: Timestamp,
    from: &Provenance,
) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("history", from));
    document.note(started(past, now));
    if let Some(page) = page {
        document.note(format!("written: {}", page.display()));
    } else if past.series.latest.is_some() {
        document.push(Block::Table(status(past)));
        document.push(Block::Table(metrics_table(past)));
    }
    for note in notes(past, now) {
        document.note(note);
    }
    document.next(next(past));
    let mut report = Report::listing("history", data(past, now), document);
    report.summary = vec![
        ("snapshots", past.series.snapshots.into()),
        ("started", past.problem_starts.start().map(|onset| time(onset.since)).into()),
    ];
    report
}

/// The timeline of each question, and of the requeues below.
fn status(past: &HistoryRange) -> Table {
    let mut table = Table::new(vec![
        Column::text("step"),
        Column::text("last"),
        Column::number("not ok since"),
        Column::text("timeline"),
    ]);
    let buckets = &past.series.buckets;
    for (place, branch) in AREAS.iter().enumerate() {
        // The recorder does not look into checkouts.
        let known = past
            .latest
            .as_ref()
            .is_none_or(|detail| detail.areas.iter().any(|step| step.area == branch.name));
        if !known {
            continue;
        }
        let onset = past.problem_starts.question(branch.name);
        let verdict = onset.map_or(Status::Ok, |onset| onset.status);
        let of = |bucket: &TimeBucket| bucket.status.map(|_| bucket.questions[place]);
        table.row(vec![
            Cell::plain(branch.name),
            Cell::status(verdict),
            Cell::plain(onset.map_or_else(String::new, since)),
            Cell::value_with_status(sparkline::status_line(buckets.iter().map(of)), verdict),
        ]);
    }
    if !past.marks.is_empty() {
        let mut line = vec![' '; buckets.len()];
        for mark in &past.marks {
            if let Some(place) = past.series.place(mark.at.as_millisecond()) {
                line[place] = sentences::sign(mark.operation_type);
            }
        }
        let line: String = line.into_iter().collect();
        let count = text::count(past.marks.len() as u64);
        table.row(vec![
            Cell::plain("requeues"),
            Cell::plain(count),
            Cell::default(),
            Cell::strong(line.trim_end()),
        ]);
    }
    table
}

/// `14:03:10Z`, or the day as well when it was not within a day of the end.
fn since(onset: &OpenProblem) -> String {
    let text = time(onset.since);
    if onset.last_ok.is_none() { format!("≤ {}", &text[5..16]) } else { text[5..16].to_owned() }
}

fn metrics_table(past: &HistoryRange) -> Table {
    let mut table = Table::new(vec![
        Column::text("figure"),
        Column::number("last"),
        Column::number("min"),
        Column::number("max"),
        Column::text("over time"),
    ]);
    for doc in &METRICS {
        let spans = || past.series.buckets.iter().filter_map(|b| b.figures[doc.metric as usize]);
        let (Some(last), Some(min), Some(max)) = (
            spans().next_back(),
            spans().map(|span| span.min).reduce(f64::min),
            spans().map(|span| span.max).reduce(f64::max),
        ) else {
            continue;
        };
        table.row(vec![
            Cell::plain(doc.title),
            Cell::strong(last_text(doc, last)),
            Cell::plain(text::format_metric(doc, min)),
            Cell::plain(text::format_metric(doc, max)),
            Cell::plain(sparkline::bars(past.series.metric(doc)).trim_end()),
        ]);
    }
    table
}

fn last_text(doc: &MetricDoc, span: TimeRange) -> String {
    let bound = if span.at_least { "≥ " } else { "" };
    format!("{bound}{}", text::format_metric(doc, span.last))
}

fn next(past: &HistoryRange) -> Vec<(String, String)> {
    let Some(start) = past.problem_starts.start() else { return vec![] };
    vec![
        ("cliplyctl triage".to_owned(), "how it is now".to_owned()),
        (format!("cliplyctl runbook {}", start.what), "what this check means".to_owned()),
    ]
}
