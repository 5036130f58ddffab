//! Rescue: jobs in progress whose worker has fallen silent.

use super::job_id::JobId;

/// A silent job, as it is shown and as it must still be when it is written. Texts come from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct StuckJob {
    /// The job.
    pub id: JobId,
    /// What it does.
    pub kind: Option<String>,
    /// Who holds it.
    pub worker: Option<String>,
    /// Seconds since its last sign of life, by the database's clock.
    pub heartbeat_age: f64,
    /// Whether that sign was a heartbeat; else the lock itself.
    pub has_heartbeat: bool,
    /// Attempts made, where they are counted.
    pub attempts: Option<i64>,
    /// Attempts allowed.
    pub max_attempts: Option<i64>,
    /// Seconds since the same worker's last sign of life on another job that is not silent.
    pub other_job_heartbeat_age: Option<f64>,
    /// What becomes of it.
    pub result: RescueResult,
    /// Lock, heartbeat and attempts as they were shown, and what to write: the writer's key.
    pub fence_key: String,
}

/// What a rescue makes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RescueResult {
    /// It waits again.
    Queued,
    /// Its attempts are used up.
    DeadLetter,
    /// Its attempts are used up, and this schema has no word for dead: it is left alone.
    Skipped,
}

impl RescueResult {
    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "waits",
            Self::DeadLetter => "dies",
            Self::Skipped => "left",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StuckJobs {
    /// Silent jobs, the longest silence first.
    pub jobs: Vec<StuckJob>,
    /// Jobs in progress that never gave a sign of life: their age is not known, they are left alone.
    pub without_heartbeat: u64,
    /// Whether there are more than were read.
    pub truncated: bool,
}
