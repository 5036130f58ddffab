//! One look at the system as the history keeps it.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Status;
use super::operation::OperationType;

/// A figure that is recorded: one list feeds the store, the tables, the charts and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Waiting and due.
    Due,
    /// Age of the oldest due job.
    OldestDue,
    /// Waiting for later.
    Scheduled,
    /// In progress.
    InProgress,
    /// In progress under a silent worker.
    Stuck,
    /// Failed, to be tried again.
    Failed,
    /// Dead letters.
    Dead,
    /// Deaths in the last hour.
    DeadLetteredLastHour,
    /// Jobs finished a minute.
    Throughput,
    /// Workers with a recent heartbeat.
    Workers,
    /// Age of the youngest heartbeat.
    HeartbeatAge,
}

/// What is to be known of a figure.
#[derive(Debug, Clone, Copy)]
pub struct MetricDoc {
    /// The figure; its place in the list is its place in [`Figures`].
    pub metric: Metric,
    /// Its name for machines: a column of the store, a field of the JSON.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// `jobs`, `seconds`, `jobs/min`, `workers`.
    pub unit: &'static str,
    /// One sentence.
    pub about: &'static str,
}

/// Every figure, in the order in which it is shown.
pub const METRICS: [MetricDoc; 11] = [
    doc(Metric::Due, "due", "due now", "jobs", "Jobs that wait and are due."),
    doc(
        Metric::OldestDue,
        "oldest_due",
        "oldest due",
        "seconds",
        "Time since the oldest due job became due.",
    ),
    doc(Metric::Scheduled, "scheduled", "scheduled later", "jobs", "Jobs that wait for later."),
    doc(Metric::InProgress, "in_progress", "in progress", "jobs", "Jobs in progress."),
    doc(Metric::Stuck, "stuck", "stuck", "jobs", "Jobs in progress whose worker is silent."),
    doc(Metric::Failed, "failed", "failed", "jobs", "Jobs that failed and will be tried again."),
    doc(Metric::Dead, "dead", "dead letters", "jobs", "Dead letters."),
    doc(
        Metric::DeadLetteredLastHour,
        "died_last_hour",
        "died in the hour",
        "jobs",
        "Jobs that died within the last hour.",
    ),
    doc(Metric::Throughput, "throughput", "finished", "jobs/min", "Jobs finished a minute."),
    doc(Metric::Workers, "workers", "workers", "workers", "Workers with a recent heartbeat."),
    doc(
        Metric::HeartbeatAge,
        "last_beat",
        "last beat",
        "seconds",
        "Time since the youngest heartbeat of a job in progress.",
    ),
];

const fn doc(
    figure: Metric,
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
) -> MetricDoc {
    MetricDoc { metric: figure, name, title, unit, about }
}

/// A number, and whether there may be more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The number.
    pub value: f64,
    /// Whether it is a lower bound.
    pub at_least: bool,
}

/// What was read of each figure; `None`: not read, which is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MetricValues([Option<Measure>; METRICS.len()]);

impl MetricValues {
    /// The figure, where it is known.
    #[must_use]
    pub fn get(&self, figure: Metric) -> Option<Measure> {
        self.0[figure as usize]
    }

    /// Sets a figure.
    pub fn set(&mut self, figure: Metric, measure: Option<Measure>) {
        self.0[figure as usize] = measure.filter(|m| m.value.is_finite());
    }

    /// Sets a figure that is exact.
    pub fn exact(&mut self, figure: Metric, value: Option<f64>) {
        self.set(figure, value.map(|value| Measure { value, at_least: false }));
    }
}

/// One look at the system: a row of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// When it began, by this machine's clock.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// The worst of all checks; what was skipped is UNKNOWN here.
    pub status: Status,
    /// Number of the section that applies.
    pub section: Option<String>,
    /// The checks that were not OK, in the order of the checklist, each once.
    pub failed_checks: Vec<FailedCheck>,
    /// The figures.
    pub metrics: MetricValues,
    /// What a person wants to read of it.
    pub detail: SnapshotDetail,
}

/// A check that was not OK.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedCheck {
    /// Its id.
    pub check: String,
    /// The worst that it said; what was skipped is UNKNOWN here.
    pub status: Status,
    /// What it said; empty where it was read back from the store.
    pub message: String,
}

/// The readable part of a snapshot, kept as JSON. Texts from outside are masked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SnapshotDetail {
    /// The checklist.
    #[serde(rename = "steps")]
    pub areas: Vec<AreaLine>,
    /// The queue by kind, busiest first.
    pub kinds: Vec<KindLine>,
    /// The newest dead letters by cause, the most frequent first.
    pub causes: Vec<GroupLine>,
}

/// A line of the checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaLine {
    /// The question.
    #[serde(rename = "question")]
    pub area: String,
    /// `ok`, `warning`, `critical` or `unknown`.
    #[serde(rename = "verdict")]
    pub status: String,
    /// What was read.
    #[serde(rename = "reading")]
    pub detail: String,
}

/// A kind of job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindLine {
    /// The kind.
    pub kind: String,
    /// Waiting and due.
    pub due: u64,
    /// Seconds since the oldest became due.
    pub oldest_due: Option<f64>,
    /// In progress.
    pub in_progress: u64,
    /// Dead.
    pub dead: u64,
}

/// A cause of deaths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupLine {
    /// Names the group.
    #[serde(rename = "hash")]
    pub group: String,
    /// The kind of its jobs.
    pub kind: String,
    /// Jobs among the newest dead letters.
    pub jobs: u64,
    /// Deaths within a quarter of an hour.
    pub recent: u64,
    /// The error with `<*>` where jobs differ.
    #[serde(rename = "template")]
    pub cause: String,
}

/// A snapshot as the store hands it out while it is read.
#[derive(Debug, Clone, Copy)]
pub struct StoredSnapshot<'a> {
    /// When, milliseconds since 1970.
    pub at: i64,
    /// The worst verdict.
    pub status: Status,
    /// Number of the section that applies.
    pub section: Option<&'a str>,
    /// The checks that were not OK, as [`troubles`] reads them.
    pub bad: &'a str,
    /// The figures.
    pub metrics: MetricValues,
}

/// Reads `queue.workers:2 ready.ok:1`.
pub fn parse_failed_checks(bad: &str) -> impl Iterator<Item = (&str, Status)> {
    let pair = |word| {
        let (check, number) = str::split_once(word, ':')?;
        Some((check, number.parse().map_or(Status::Unknown, Status::from_number)))
    };
    bad.split_ascii_whitespace().filter_map(pair)
}

/// An operation as the history marks it. Texts from outside are masked.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationMarker {
    /// Its id.
    pub operation: String,
    /// What it is.
    pub operation_type: OperationType,
    /// `user@host`.
    pub who: String,
    /// Why.
    pub reason: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// Jobs that it wrote.
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
