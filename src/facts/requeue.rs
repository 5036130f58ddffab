//! Requeueing: what is meant, what is planned, what became of each job.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SourceError;
use super::canary::CanaryGroupResult;
use super::job_id::JobId;
use super::requeued_job::FollowResult;
use super::selection::Selection;

/// What an operator asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// These jobs: all of them or none.
    Ids(Vec<JobId>),
    /// Whatever is dead and passes these filters.
    Filter(Selection),
}

/// How to read a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOptions {
    /// At most this many jobs, the latest deaths first.
    pub max: Option<u64>,
    /// Requeue even what was requeued twice and died of the same again.
    pub include_repeat_offenders: bool,
    /// Leave out ids that are not dead instead of refusing all.
    pub skip_ineligible: bool,
}

/// Why a job that was meant is not part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanSkip {
    /// An id that no job has.
    Missing,
    /// An id whose job is not dead.
    NotDead,
    /// Requeued twice or more, and dead of the same again.
    RepeatFailure,
    /// More than `--max`.
    OverMax,
    /// The interrupted operation requeued it already.
    AlreadyRequeued,
}

impl PlanSkip {
    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotDead => "not_dead",
            Self::RepeatFailure => "repeat_offender",
            Self::OverMax => "beyond_max",
            Self::AlreadyRequeued => "already_done",
        }
    }
}

/// A job that is not part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// The job.
    pub id: JobId,
    /// Its state now, where it matters.
    pub state: Option<String>,
}

/// Jobs that died of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedGroup {
    /// Hash of the fingerprint.
    pub group: String,
    /// Their kind.
    pub kind: String,
    /// Error code or class.
    pub code: Option<String>,
    /// The cause, with holes. Comes from outside.
    pub cause: String,
    /// How many.
    pub jobs: u64,
}

/// A job as a plan shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanSample {
    /// The job.
    pub id: JobId,
    /// What it was to do.
    pub kind: String,
    /// The beginning of its error text. Comes from outside.
    pub error: String,
}

/// The place of jobs whose cause is not kept apart.
pub const UNGROUPED: u32 = u32::MAX;

/// What would be done, exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Names the plan: a hash over database, target, cutoff and the frozen ids.
    pub id: String,
    /// `host:port/database`.
    pub database: String,
    /// What was asked for.
    pub target: Target,
    /// How it was read.
    pub options: PlanOptions,
    /// When, by the server's clock.
    pub cutoff: Timestamp,
    /// Jobs that the target means.
    pub matched: u64,
    /// The jobs to requeue, frozen: with a limit the latest deaths first, else as they lie on disk.
    pub ids: Vec<JobId>,
    /// The place in `groups` of each of them; [`UNGROUPED`] beyond those that are kept apart.
    pub causes: Vec<u32>,
    /// What is left out: how many, and some of them.
    pub excluded: Vec<(PlanSkip, u64, Vec<Excluded>)>,
    /// The jobs to requeue by cause, largest first.
    pub groups: Vec<PlannedGroup>,
    /// Some of the jobs to requeue.
    pub samples: Vec<PlanSample>,
    /// How repeat offenders were looked for, in words.
    pub repeat_failures_examined: String,
}

impl Plan {
    /// How many jobs are left out for this reason.
    #[must_use]
    pub fn excluded_for(&self, reason: PlanSkip) -> u64 {
        self.excluded.iter().filter(|(r, ..)| *r == reason).map(|(_, n, _)| n).sum()
    }
}

/// Why a job of a plan was left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteSkip {
    /// It is no longer what the plan saw: someone was faster.
    Changed,
    /// Another session held its row for longer than `--lock-wait`.
    Locked,
}

impl WriteSkip {
    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Locked => "locked",
        }
    }
}

/// What became of the jobs of a plan. Every job is in exactly one of these.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Written and committed.
    pub done: u64,
    /// Left as they are.
    pub skipped: Vec<(JobId, WriteSkip)>,
    /// Refused by the database, with its words.
    pub errors: Vec<(JobId, String)>,
    /// Not tried any more.
    pub not_requeued: u64,
    /// The connection broke while their batch was being committed: the database knows, we do not.
    pub in_doubt: u64,
    /// What ended it early.
    pub stopped: Option<WriteStop>,
    /// How long each transaction took at most to hold its locks.
    pub transactions: Vec<Duration>,
}

impl Outcome {
    /// Adds what became of other jobs of the same plan.
    pub fn absorb(&mut self, other: Self) {
        self.done += other.done;
        self.skipped.extend(other.skipped);
        self.errors.extend(other.errors);
        self.not_requeued += other.not_requeued;
        self.in_doubt += other.in_doubt;
        self.stopped = other.stopped.or(self.stopped.take());
        self.transactions.extend(other.transactions);
    }

    /// Jobs of which it is known what became of them.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.done + (self.skipped.len() + self.errors.len()) as u64
    }
}

/// What ends a write before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteStop {
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// The database can no longer be written to.
    Database(SourceError),
    /// All or nothing was asked for, and it is nothing.
    AllOrNothing,
    /// Somebody takes back what was written.
    Undone,
}

/// What was done, and what became of it as far as it was watched.
pub struct RequeueRun {
    /// What became of each job of the plan.
    pub outcome: Outcome,
    /// How far each group came, where a canary went ahead.
    pub groups: Vec<CanaryGroupResult>,
    /// What became of the jobs, where they were followed.
    pub followed: Option<FollowResult>,
}

impl From<Outcome> for RequeueRun {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, groups: vec![], followed: None }
    }
}
