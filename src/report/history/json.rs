//! The past for machines.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::sentences::{started, time};
use crate::facts::snapshot::{METRICS, MetricDoc, OperationMarker, StoredSnapshot};
use crate::history::{HistoryRange, OpenProblem, TimeBucket};
use crate::triage::areas::AREAS;

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
        columns.extend(METRICS.iter().map(|doc| doc.name));
        columns
    }

    /// Its fields in that order; what is not known is null.
    #[must_use]
    pub fn row(point: &StoredSnapshot<'_>) -> Value {
        let mut row = Map::new();
        row.insert("at".into(), time(point.at).into());
        row.insert("verdict".into(), point.status.as_str().into());
        row.insert("section".into(), point.section.into());
        let checks = crate::facts::snapshot::parse_failed_checks(point.bad).map(|(check, _)| check);
        row.insert("not_ok".into(), checks.collect::<Vec<_>>().join(" ").into());
        for doc in &METRICS {
            let value = point.metrics.get(doc.metric).map(|measure| measure.value);
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

/// The answer for machines.
pub(crate) fn data(past: &HistoryRange, now: Timestamp) -> HistoryJson {
    let series = &past.series;
    let trouble = |onset: &OpenProblem| TroubleJson {
        check: onset.what.clone(),
        status: onset.status.as_str(),
        since: time(onset.since),
        last_ok: onset.last_ok.map(time),
    };
    let mark = |mark: &OperationMarker| MarkJson {
        operation: mark.operation.clone(),
        deed: mark.operation_type.as_str(),
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
        troubles: past.problem_starts.checks().into_iter().map(trouble).collect(),
        gaps: series
            .gaps
            .iter()
            .map(|(a, b)| GapJson { from: time(*a), until: time(*b) })
            .collect(),
        operations: past.marks.iter().map(mark).collect(),
        steps: series.buckets.iter().map(step).collect(),
    }
}

fn step(bucket: &TimeBucket) -> Value {
    let questions = AREAS.iter().zip(bucket.questions).map(|(branch, verdict)| {
        (branch.name.trim_end_matches('?').to_owned(), verdict.as_str().into())
    });
    let figure = |doc: &MetricDoc| {
        let span = bucket.figures[doc.metric as usize];
        let span = span.map(|span| {
            json!({"min": number(span.min), "max": number(span.max), "last": number(span.last),
                   "at_least": span.at_least})
        });
        (doc.name.to_owned(), span.unwrap_or_default())
    };
    let Some(verdict) = bucket.status else {
        return json!({"at": time(bucket.from), "snapshots": 0, "status": null});
    };
    json!({
        "at": time(bucket.from),
        "snapshots": bucket.snapshots,
        "status": verdict.as_str(),
        "questions": questions.collect::<Map<_, _>>(),
        "figures": METRICS.iter().map(figure).collect::<Map<_, _>>(),
    })
}
