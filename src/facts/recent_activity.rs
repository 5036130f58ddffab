//! Recent activity: the newest dead letters by cause, the newest events, stuck jobs. Each of them is read
//! with a limit, because the dashboard polls every few seconds.

use super::Observed;
use super::operation::{OperationId, OperationType};
use super::stuck_job::SignOfLife;

/// Length in seconds of the two windows that are compared to show whether a cause is rising.
pub(crate) const WINDOW: f64 = 900.0;
/// Maximum number of stuck jobs.
pub(crate) const MOST_STUCK: usize = 20;
/// Maximum number of job ids per cause.
pub(crate) const NAMED: usize = 8;

/// Recent activity of one poll.
#[derive(Debug, Clone)]
pub(crate) struct RecentActivity {
    /// Newest dead letters.
    pub(crate) dead_letters: Observed<RecentDeadLetters>,
    /// Newest events.
    pub(crate) activity: Observed<Activity>,
    /// Stuck jobs, oldest heartbeat first; at most [`MOST_STUCK`].
    pub(crate) stuck: Observed<Vec<RecentStuckJob>>,
}

/// Newest dead letters by cause.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct RecentDeadLetters {
    /// Groups, most frequent first.
    pub(crate) causes: Vec<RecentGroup>,
    /// Number of dead letters that were read.
    pub(crate) read: u64,
    /// Whether all dead letters were read.
    pub(crate) is_complete: bool,
}

/// A group among the newest dead letters. Texts are untrusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecentGroup {
    /// Id of the group, for `dlq list --group`.
    pub(crate) group: String,
    /// Kind of its jobs.
    pub(crate) kind: String,
    /// Cause, with `<*>` for variable parts.
    pub(crate) cause: String,
    /// Number of jobs among those that were read.
    pub(crate) jobs: u64,
    /// Number dead-lettered in the last [`WINDOW`].
    pub(crate) recent: u64,
    /// Number dead-lettered in the window before.
    pub(crate) before: u64,
    /// Seconds since the last one was dead-lettered.
    pub(crate) newest: Option<f64>,
    /// Ids of the newest jobs, at most [`NAMED`].
    pub(crate) ids: Vec<String>,
}

/// Activity shown by the newest events.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Activity {
    /// Jobs finished per minute in the last five minutes, or in less if there are many events; `None` if
    /// no events show it.
    pub(crate) finished_per_minute: Option<f64>,
    /// Operations among the events, newest first.
    pub(crate) operations: Vec<RecentOperation>,
}

/// An operation whose events are among the newest. Texts are untrusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecentOperation {
    /// Id.
    pub(crate) operation: OperationId,
    /// Type of the operation.
    pub(crate) operation_type: OperationType,
    /// `user@host`.
    pub(crate) who: String,
    /// Reason given by the operator.
    pub(crate) reason: Option<String>,
    /// Number of jobs that it wrote, in the events that were read.
    pub(crate) jobs: u64,
    /// Seconds since its first event that was read.
    pub(crate) first: f64,
    /// Seconds since its last event.
    pub(crate) last: f64,
    /// Number of those jobs by current state, most frequent first.
    pub(crate) now: Vec<(String, u64)>,
}

/// Seconds without an event after which an operation has ended.
const QUIET: f64 = 15.0;

impl RecentOperation {
    /// Whether it is still writing, according to its events.
    pub(crate) fn runs(&self) -> bool {
        self.last < QUIET
    }
}

/// A stuck job. Texts are untrusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecentStuckJob {
    /// Id.
    pub(crate) id: String,
    /// Kind of job.
    pub(crate) kind: String,
    /// Worker that locked it.
    pub(crate) worker: String,
    /// Seconds since the last heartbeat, otherwise since the lock or the last change; `None` if there was none.
    pub(crate) heartbeat_age: Option<f64>,
    /// Which of them that is.
    pub(crate) sign: SignOfLife,
}
