//! The JSON of `queue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::listed_workers;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::queue::{Count, Queue, Throughput, WorkerJobs};
use crate::report::acknowledged::AcknowledgedJson;

/// `data` of `queue`. Ages are in seconds by the database clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct QueueJson {
    /// Kind of the counted jobs; null for all kinds.
    kind: Option<String>,
    /// Time by the database clock, RFC 3339 UTC.
    server_time: String,
    /// Due jobs.
    due: CountJson,
    /// Scheduled jobs.
    scheduled: CountJson,
    /// Claimed jobs: running or stuck.
    claimed: CountJson,
    /// Claimed jobs with a recent heartbeat; null if the number of stuck jobs is not known.
    running: Option<CountJson>,
    /// Failed jobs, whether they will be retried or not.
    failed: CountJson,
    /// Those of them that are not tried again; null if all of them are.
    given_up: Option<CountJson>,
    /// Failed jobs of which nothing shows whether they are tried again; null if that is known of all.
    retry_unknown: Option<CountJson>,
    /// Dead letters; null if the schema has none.
    dead: Option<CountJson>,
    /// Acknowledged groups among the dead letters; empty if the configuration has none.
    acknowledged: Vec<AcknowledgedJson>,
    /// Dead letters of acknowledged groups that do not count towards the thresholds.
    acknowledged_jobs: u64,
    /// Why no acknowledged group is subtracted; null if they are.
    acknowledged_not_applied: Option<String>,
    /// Canceled jobs; null if the schema has no such state.
    canceled: Option<CountJson>,
    /// Jobs that cannot be claimed until something else ends; not there if the schema has no such state.
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<CountJson>,
    /// Jobs in a state unknown to this tool.
    unknown_state: CountJson,
    /// Jobs dead-lettered in the last hour.
    dead_lettered_last_hour: Option<CountJson>,
    /// Stuck jobs; null if the schema has no heartbeats.
    stuck: Option<CountJson>,
    /// Jobs with a heartbeat, a lock or a creation in the future; null if there are none.
    in_future: Option<FutureJson>,
    /// Time since the oldest due job became due.
    oldest_due_age: Option<f64>,
    /// Number of active workers; null if the schema has no heartbeats.
    workers: Option<CountJson>,
    /// Age of the newest heartbeat.
    heartbeat_age_seconds: Option<f64>,
    /// Workers with claimed jobs, those with stuck jobs first.
    by_worker: Vec<WorkerJson>,
    /// Jobs finished per minute in the last minutes; null if it is not known.
    finished_per_minute: Option<f64>,
    /// New jobs per minute in the last minutes; null if it is not known.
    enqueued_per_minute: Option<f64>,
    /// Time until the due jobs have finished at this rate; null if it is not known or the backlog does not shrink.
    drain_seconds: Option<f64>,
    /// Counts by kind, most jobs first.
    by_kind: Vec<KindJson>,
    /// Reason why `by_kind` is incomplete.
    by_kind_missing: Option<String>,
    /// What is not known of a package's queue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknowable: Vec<String>,
}

/// A count and its precision.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CountJson {
    /// Count; null if it was not counted.
    pub(crate) value: Option<u64>,
    /// Precision: `exact`, `at_least` or `not_counted`.
    pub(crate) precision: &'static str,
    /// Reason why it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

impl From<&Count> for CountJson {
    fn from(count: &Count) -> Self {
        let (precision, reason) = match count {
            Count::Exact(_) => ("exact", None),
            Count::AtLeast(_) => ("at_least", None),
            Count::NotCounted(reason) | Count::BeyondBudget(reason) => {
                ("not_counted", Some(reason.clone()))
            }
        };
        Self { value: count.at_least(), precision, reason }
    }
}

/// Times in the future.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FutureJson {
    /// Number of jobs.
    jobs: u64,
    /// Seconds by which the latest is ahead of the database clock; null if it is infinite.
    seconds: Option<f64>,
    /// Zone in which they are read, if their columns have none.
    zone: Option<String>,
}

