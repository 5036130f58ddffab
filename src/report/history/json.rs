//! The JSON of `history`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::sentences::{started, time};
use crate::facts::Status;
use crate::facts::snapshot::{METRICS, MetricDoc, OperationMarker, StoredSnapshot};
use crate::history::{HistoryRange, OpenProblem, TimeBucket};
use crate::triage::areas::AREAS;

/// `data` of `history`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HistoryJson {
    /// Database and app.
    subject: String,
    /// Start of the range, RFC 3339 UTC.
    from: String,
    /// End of the range, RFC 3339 UTC.
    until: String,
    /// Length of a step in seconds.
    step: f64,
    /// Number of snapshots in the range.
    snapshots: u64,
    /// Time of the latest snapshot, RFC 3339 UTC.
    latest: Option<String>,
    /// The status now: `unknown` if the next snapshot is overdue by three times the usual interval.
    status: &'static str,
    /// Problem start, in one sentence.
    started: String,
    /// Checks that are not OK, earliest problem start first.
    troubles: Vec<ProblemJson>,
    /// Gaps between snapshots, latest first.
    gaps: Vec<GapJson>,
    /// Operations, oldest first.
    operations: Vec<OperationMarkerJson>,
    /// Timeline, oldest first.
    steps: Vec<StepJson>,
}

/// A step of the timeline.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StepJson {
    /// Start of the step, RFC 3339 UTC.
    at: String,
    /// Number of snapshots; 0 in a gap.
    snapshots: u64,
    /// The worst status; null in a gap.
    status: Option<&'static str>,
    /// Status of each area, null if it was not evaluated; missing in a gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, Option<String>>")]
    questions: Option<Map<String, Value>>,
    /// Values of each metric, null if there are none; missing in a gap.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, Option<MetricRangeJson>>")]
    figures: Option<Map<String, Value>>,
}

/// The values of a metric in a step.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MetricRangeJson {
    /// The lowest value.
    #[schemars(with = "f64")]
    min: Value,
    /// The highest value.
    #[schemars(with = "f64")]
    max: Value,
    /// The last value; null if the last snapshot of the step does not have it.
    #[schemars(with = "Option<f64>")]
    last: Value,
    /// Whether the last value is a lower bound.
    at_least: bool,
}

/// A check that is not OK.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemJson {
    check: String,
    status: &'static str,
    /// Time of the first snapshot after the last OK one, RFC 3339 UTC.
    since: String,
    /// Time of the last snapshot in which the check was OK, RFC 3339 UTC; null if there is none.
    last_ok: Option<String>,
    /// Time of the first snapshot since which the check could not be evaluated, RFC 3339 UTC; `status` is that before.
    unknown_since: Option<String>,
}

/// A period without snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GapJson {
    from: String,
    until: String,
}

/// An operation.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OperationMarkerJson {
    operation: String,
    /// Type of the operation, such as `requeue` or `undo`.
    r#type: &'static str,
    at: String,
    who: String,
    reason: Option<String>,
    jobs: u64,
}

/// A snapshot as a row of `-o ndjson` and `-o csv`.
pub(crate) struct SnapshotRowJson;

impl SnapshotRowJson {
    /// Returns the names of the columns.
    pub(crate) fn columns() -> Vec<&'static str> {
        let mut columns = vec!["at", "status", "section", "not_ok"];
        columns.extend(METRICS.iter().map(|doc| doc.name));
        columns.push("at_least");
        columns
    }

    /// Returns the row in column order; unknown values are null. The last column lists the values that are lower
    /// bounds.
    pub(crate) fn row(snapshot: &StoredSnapshot<'_>) -> Value {
        let mut row = Map::new();
        row.insert("at".into(), time(snapshot.at).into());
        row.insert("status".into(), snapshot.status.as_str().into());
        row.insert("section".into(), snapshot.section.into());
        let checks =
            crate::facts::snapshot::parse_failed_checks(snapshot.bad).map(|(check, _)| check);
        row.insert("not_ok".into(), checks.collect::<Vec<_>>().join(" ").into());
        for doc in &METRICS {
            let value = snapshot.metrics.get(doc.metric).map(|measure| measure.value);
            row.insert(doc.name.into(), value.map_or(Value::Null, number));
        }
        let bounds = METRICS
            .iter()
            .filter(|doc| snapshot.metrics.get(doc.metric).is_some_and(|measure| measure.at_least));
        let bounds: Vec<_> = bounds.map(|doc| doc.name).collect();
        row.insert("at_least".into(), bounds.join(" ").into());
        Value::Object(row)
    }
}

/// Returns whole numbers without a fraction and others rounded to two decimals.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return (value as i64).into();
    }
    ((value * 100.0).round() / 100.0).into()
}

/// Builds the JSON of `history`.
pub(crate) fn data(history: &HistoryRange, now: Timestamp) -> HistoryJson {
    let series = &history.series;
    let problem_json = |problem: &OpenProblem| ProblemJson {
        check: problem.subject.clone(),
        status: problem.status.as_str(),
        since: time(problem.since),
        last_ok: problem.last_ok.map(time),
        unknown_since: problem.unknown_since.map(time),
    };
    let marker_json = |marker: &OperationMarker| OperationMarkerJson {
        operation: marker.operation.clone(),
        r#type: marker.operation_type.as_str(),
        at: time(marker.at.as_millisecond()),
        who: marker.who.clone(),
        reason: marker.reasons.text(),
        jobs: marker.jobs,
    };
    HistoryJson {
        subject: history.subject.clone(),
        from: time(series.from),
        until: time(series.until),
        step: series.step as f64 / 1e3,
        snapshots: series.snapshots,
        latest: series.latest.map(time),
        status: history.current_status().as_str(),
        started: started(history, now),
        troubles: history.problem_starts.checks().into_iter().map(problem_json).collect(),
        gaps: series
            .gaps
            .iter()
            .map(|(a, b)| GapJson { from: time(*a), until: time(*b) })
            .collect(),
        operations: history.marks.iter().map(marker_json).collect(),
        steps: series.buckets.iter().map(step).collect(),
    }
}

fn step(bucket: &TimeBucket) -> StepJson {
    let areas = AREAS.iter().zip(bucket.areas).map(|(area, status)| {
        let status = status.map_or(Value::Null, |status| status.as_str().into());
        (area.name.trim_end_matches('?').to_owned(), status)
    });
    let metric = |doc: &MetricDoc| {
        let range = bucket.metrics[doc.metric as usize].map(|range| MetricRangeJson {
            min: number(range.min),
            max: number(range.max),
            last: if bucket.is_latest(range) { number(range.last) } else { Value::Null },
            at_least: range.at_least,
        });
        (doc.name.to_owned(), serde_json::to_value(range).unwrap_or_default())
    };
    StepJson {
        at: time(bucket.from),
        snapshots: bucket.snapshots,
        status: bucket.status.map(Status::as_str),
        questions: bucket.status.map(|_| areas.collect()),
        figures: bucket.status.map(|_| METRICS.iter().map(metric).collect()),
    }
}
