//! Jobs that an operation requeued, and their state and events since then.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::SourceError;
use super::job_id::JobId;
use super::operation::OperationId;
use crate::fingerprint::Fingerprint;
use crate::queue::Lifecycle;

/// Hashes of the error columns of a job, each `None` without an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ErrorMarks {
    /// Of the text.
    pub(crate) text: Option<u64>,
    /// Of the structured error.
    pub(crate) structured: Option<u64>,
}

impl ErrorMarks {
    /// Whether one of the columns has an error that it did not have before. A claim may remove an error; that is none.
    pub(crate) fn is_new_since(self, before: Self) -> bool {
        let is_new = |now: Option<u64>, before| now.is_some() && now != before;
        is_new(self.text, before.text) || is_new(self.structured, before.structured)
    }
}

/// A requeued job after the requeue. Hashes are only compared with each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequeuedJob {
    /// Id of the job.
    pub(crate) id: JobId,
    /// Value of the column that is part of the primary key beside the id, if there is one.
    pub(crate) place: Option<String>,
    /// Group id before the requeue.
    pub(crate) group: Arc<str>,
    /// Its error, which a requeue does not change.
    pub(crate) errors: ErrorMarks,
    /// Hash of the time of its last change before the requeue, which an undo restores; `None` if the table has none.
    pub(crate) updated_hash: Option<u64>,
    /// Transaction of the requeue, if it is known.
    pub(crate) transaction: Option<String>,
    /// Attempts that the row counted before and after the requeue; 0 if a requeue resets them.
    pub(crate) attempts: i64,
}

/// Current row of a job. Texts are untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobRow {
    /// Id of the job.
    pub(crate) id: JobId,
    /// Meaning of its state.
    pub(crate) role: Lifecycle,
    /// Number of attempts, as the table counts them.
    pub(crate) attempts: Option<i64>,
    /// Worker that locked it.
    pub(crate) locked_by: Option<String>,
    /// Worker of the last failure, if the error names it.
    pub(crate) failed_by: Option<String>,
    /// Whether its error contains the time of the failure, so that two failures differ.
    pub(crate) error_has_time: bool,
    /// Group id of its error.
    pub(crate) group: Arc<str>,
    /// Its error.
    pub(crate) errors: ErrorMarks,
    /// Hash of the time of its last change, if the table has one.
    pub(crate) updated_hash: Option<u64>,
    /// Transaction that wrote the row last, if the table tells it.
    pub(crate) transaction: Option<String>,
}

/// An event of a requeued job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobEvent {
    /// A worker claimed it.
    Claimed(Option<String>),
    /// An attempt of a worker failed.
    Failed(Option<String>),
    /// It was rescued.
    Rescued,
    /// It was requeued again.
    RequeuedAgain,
    /// The requeue was undone.
    Undone,
}

/// Position of an event: by its time, then by its id. Ids alone need not be in order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventKey {
    /// Its time in microseconds since 1970, if events have one.
    pub(crate) at: Option<i64>,
    /// Its id.
    pub(crate) id: i64,
}

/// Events of one job, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct JobEvents {
    /// The event of the requeue.
    pub(crate) requeued: EventKey,
    /// Events since then. Events that are read twice are one.
    pub(crate) since: BTreeMap<EventKey, JobEvent>,
    /// Whether an undo is known from another source than an event.
    pub(crate) undone: bool,
}

/// A worker that acted on a job which it had not claimed since the requeue: it still processes its
/// earlier claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZombieWorker {
    /// Id of the job.
    pub(crate) id: JobId,
    /// Name of the worker, if it is known.
    pub(crate) worker: Option<String>,
    /// Whether its attempt failed; otherwise it locked the job.
    pub(crate) failed: bool,
}

/// Outcome of a requeued job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum JobOutcome {
    /// It completed without error.
    Finished,
    /// An attempt failed with the same cause, whether or not retries remain.
    FailedAgain,
    /// It is a dead letter with another cause.
    FailedOther,
    /// An attempt failed with another cause, and will be retried.
    RetryPending,
    /// A worker has claimed it.
    Running,
    /// No worker has claimed it yet.
    Queued,
    /// It was undone, requeued again or edited since the requeue.
    ChangedSince,
    /// Its row was deleted: what became of it is not known here.
    Deleted,
}

