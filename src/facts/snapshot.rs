//! Snapshots: states of the system that the history stores.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Status;
use super::identity::ServerRun;
use super::operation::{OperationType, Reasons};

/// A metric that is recorded. One list defines the store, the tables, the charts and the exported metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Due jobs.
    Due,
    /// Age of the oldest due job, in seconds.
    OldestDue,
    /// Scheduled jobs.
    Scheduled,
    /// Claimed jobs, running or stuck.
    Claimed,
    /// Stuck jobs.
    Stuck,
    /// Failed jobs that will be retried.
    Failed,
    /// Dead letters.
    Dead,
    /// Jobs dead-lettered in the last hour.
    DeadLetteredLastHour,
    /// Jobs finished per minute.
    Throughput,
    /// Active workers.
    Workers,
    /// Age of the newest heartbeat, in seconds.
    HeartbeatAge,
}

/// Documentation of a metric.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricDoc {
    /// The metric; its index in the list is its index in [`MetricValues`].
    pub(crate) metric: Metric,
    /// Name in JSON, CSV and OpenMetrics. The columns of the store are in the same order.
    pub(crate) name: &'static str,
    /// Name in output.
    pub(crate) title: &'static str,
    /// `jobs`, `seconds`, `jobs/min`, `workers`.
    pub(crate) unit: &'static str,
    /// Whether low values are bad, so that a chart shows the lowest value of an interval.
    pub(crate) low_is_bad: bool,
    /// Description in one sentence.
    pub(crate) about: &'static str,
}

/// All metrics, in display order.
pub(crate) const METRICS: [MetricDoc; 11] = [
    doc(Metric::Due, "due", "due", "jobs", "Due jobs."),
    doc(
        Metric::OldestDue,
        "oldest_due",
        "oldest due",
        "seconds",
        "Time since the oldest due job became due.",
    ),
    doc(Metric::Scheduled, "scheduled", "scheduled", "jobs", "Scheduled jobs."),
    doc(Metric::Claimed, "claimed", "claimed", "jobs", "Claimed jobs, running or stuck."),
    doc(Metric::Stuck, "stuck", "stuck", "jobs", "Claimed jobs without a recent heartbeat."),
    doc(Metric::Failed, "failed", "failed", "jobs", "Failed jobs that will be retried."),
    doc(Metric::Dead, "dead", "dead letters", "jobs", "Dead letters."),
    doc(
        Metric::DeadLetteredLastHour,
        "dead_lettered_last_hour",
        "dead-lettered (1h)",
        "jobs",
        "Jobs dead-lettered in the last hour.",
    ),
    doc(Metric::Throughput, "throughput", "finished", "jobs/min", "Jobs finished per minute."),
    doc(Metric::Workers, "workers", "workers", "workers", "Workers with a recent heartbeat."),
    doc(
        Metric::HeartbeatAge,
        "heartbeat_age",
        "last heartbeat",
        "seconds",
        "Time since the newest heartbeat of a claimed job.",
    ),
];

const fn doc(
    metric: Metric,
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
) -> MetricDoc {
    let low_is_bad = matches!(metric, Metric::Throughput | Metric::Workers);
    MetricDoc { metric, name, title, unit, low_is_bad, about }
}

/// Value of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measure {
    /// The number.
    pub(crate) value: f64,
    /// Whether the value is a lower bound.
    pub(crate) at_least: bool,
}

/// Values of all metrics; `None` for a metric that was not read, which is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MetricValues([Option<Measure>; METRICS.len()]);

impl MetricValues {
    /// The value of a metric, if it was read.
    pub(crate) fn get(&self, metric: Metric) -> Option<Measure> {
        self.0[metric as usize]
    }

    /// Sets the value of a metric.
    pub(crate) fn set(&mut self, metric: Metric, measure: Option<Measure>) {
        self.0[metric as usize] = measure.filter(|m| m.value.is_finite());
    }

    /// Sets an exact value of a metric.
    pub fn exact(&mut self, metric: Metric, value: Option<f64>) {
        self.set(metric, value.map(|value| Measure { value, at_least: false }));
    }
}

/// A snapshot: one row of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When it started, by the clock of this machine.
    pub at: Timestamp,
    /// Duration.
    pub took: Duration,
    /// Worst status of all checks; skipped checks count as UNKNOWN.
    pub status: Status,
    /// Number of the runbook section that applies.
    pub section: Option<String>,
    /// Checks that were not OK, in the order of the checklist, without duplicates.
    pub failed_checks: Vec<FailedCheck>,
    /// Ids of all checks that were evaluated, sorted. A check that is missing was not evaluated, which is not OK.
    pub evaluated: Vec<String>,
    /// When it started, by the clock of the database server, if that was read.
    pub server_time: Option<Timestamp>,
    /// The database server; `None` if it did not say which one it is.
    pub server: Option<ServerRun>,
    /// Values of the metrics.
    pub metrics: MetricValues,
    /// Details for display.
    pub detail: SnapshotDetail,
}

