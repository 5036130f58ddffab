//! The jobs that an operation requeued, and what is seen of them since.

use std::collections::HashMap;
use std::sync::Arc;

use super::SourceError;
use super::job_id::JobId;
use super::operation::OperationId;
use crate::fingerprint::Fingerprint;
use crate::queue::Lifecycle;

/// A requeued job, as the requeue left it. Marks are only told from one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequeuedJob {
    /// The job.
    pub id: JobId,
    /// What it had died of: a fingerprint's hash.
    pub cause: Arc<str>,
    /// Marks its errors, which a requeue keeps.
    pub error_hash: u64,
    /// Marks its last change before the requeue, which an undo brings back.
    pub updated_hash: u64,
}

/// A job's row at this moment. Texts come from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// The job.
    pub id: JobId,
    /// What its state means.
    pub role: Lifecycle,
    /// Attempts made, where they are counted.
    pub attempts: Option<i64>,
    /// Who holds it.
    pub locked_by: Option<String>,
    /// Who failed it last, where the error tells.
    pub failed_by: Option<String>,
    /// Whether its error says when it failed, so that two failures never look the same.
    pub error_has_time: bool,
    /// What its errors are: a fingerprint's hash.
    pub cause: Arc<str>,
    /// Marks its errors.
    pub error_hash: u64,
    /// Marks its last change.
    pub updated_hash: u64,
}

/// What an event of a requeued job tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEvent {
    /// A worker took it.
    Claimed(Option<String>),
    /// A worker failed it.
    Failed(Option<String>),
    /// It was taken from a silent worker.
    Rescued,
    /// It was requeued again.
    RequeuedAgain,
    /// The requeue was taken back.
    Undone,
}

/// What the events since the requeue tell of one job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobEvents {
    /// The newest event that was seen.
    pub last: i64,
    /// Whether a worker holds it, by its claim.
    pub is_claimed: bool,
    /// Who claimed it.
    pub claimers: Vec<String>,
    /// Whether a claim did not say whose it was.
    pub has_anonymous_claim: bool,
    /// Whether somebody else put it elsewhere.
    pub changed_since: bool,
    /// Whether that was an undo.
    pub undone: bool,
    /// A worker that failed it without a claim; the inner name is told or not.
    pub unclaimed_failure: Option<Option<String>>,
}

/// A worker that acted on a job which it had not claimed since the requeue: it still believes that
/// the job is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZombieWorker {
    /// The job.
    pub id: JobId,
    /// The worker, where anything tells.
    pub worker: Option<String>,
    /// Whether it failed the job; else it holds its lock.
    pub failed: bool,
}

/// How a requeued job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobOutcome {
    /// It came to a good end.
    Finished,
    /// An attempt failed of what it had died of, whether retries remain or not.
    FailedAgain,
    /// Dead, of something else.
    FailedOther,
    /// An attempt failed of something else, and it will be tried again.
    RetryPending,
    /// In the hands of a worker.
    Running,
    /// No worker has come yet.
    Queued,
    /// Undone, requeued again, deleted or changed by hand: not ours any more.
    ChangedSince,
}

impl JobOutcome {
    /// Every standing, in the order in which a sentence tells them.
    pub const ALL: [Self; 7] = [
        Self::Finished,
        Self::FailedAgain,
        Self::FailedOther,
        Self::RetryPending,
        Self::Running,
        Self::Queued,
        Self::ChangedSince,
    ];

    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::FailedAgain => "failed_again",
            Self::FailedOther => "failed_otherwise",
            Self::RetryPending => "waits_for_retry",
            Self::Running => "running",
            Self::Queued => "queued",
            Self::ChangedSince => "moved",
        }
    }

    /// Whether nothing more has to be waited for.
    #[must_use]
    pub fn decided(self) -> bool {
        !matches!(self, Self::RetryPending | Self::Running | Self::Queued)
    }

    /// Whether the requeue did no good.
    #[must_use]
    pub fn failed(self) -> bool {
        matches!(self, Self::FailedAgain | Self::FailedOther)
    }
}

/// How many jobs stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts([u64; JobOutcome::ALL.len()]);

impl OutcomeCounts {
    /// Counts a job.
    pub fn add(&mut self, standing: JobOutcome) {
        self.0[standing as usize] += 1;
    }

    /// Jobs that stand so.
    #[must_use]
    pub fn count(&self, standing: JobOutcome) -> u64 {
        self.0[standing as usize]
    }

    /// All jobs.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Jobs of which nothing more has to be waited for.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.sum(JobOutcome::decided)
    }

    /// Jobs that failed again.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.sum(JobOutcome::failed)
    }

    fn sum(&self, counts: impl Fn(JobOutcome) -> bool) -> u64 {
        JobOutcome::ALL.into_iter().filter(|s| counts(*s)).map(|s| self.count(s)).sum()
    }
}

impl FromIterator<JobOutcome> for OutcomeCounts {
    fn from_iter<I: IntoIterator<Item = JobOutcome>>(standings: I) -> Self {
        let mut tally = Self::default();
        standings.into_iter().for_each(|standing| tally.add(standing));
        tally
    }
}

/// The causes that were met, each kept once.
#[derive(Debug, Default)]
pub struct CauseInterner(HashMap<Arc<str>, String>);

impl CauseInterner {
    /// Keeps a cause; returns its hash.
    pub fn intern(&mut self, fingerprint: Fingerprint) -> Arc<str> {
        if let Some((hash, _)) = self.0.get_key_value(fingerprint.hash.as_str()) {
            return Arc::clone(hash);
        }
        let hash: Arc<str> = fingerprint.hash.into();
        self.0.insert(Arc::clone(&hash), fingerprint.template);
        hash
    }

    /// What a hash stands for. Comes from outside.
    #[must_use]
    pub fn cause(&self, hash: &str) -> &str {
        self.0.get(hash).map_or("", String::as_str)
    }
}

/// How following an operation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowEnd {
    /// Every job is decided.
    Decided,
    /// Time was up before.
    Deadline,
    /// Ctrl-C: the jobs go on without anybody watching.
    Detached,
    /// The database could not be read any more.
    Lost(SourceError),
}

/// What became of an operation's jobs, as far as it was followed.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowResult {
    /// The operation.
    pub operation: OperationId,
    /// How its jobs stand.
    pub counts: OutcomeCounts,
    /// Causes of which jobs failed since, most first.
    pub failures: Vec<FailureGroup>,
    /// Workers that acted without a claim; none where claims leave no events.
    pub zombies: Option<Vec<ZombieWorker>>,
    /// Whether events remained unread.
    pub has_unread_events: bool,
    /// How it ended.
    pub end: FollowEnd,
}

/// Jobs that failed of one cause since the requeue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// Hash of the fingerprint.
    pub group: Arc<str>,
    /// What it stands for. Comes from outside.
    pub cause: String,
    /// How many, dead or to be tried again.
    pub jobs: u64,
    /// How many of them had died of just this before.
    pub same_cause: u64,
    /// One of them.
    pub sample: JobId,
}