impl JobOutcome {
    /// All outcomes, in the order of a summary.
    pub(crate) const ALL: [Self; 8] = [
        Self::Finished,
        Self::FailedAgain,
        Self::FailedOther,
        Self::RetryPending,
        Self::Running,
        Self::Queued,
        Self::ChangedSince,
        Self::Deleted,
    ];

    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::FailedAgain => "failed_again",
            Self::FailedOther => "failed_other_cause",
            Self::RetryPending => "retry_pending",
            Self::Running => "running",
            Self::Queued => "queued",
            Self::ChangedSince => "changed_since",
            Self::Deleted => "deleted",
        }
    }

    /// Whether the outcome is final.
    pub(crate) fn is_decided(self) -> bool {
        !matches!(self, Self::RetryPending | Self::Running | Self::Queued)
    }

    /// Whether the job failed.
    pub(crate) fn is_failed(self) -> bool {
        matches!(self, Self::FailedAgain | Self::FailedOther)
    }
}

/// Number of jobs by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OutcomeCounts([u64; JobOutcome::ALL.len()]);

impl OutcomeCounts {
    /// Adds a job.
    pub(crate) fn add(&mut self, outcome: JobOutcome) {
        self.0[outcome as usize] += 1;
    }

    /// Number of jobs with this outcome.
    pub(crate) fn count(&self, outcome: JobOutcome) -> u64 {
        self.0[outcome as usize]
    }

    /// Number of all jobs.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Number of jobs with a final outcome.
    pub(crate) fn decided(&self) -> u64 {
        self.sum(JobOutcome::is_decided)
    }

    /// Number of jobs of which no outcome will be seen.
    pub(crate) fn unseen(&self) -> u64 {
        self.count(JobOutcome::ChangedSince) + self.count(JobOutcome::Deleted)
    }

    /// Number of jobs that failed.
    pub(crate) fn failed(&self) -> u64 {
        self.sum(JobOutcome::is_failed)
    }

    fn sum(&self, included: impl Fn(JobOutcome) -> bool) -> u64 {
        JobOutcome::ALL
            .into_iter()
            .filter(|outcome| included(*outcome))
            .map(|outcome| self.count(outcome))
            .sum()
    }
}

impl FromIterator<JobOutcome> for OutcomeCounts {
    fn from_iter<I: IntoIterator<Item = JobOutcome>>(outcomes: I) -> Self {
        let mut counts = Self::default();
        outcomes.into_iter().for_each(|outcome| counts.add(outcome));
        counts
    }
}

/// Causes by group id, stored once each.
#[derive(Debug, Default)]
pub(crate) struct CauseInterner(HashMap<Arc<str>, String>);

impl CauseInterner {
    /// Stores a cause and returns its group id.
    pub(crate) fn intern(&mut self, fingerprint: Fingerprint) -> Arc<str> {
        if let Some((hash, _)) = self.0.get_key_value(fingerprint.hash.as_str()) {
            return Arc::clone(hash);
        }
        let hash: Arc<str> = fingerprint.hash.into();
        self.0.insert(Arc::clone(&hash), fingerprint.template);
        hash
    }

    /// The cause of a group id. Untrusted.
    pub(crate) fn cause(&self, hash: &str) -> &str {
        self.0.get(hash).map_or("", String::as_str)
    }
}

/// Why following an operation ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FollowEnd {
    /// Every job has a final outcome.
    Decided,
    /// The deadline was reached.
    Deadline,
    /// Ctrl-C: the jobs continue without being followed.
    Detached,
    /// The database could no longer be read.
    Lost(SourceError),
}

impl FollowEnd {
    /// Name in JSON.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Deadline => "deadline",
            Self::Detached => "detached",
            Self::Lost(_) => "lost",
        }
    }
}

/// Result of following an operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FollowResult {
    /// Id of the operation.
    pub(crate) operation: OperationId,
    /// Outcomes of its jobs.
    pub(crate) counts: OutcomeCounts,
    /// Failures since the requeue by cause, most frequent first.
    pub(crate) failures: Vec<FailureGroup>,
    /// Workers that acted without a claim; `None` if claims are not recorded as events.
    pub(crate) zombies: Option<Vec<ZombieWorker>>,
    /// Whether some events were not read.
    pub(crate) has_unread_events: bool,
    /// What of the operation is not requeued.
    pub(crate) remainder: Remainder,
    /// Why following ended.
    pub(crate) end: FollowEnd,
}

/// What of an operation is not requeued, as far as this machine knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Remainder {
    /// Whether the operation is still being written.
    pub(crate) is_running: bool,
    /// Number of planned jobs that are not requeued, if this machine has the record of an interrupted operation.
    pub(crate) not_requeued: u64,
}

/// Jobs that failed with one cause since the requeue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailureGroup {
    /// Id of the group (hash of its fingerprint).
    pub(crate) group: Arc<str>,
    /// Cause of the group. Untrusted.
    pub(crate) cause: String,
    /// Number of jobs, dead letters or retried.
    pub(crate) jobs: u64,
    /// Number of them that had this cause before the requeue.
    pub(crate) same_cause: u64,
    /// Id of one of the jobs.
    pub(crate) sample: JobId,
}
