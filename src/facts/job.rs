//! One job with all its columns and events.

use super::stuck_job::SignOfLife;
use crate::fingerprint::Fingerprint;
use crate::queue::{Counting, Fate, Lifecycle};

/// A job. Texts are untrusted; ages are in seconds, by the clock of the database server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    /// Id, a uuid or a number.
    pub(crate) id: String,
    /// Kind of job.
    pub(crate) kind: Option<String>,
    /// Workspace of the job.
    pub(crate) workspace: Option<String>,
    /// Value of the column that the worker maintains.
    pub(crate) state: String,
    /// Meaning of that value.
    pub(crate) role: Lifecycle,
    /// Value of the other state column, which is not maintained, if it exists.
    pub(crate) other_state: Option<String>,
    /// Number of attempts, as the table counts them.
    pub(crate) attempts: Option<i64>,
    /// When an attempt is counted.
    pub(crate) counting: Counting,
    /// Whether a failed job is tried again.
    pub(crate) fate: Fate,
    /// Maximum number of attempts.
    pub(crate) max_attempts: Option<i64>,
    /// Time since it became due; negative until then.
    pub(crate) due_age: Option<f64>,
    /// Worker that locked it.
    pub(crate) locked_by: Option<String>,
    /// Time since it was locked.
    pub(crate) locked_age: Option<f64>,
    /// Whether the schema has a heartbeat or lock time.
    pub(crate) has_heartbeats: bool,
    /// Whether workers send heartbeats, so that a claim without one is remarkable.
    pub(crate) sends_heartbeats: bool,
    /// Time since the last heartbeat, otherwise since the lock or the last change.
    pub(crate) heartbeat_age: Option<f64>,
    /// Which of them that is.
    pub(crate) sign: SignOfLife,
    /// Whether it is claimed and stuck.
    pub(crate) is_stuck: bool,
    /// What owns claimed jobs (`process`): without a worker, it has none. `None` if that is not known.
    pub(crate) owner: Option<String>,
    /// Whether a rescue of stuck jobs is refused here.
    pub(crate) is_rescue_refused: bool,
    /// Whether it is blocked because its queue is paused.
    pub(crate) is_queue_paused: bool,
    /// Time since it was inserted.
    pub(crate) created_age: Option<f64>,
    /// Time since its last change.
    pub(crate) updated_age: Option<f64>,
    /// Last error as text, redacted.
    pub(crate) last_error: Option<String>,
    /// Last error from the other column, as JSON or text; redacted when it is shown.
    pub(crate) error: Option<String>,
    /// Input as JSON text.
    pub(crate) payload: Option<String>,
    /// Output as JSON text.
    pub(crate) result: Option<String>,
    /// Cause of its last failure.
    pub(crate) cause: Fingerprint,
    /// Events of the job.
    pub(crate) timeline: Timeline,
}

impl Job {
    /// Number of the attempt that runs, of a claimed job, if it is known.
    pub(crate) fn running_attempt(&self) -> Option<i64> {
        let is_claimed = self.role == Lifecycle::Claimed;
        let counted = self.attempts.filter(|_| is_claimed)?;
        running_attempt(counted, self.max_attempts, self.counting)
    }
}

/// Number of the attempt that runs, of a claimed job with this many counted attempts; `None` if it is not known whether
/// the claim counted it. It is not beyond the maximum, whatever the count says.
pub(crate) fn running_attempt(counted: i64, max: Option<i64>, counting: Counting) -> Option<i64> {
    match counting {
        Counting::AtClaim => Some(counted),
        Counting::AtFailure => {
            let next = counted.saturating_add(1);
            Some(max.map_or(next, |max| next.min(max.max(counted))))
        }
        Counting::Unknown => None,
    }
}

/// Events of a job, newest first, and how far back they were searched.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    /// Events that were found.
    pub(crate) events: Vec<TimelineEvent>,
    /// Description of the search, in one sentence.
    pub(crate) searched: String,
    /// Whether there are no events before these.
    pub(crate) complete: bool,
}

/// An event of a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimelineEvent {
    /// Name of the event.
    pub(crate) stage: String,
    /// Details as JSON text.
    pub(crate) data: Option<String>,
    /// Age in seconds.
    pub(crate) age: Option<f64>,
    /// The requeue that it records, if any.
    pub(crate) requeued: Option<RequeueEvent>,
    /// The operation that it undoes, if any.
    pub(crate) undoes: Option<String>,
}

/// A requeue of a dead letter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequeueEvent {
    /// Id of the operation; `None` if the helper function of the worker did it.
    pub(crate) operation: Option<String>,
    /// Login name of the operator.
    pub(crate) actor: Option<String>,
    /// Machine of the operator.
    pub(crate) host: Option<String>,
    /// Reason given by the operator.
    pub(crate) reason: Option<String>,
    /// Group id before the requeue, if the event records it.
    pub(crate) cause: Option<String>,
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum JobState {
    /// Queued, and its run time has come.
    Due,
    /// Queued, and its run time is in the future.
    Scheduled,
    /// Claimed by a worker, with or without a recent heartbeat.
    Running,
    /// Claimed, without a recent heartbeat.
    Stuck,
    /// Failed, and will be retried, if the schema has a state for that.
    Failed,
    /// Completed without error.
    Finished,
    /// Dead letter.
    Dead,
    /// Ended by an operator or the app, if the schema has a state for that.
    Canceled,
    /// Not claimable until something else ends, if the schema has a state for that.
    Blocked,
    /// In a state that this tool does not know.
    Unknown,
}

impl JobState {
    /// All states.
    pub(crate) const ALL: [Self; 10] = [
        Self::Due,
        Self::Scheduled,
        Self::Running,
        Self::Stuck,
        Self::Failed,
        Self::Finished,
        Self::Dead,
        Self::Canceled,
        Self::Blocked,
        Self::Unknown,
    ];

    /// Name in output and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Order of the listing.
    pub(crate) fn order(self) -> &'static str {
        match self {
            Self::Due | Self::Blocked => "by time due",
            Self::Scheduled => "by run time",
            Self::Running | Self::Stuck => "by heartbeat age",
            Self::Failed | Self::Finished | Self::Dead | Self::Canceled | Self::Unknown => {
                "by last change"
            }
        }
    }
}

/// A job in a listing. Texts are untrusted; ages are in seconds, by the clock of the database server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobLine {
    /// Id, a uuid or a number.
    pub(crate) id: String,
    /// Kind of job.
    pub(crate) kind: Option<String>,
    /// Worker that locked it.
    pub(crate) worker: Option<String>,
    /// Number of attempts, as the table counts them.
    pub(crate) attempts: Option<i64>,
    /// Number of the attempt that runs, of a claimed job.
    pub(crate) running_attempt: Option<i64>,
    /// Cause of its last failure, redacted, of a failed job.
    pub(crate) error: Option<String>,
    /// Maximum number of attempts.
    pub(crate) max_attempts: Option<i64>,
    /// Time since it became due; negative until then.
    pub(crate) due_age: Option<f64>,
    /// Time since the last heartbeat, otherwise since the lock or the last change.
    pub(crate) heartbeat_age: Option<f64>,
    /// Which of them that is.
    pub(crate) sign: SignOfLife,
    /// Time since its last change.
    pub(crate) changed_age: Option<f64>,
}
