//! The answer of `history`.

use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Block, Cell, Column, Document, Provenance, Report, Table, header};
use crate::facts::Verdict;
use crate::facts::snapshot::{FIGURES, FigureDoc, Mark, Point};
use crate::history::series::Span;
use crate::history::{Bucket, Onset, Past};
use crate::text;
use crate::text::sparkline;
use crate::triage::tree::TREE;

/// `data` of `history`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryJson {
    /// The database and the app.
    subject: String,
    /// RFC 3339 UTC.
    from: String,
    /// RFC 3339 UTC.
    until: String,
    /// Length of a step, seconds.
    step: f64,
    /// Snapshots within the range.
    snapshots: u64,
    /// The last of them, RFC 3339 UTC.
    latest: Option<String>,
    /// When did it start? One sentence.
    started: String,
    /// Every check that is not OK, the earliest trouble first.
    troubles: Vec<TroubleJson>,
    /// Times without snapshots, the latest first.
    gaps: Vec<GapJson>,
    /// Requeues and undos, the oldest first.
    operations: Vec<MarkJson>,
    /// The timeline: for each step its time, verdict, questions and figures; a gap has neither.
    steps: Vec<Value>,
}

/// A check that is not OK.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TroubleJson {
    check: String,
    status: &'static str,
    /// The first snapshot behind the last good one, RFC 3339 UTC.
    since: String,
    /// The last snapshot in which it was OK; null: in none that was looked at.
    last_ok: Option<String>,
}

/// A time without snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GapJson {
    from: String,
    until: String,
}

/// An operation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MarkJson {
    operation: String,
    /// `requeue` or `undo`.
    deed: &'static str,
    at: String,
    who: String,
    reason: Option<String>,
    jobs: u64,
}

/// A snapshot as a row.
pub struct PointJson;

impl PointJson {
    /// The names of its fields.
    #[must_use]
    pub fn columns() -> Vec<&'static str> {
        let mut columns = vec!["at", "verdict", "section", "not_ok"];
        columns.extend(FIGURES.iter().map(|doc| doc.name));
        columns
    }

    /// Its fields in that order; what is not known is null.
    #[must_use]
    pub fn row(point: &Point<'_>) -> Value {
        let mut row = Map::new();
        row.insert("at".into(), time(point.at).into());
        row.insert("verdict".into(), point.verdict.word().into());
        row.insert("section".into(), point.section.into());
        let checks = crate::facts::snapshot::troubles(point.bad).map(|(check, _)| check);
        row.insert("not_ok".into(), checks.collect::<Vec<_>>().join(" ").into());
        for doc in &FIGURES {
            let value = point.figures.get(doc.figure).map(|measure| measure.value);
            row.insert(doc.name.into(), value.map_or(Value::Null, number));
        }
        Value::Object(row)
    }
}

/// A whole number without a fraction.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return (value as i64).into();
    }
    ((value * 100.0).round() / 100.0).into()
}

