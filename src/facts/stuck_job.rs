//! Stuck jobs: claimed jobs without a recent heartbeat, which a rescue unlocks.

use super::job_id::JobId;

/// A stuck job, as shown and as it must still be when it is written. Texts are untrusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StuckJob {
    /// Id of the job.
    pub(crate) id: JobId,
    /// Kind of job.
    pub(crate) kind: Option<String>,
    /// Worker that locked it.
    pub(crate) worker: Option<String>,
    /// Seconds since its last heartbeat, by the clock of the database server.
    pub(crate) heartbeat_age: f64,
    /// What was seen then.
    pub(crate) sign: SignOfLife,
    /// Number of failed attempts, if the schema counts them.
    pub(crate) attempts: Option<i64>,
    /// Number of the attempt that runs.
    pub(crate) running_attempt: Option<i64>,
    /// Maximum number of attempts.
    pub(crate) max_attempts: Option<i64>,
    /// Seconds since the last heartbeat of the same worker on another job that is not stuck.
    pub(crate) other_job_heartbeat_age: Option<f64>,
    /// Result of a rescue.
    pub(crate) result: RescueResult,
    /// Lock, heartbeat and attempts as shown, and what to write; the writer compares them before it writes.
    pub(crate) fence_key: String,
}

/// The newest time that a claimed job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum SignOfLife {
    /// A heartbeat.
    Heartbeat,
    /// The time of its lock; it has no heartbeat.
    Lock,
    /// The last change of its row; it has neither.
    Change,
}

impl SignOfLife {
    /// Name in output and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Result of a rescue for one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RescueResult {
    /// It is queued again.
    Queued,
    /// It becomes a dead letter, because its attempts are used up.
    DeadLetter,
    /// It is not changed: its attempts are used up, and the schema has no state for dead letters.
    Skipped,
}

impl RescueResult {
    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::DeadLetter => "dead_letter",
            Self::Skipped => "skipped",
        }
    }
}

/// Result of a search for stuck jobs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct StuckJobs {
    /// Stuck jobs, oldest heartbeat first.
    pub(crate) jobs: Vec<StuckJob>,
    /// Number of claimed jobs without any heartbeat, which are not rescued because their age is not known.
    pub(crate) without_heartbeat: u64,
    /// Whether there are more jobs than were read.
    pub(crate) truncated: bool,
}
