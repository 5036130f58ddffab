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
    pub silent: f64,
    /// Whether that sign was a heartbeat; else the lock itself.
    pub beat: bool,
    /// Attempts made, where they are counted.
    pub attempts: Option<i64>,
    /// Attempts allowed.
    pub max_attempts: Option<i64>,
    /// Seconds since the same worker's last sign of life on another job that is not silent.
    pub elsewhere: Option<f64>,
    /// What becomes of it.
    pub fate: RescueResult,
    /// Lock, heartbeat and attempts as they were shown, and what to write: the writer's key.
    pub key: String,
}

/// What a rescue makes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RescueResult {
    /// It waits again.
    Waits,
    /// Its attempts are used up.
    Dies,
    /// Its attempts are used up, and this schema has no word for dead: it is left alone.
    Left,
}

impl RescueResult {
    /// The word for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Dies => "dies",
            Self::Left => "left",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StuckJobs {
    /// Silent jobs, the longest silence first.
    pub jobs: Vec<StuckJob>,
    /// Jobs in progress that never gave a sign of life: their age is not known, they are left alone.
    pub never: u64,
    /// Whether there are more than were read.
    pub cut: bool,
}