/// Counts of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KindJson {
    kind: String,
    due: u64,
    scheduled: u64,
    /// Claimed jobs: running or stuck.
    claimed: u64,
    running: u64,
    stuck: u64,
    failed: u64,
    dead: u64,
    /// Time since the oldest due job became due; null if none is due.
    oldest_due_age: Option<f64>,
}

/// Claimed jobs of one worker.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkerJson {
    /// Name of the worker; null if the jobs have none.
    worker: Option<String>,
    /// Jobs with a recent heartbeat.
    running: u64,
    /// Stuck jobs.
    stuck: u64,
    /// Age of its newest heartbeat; null if there was none.
    heartbeat_age_seconds: Option<f64>,
}

impl From<&WorkerJobs> for WorkerJson {
    fn from(jobs: &WorkerJobs) -> Self {
        Self {
            worker: jobs.worker.clone(),
            running: jobs.claimed.saturating_sub(jobs.stuck),
            stuck: jobs.stuck,
            heartbeat_age_seconds: jobs.heartbeat_age.map(f64::round),
        }
    }
}

impl QueueJson {
    pub(super) fn new(queue: &Queue, throughput: Option<Throughput>) -> Self {
        let due = queue.due.at_least();
        let acknowledged = queue.acknowledged.as_ref();
        Self {
            kind: queue.kind.clone(),
            server_time: queue.server_time.clone(),
            due: (&queue.due).into(),
            scheduled: (&queue.scheduled).into(),
            claimed: (&queue.claimed).into(),
            running: queue.running().as_ref().map(Into::into),
            failed: (&queue.failed).into(),
            given_up: queue.given_up.as_ref().map(|given_up| (&given_up.jobs).into()),
            retry_unknown: queue.given_up.as_ref().map(|given_up| (&given_up.unknown).into()),
            dead: queue.dead.as_ref().map(Into::into),
            acknowledged: acknowledged.map(AcknowledgedJson::all).unwrap_or_default(),
            acknowledged_jobs: acknowledged.map_or(0, AcknowledgedDead::jobs),
            acknowledged_not_applied: acknowledged.and_then(|dead| dead.not_applied.clone()),
            canceled: queue.canceled.as_ref().map(Into::into),
            blocked: queue.blocked.as_ref().map(Into::into),
            unknown_state: (&queue.other).into(),
            dead_lettered_last_hour: queue.dead_lettered_last_hour.as_ref().map(Into::into),
            stuck: queue.stuck.as_ref().map(Into::into),
            in_future: queue.future_times.as_ref().map(|times| FutureJson {
                jobs: times.jobs,
                seconds: times.seconds.map(f64::round),
                zone: times.zone.clone(),
            }),
            oldest_due_age: queue.oldest_due_age.map(f64::round),
            workers: queue.observable_workers().map(|w| (&w.active).into()),
            heartbeat_age_seconds: queue
                .workers
                .as_ref()
                .and_then(|w| w.heartbeat_age)
                .map(f64::round),
            by_worker: listed_workers(queue).iter().map(Into::into).collect(),
            finished_per_minute: throughput.map(|t| t.finished_per_minute),
            enqueued_per_minute: throughput.map(|t| t.enqueued_per_minute),
            drain_seconds: throughput
                .zip(due)
                .and_then(|(t, due)| t.seconds_to_drain(due))
                .map(f64::round),
            by_kind: queue.by_kind.iter().map(kind_json).collect(),
            by_kind_missing: queue.by_kind_missing.clone(),
            unknowable: queue.unknowable.clone(),
        }
    }
}

fn kind_json(row: &crate::facts::queue::KindCounts) -> KindJson {
    KindJson {
        kind: row.kind.clone(),
        due: row.due,
        scheduled: row.scheduled,
        claimed: row.claimed,
        running: row.claimed.saturating_sub(row.stuck),
        stuck: row.stuck,
        failed: row.failed,
        dead: row.dead,
        oldest_due_age: row.oldest_due_age.map(f64::round),
    }
}