/// RFC 3339 UTC of milliseconds since 1970.
#[must_use]
pub fn time(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Builds the view.
#[must_use]
pub fn report(past: &Past, page: Option<&Path>, now: Timestamp, from: &Provenance) -> Report {
    let mut document = Document::default();
    document.push(header::title("history", from));
    document.note(started(past, now));
    if let Some(page) = page {
        document.note(format!("written: {}", page.display()));
    } else if past.series.latest.is_some() {
        document.push(Block::Table(status(past)));
        document.push(Block::Table(figures(past)));
    }
    for note in notes(past, now) {
        document.note(note);
    }
    document.next(next(past));
    let mut report = Report::listing("history", data(past, now), document);
    report.summary = vec![
        ("snapshots", past.series.snapshots.into()),
        ("started", past.onsets.start().map(|onset| time(onset.since)).into()),
    ];
    report
}

/// When did it start? In one sentence.
#[must_use]
pub fn started(past: &Past, now: Timestamp) -> String {
    let ago = |at: i64| text::age((now.as_millisecond() - at) as f64 / 1e3);
    let Some(latest) = past.series.latest else {
        return format!("nothing was recorded since {}", time(past.series.from));
    };
    let Some(start) = past.onsets.start() else {
        return match &past.onsets.ended {
            Some(ended) => format!(
                "OK since {}; before, {} was not, for {} from {}",
                time(ended.until),
                ended.what,
                text::age((ended.until - ended.since) as f64 / 1e3),
                time(ended.since),
            ),
            None => format!("OK in every snapshot, the last one {} ago", ago(latest)),
        };
    };
    let (what, verdict) = (&start.what, start.verdict);
    let Some(last_ok) = start.last_ok else {
        let back = past.looked_back.unwrap_or(past.series.from);
        return format!(
            "it started before anything that was looked at: {what} ({verdict}) is not OK since {} at least",
            time(back.min(start.since)),
        );
    };
    let others: Vec<_> = past
        .onsets
        .checks()
        .into_iter()
        .filter(|onset| onset.what != start.what && onset.since >= start.since)
        .take(3)
        .map(|onset| {
            let later = text::age((onset.since - start.since) as f64 / 1e3);
            format!("{} (+{later})", onset.what)
        })
        .collect();
    let then =
        if others.is_empty() { String::new() } else { format!("; then {}", others.join(", ")) };
    format!(
        "it started {} ago, at {}, with {what} ({verdict}), last OK at {}{then}",
        ago(start.since),
        time(start.since),
        time(last_ok),
    )
}

/// The timeline of each question, and of the requeues below.
fn status(past: &Past) -> Table {
    let mut table = Table::new(vec![
        Column::text("step"),
        Column::text("last"),
        Column::number("not ok since"),
        Column::text("timeline"),
    ]);
    let buckets = &past.series.buckets;
    for (place, branch) in TREE.iter().enumerate() {
        // The recorder does not look into checkouts.
        let known = past
            .latest
            .as_ref()
            .is_none_or(|detail| detail.steps.iter().any(|step| step.question == branch.question));
        if !known {
            continue;
        }
        let onset = past.onsets.question(branch.question);
        let verdict = onset.map_or(Verdict::Ok, |onset| onset.verdict);
        let of = |bucket: &Bucket| bucket.verdict.map(|_| bucket.questions[place]);
        table.row(vec![
            Cell::plain(branch.question),
            Cell::verdict(verdict),
            Cell::plain(onset.map_or_else(String::new, since)),
            Cell::judged(sparkline::verdicts(buckets.iter().map(of)), verdict),
        ]);
    }
    if !past.marks.is_empty() {
        let mut line = vec![' '; buckets.len()];
        for mark in &past.marks {
            if let Some(place) = past.series.place(mark.at.as_millisecond()) {
                line[place] = if mark.undo { 'U' } else { 'R' };
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
fn since(onset: &Onset) -> String {
    let text = time(onset.since);
    if onset.last_ok.is_none() { format!("≤ {}", &text[5..16]) } else { text[5..16].to_owned() }
}

fn figures(past: &Past) -> Table {
    let mut table = Table::new(vec![
        Column::text("figure"),
        Column::number("last"),
        Column::number("min"),
        Column::number("max"),
        Column::text("over time"),
    ]);
    for doc in &FIGURES {
        let spans = || past.series.buckets.iter().filter_map(|b| b.figures[doc.figure as usize]);
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
            Cell::plain(text::figure(doc, min)),
            Cell::plain(text::figure(doc, max)),
            Cell::plain(sparkline::bars(past.series.figure(doc)).trim_end()),
        ]);
    }
    table
}

fn last_text(doc: &FigureDoc, span: Span) -> String {
    let bound = if span.at_least { "≥ " } else { "" };
    format!("{bound}{}", text::figure(doc, span.last))
}

/// What is to be known of the timeline: its ends, gaps and operations.
fn notes(past: &Past, now: Timestamp) -> Vec<String> {
    let series = &past.series;
    let step = text::age(series.step as f64 / 1e3);
    let mut notes = vec![format!(
        "{} to {}, {} a step, {}; · OK, w warning, C critical, ? unknown, blank: not recorded",
        time(series.from),
        time(series.until),
        step,
        text::plural(series.snapshots, "snapshot", "snapshots"),
    )];
    for (from, until) in series.gaps.iter().take(3) {
        let long = text::age((until - from) as f64 / 1e3);
        notes.push(if *until >= series.until {
            format!("not recorded since {} ({long}): figures are of then", time(*from))
        } else {
            format!("not recorded for {long} from {}", time(*from))
        });
    }
    if series.gaps.len() > 3 {
        notes.push(format!("and {} more gaps", series.gaps.len() - 3));
    }
    for mark in past.marks.iter().rev().take(5) {
        notes.push(mark_text(mark, now));
    }
    notes
}

/// `R 2026-01-31T04:00:00Z ada@desk requeued 120 jobs (rq-…): the token was renewed`
#[must_use]
pub fn mark_text(mark: &Mark, now: Timestamp) -> String {
    let (sign, deed) = if mark.undo { ("U", "put back") } else { ("R", "requeued") };
    let reason = mark.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!(
        "{sign} {} ({} ago) {} {deed} {} ({}){reason}",
        time(mark.at.as_millisecond()),
        text::age(text::seconds_since(mark.at, now)),
        mark.who,
        text::plural(mark.jobs, "job", "jobs"),
        mark.operation,
    )
}

fn next(past: &Past) -> Vec<(String, String)> {
    let Some(start) = past.onsets.start() else { return vec![] };
    vec![
        ("cliplyctl triage".to_owned(), "how it is now".to_owned()),
        (format!("cliplyctl runbook {}", start.what), "what this check means".to_owned()),
    ]
}

fn data(past: &Past, now: Timestamp) -> HistoryJson {
    let series = &past.series;
    let trouble = |onset: &Onset| TroubleJson {
        check: onset.what.clone(),
        status: onset.verdict.word(),
        since: time(onset.since),
        last_ok: onset.last_ok.map(time),
    };
    let mark = |mark: &Mark| MarkJson {
        operation: mark.operation.clone(),
        deed: if mark.undo { "undo" } else { "requeue" },
        at: time(mark.at.as_millisecond()),
        who: mark.who.clone(),
        reason: mark.reason.clone(),
        jobs: mark.jobs,
    };
    HistoryJson {
        subject: past.subject.clone(),
        from: time(series.from),
        until: time(series.until),
        step: series.step as f64 / 1e3,
        snapshots: series.snapshots,
        latest: series.latest.map(time),
        started: started(past, now),
        troubles: past.onsets.checks().into_iter().map(trouble).collect(),
        gaps: series
            .gaps
            .iter()
            .map(|(a, b)| GapJson { from: time(*a), until: time(*b) })
            .collect(),
        operations: past.marks.iter().map(mark).collect(),
        steps: series.buckets.iter().map(step).collect(),
    }
}

fn step(bucket: &Bucket) -> Value {
    let questions = TREE.iter().zip(bucket.questions).map(|(branch, verdict)| {
        (branch.question.trim_end_matches('?').to_owned(), verdict.word().into())
    });
    let figure = |doc: &FigureDoc| {
        let span = bucket.figures[doc.figure as usize];
        let span = span.map(|span| {
            json!({"min": number(span.min), "max": number(span.max), "last": number(span.last),
                   "at_least": span.at_least})
        });
        (doc.name.to_owned(), span.unwrap_or_default())
    };
    let Some(verdict) = bucket.verdict else {
        return json!({"at": time(bucket.from), "snapshots": 0, "status": null});
    };
    json!({
        "at": time(bucket.from),
        "snapshots": bucket.snapshots,
        "status": verdict.word(),
        "questions": questions.collect::<Map<_, _>>(),
        "figures": FIGURES.iter().map(figure).collect::<Map<_, _>>(),
    })
}
