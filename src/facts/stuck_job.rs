//! Stuck jobs: claimed jobs without a recent heartbeat, which a rescue unlocks.

use std::time::Duration;

use super::job_id::JobId;
use super::requeued_job::FollowEnd;

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
    /// Value of the column that is part of the primary key beside the id, if there is one.
    pub(crate) place: Option<String>,
    /// Whether the package's own code should have freed the job already.
    pub(crate) is_past_limit: bool,
    /// Result of a rescue.
    pub(crate) result: RescueResult,
    /// Lock, heartbeat and attempts as shown, and what to write; the writer compares them before it writes.
    pub(crate) fence_key: String,
}

/// The newest time that a claimed job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString)]
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

/// Which claimed jobs are stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StuckRule {
    /// Those without a heartbeat for this long.
    Age(Duration),
    /// Those beyond the limit that the package gave each of them. A worker with a heartbeat in this time is active.
    OwnLimit(Duration),
}

impl StuckRule {
    /// Heartbeat age from which a worker is not active.
    pub(crate) fn after(self) -> Duration {
        let (Self::Age(after) | Self::OwnLimit(after)) = self;
        after
    }
}

/// Result of a rescue for one job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RescueResult {
    /// It is queued again.
    Queued,
    /// It becomes a dead letter, because its attempts are used up.
    DeadLetter,
    /// It stays claimed until the package's own code frees it, because its claim is old enough.
    ClaimAged,
    /// It is not changed: its attempts are used up, and the schema has no state for dead letters.
    Skipped,
    /// It is not changed: its worker is active, and would run it beside the next one.
    WorkerActive,
}

impl RescueResult {
    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::DeadLetter => "dead_letter",
            Self::ClaimAged => "claim_aged",
            Self::Skipped => "skipped",
            Self::WorkerActive => "worker_active",
        }
    }

    /// Whether the job is written.
    pub(crate) fn is_written(self) -> bool {
        !matches!(self, Self::Skipped | Self::WorkerActive)
    }
}

/// What became of a job after its claim was aged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum RescueOutcome {
    /// It is queued, or waits for another attempt.
    Queued,
    /// A worker has claimed it again.
    Running,
    /// It has finished.
    Finished,
    /// It is a dead letter.
    DeadLetter,
    /// It was canceled.
    Canceled,
    /// It was deleted.
    Deleted,
    /// The package has not freed it.
    StillClaimed,
    /// Its row was not read.
    Unknown,
}

impl RescueOutcome {
    /// All outcomes, in the order of the report.
    pub(crate) const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Finished,
        Self::DeadLetter,
        Self::Canceled,
        Self::Deleted,
        Self::StillClaimed,
        Self::Unknown,
    ];

    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the package has acted.
    pub(crate) fn is_decided(self) -> bool {
        !matches!(self, Self::StillClaimed | Self::Unknown)
    }
}

/// The jobs of a rescue whose claims were aged, when waiting for the package ended.
#[derive(Debug, Clone)]
pub(crate) struct RescueFollow {
    /// The jobs and what became of them.
    pub(crate) jobs: Vec<(JobId, RescueOutcome)>,
    /// Why waiting ended.
    pub(crate) end: FollowEnd,
    /// How long it took.
    pub(crate) waited: Duration,
}

impl RescueFollow {
    /// Number of jobs with this outcome.
    pub(crate) fn count(&self, outcome: RescueOutcome) -> u64 {
        self.jobs.iter().filter(|(_, other)| *other == outcome).count() as u64
    }

    /// Number of jobs that the package has not freed, as far as known.
    pub(crate) fn undecided(&self) -> u64 {
        self.jobs.iter().filter(|(_, outcome)| !outcome.is_decided()).count() as u64
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