/// A check that was not OK.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedCheck {
    /// Id.
    pub check: String,
    /// Its worst status; a skipped check is UNKNOWN.
    pub status: Status,
    /// Its detail; empty if it was read from the store.
    pub message: String,
}

/// Details of a snapshot, stored as JSON. Untrusted texts are redacted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SnapshotDetail {
    /// Areas of the triage report.
    pub areas: Vec<AreaLine>,
    /// Counts by kind, most jobs first.
    pub kinds: Vec<KindLine>,
    /// Newest dead letters by cause, most frequent first.
    pub causes: Vec<GroupLine>,
    /// When the access audit that it reports ran. Earlier versions did not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audited_at: Option<Timestamp>,
}

/// An area of the triage report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaLine {
    /// Name of the area.
    pub area: String,
    /// `ok`, `warning`, `critical` or `unknown`.
    pub status: String,
    /// Detail of the area.
    pub detail: String,
}

/// Counts for one kind of job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindLine {
    /// Kind of job.
    pub(crate) kind: String,
    /// Due jobs.
    pub(crate) due: u64,
    /// Seconds since the oldest due job became due.
    pub(crate) oldest_due: Option<f64>,
    /// Claimed jobs, running or stuck.
    pub(crate) claimed: u64,
    /// Dead letters.
    pub(crate) dead: u64,
}

/// A group of dead letters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupLine {
    /// Id of the group.
    pub(crate) group: String,
    /// Kind of its jobs.
    pub(crate) kind: String,
    /// Number of jobs among the newest dead letters.
    pub(crate) jobs: u64,
    /// Number dead-lettered in the last 15 minutes.
    pub(crate) recent: u64,
    /// Cause, with `<*>` for variable parts.
    pub(crate) cause: String,
}

/// A snapshot while the store is read, borrowed from its row.
#[derive(Debug, Clone, Copy)]
pub struct StoredSnapshot<'a> {
    /// Start time in milliseconds since 1970.
    pub at: i64,
    /// Worst status of all checks.
    pub(crate) status: Status,
    /// Number of the runbook section that applies.
    pub(crate) section: Option<&'a str>,
    /// Checks that were not OK, in the form that [`parse_failed_checks`] parses.
    pub(crate) bad: &'a str,
    /// Checks that were evaluated; `None` if an earlier version stored the snapshot.
    pub(crate) evaluated: Option<&'a CheckSet>,
    /// Values of the metrics.
    pub(crate) metrics: MetricValues,
}

/// Ids of the checks that were evaluated for a snapshot. Consecutive snapshots share their set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CheckSet {
    /// Number of the set in the store: sets with the same number are equal.
    pub(crate) number: i64,
    checks: BTreeSet<String>,
}

impl CheckSet {
    /// Parses ids separated by blanks.
    pub(crate) fn parse(number: i64, text: &str) -> Self {
        Self { number, checks: text.split_ascii_whitespace().map(str::to_owned).collect() }
    }

    /// Whether the check was evaluated.
    pub(crate) fn contains(&self, check: &str) -> bool {
        self.checks.contains(check)
    }

    /// The ids, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().map(String::as_str)
    }
}

/// Parses `queue.workers:2 ready.ok:1`.
pub(crate) fn parse_failed_checks(bad: &str) -> impl Iterator<Item = (&str, Status)> {
    let pair = |word| {
        let (check, number) = str::split_once(word, ':')?;
        Some((check, number.parse().map_or(Status::Unknown, Status::from_number)))
    };
    bad.split_ascii_whitespace().filter_map(pair)
}

/// An operation in the history. Untrusted texts are redacted.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationMarker {
    /// Id.
    pub operation: String,
    /// Type of the operation.
    pub operation_type: OperationType,
    /// `user@host`.
    pub who: String,
    /// The reason, and those of its resumes.
    pub reasons: Reasons,
    /// When it started.
    pub at: Timestamp,
    /// Number of jobs that it wrote.
    pub jobs: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_order_matches_the_stored_columns() {
        for (place, doc) in METRICS.iter().enumerate() {
            assert_eq!(doc.metric as usize, place, "{}", doc.name);
        }
    }

    #[test]
    fn non_finite_metric_is_unknown() {
        let mut figures = MetricValues::default();
        figures.exact(Metric::OldestDue, Some(f64::INFINITY));
        assert_eq!(figures.get(Metric::OldestDue), None);
    }
}
