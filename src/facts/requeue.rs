//! Requeues: target, plan, and outcome of each job.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SourceError;
use super::canary::CanaryGroupResult;
use super::group::RecentFailures;
use super::identity::JobsTable;
use super::job_id::JobId;
use super::requeued_job::FollowResult;
use super::selection::Selection;

/// Jobs that the operator selected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// These jobs, all or none.
    Ids(Vec<JobId>),
    /// All dead letters that match these filters.
    Filter(Selection),
}

/// Settings of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PlanOptions {
    /// Maximum number of jobs, most recently dead-lettered first.
    pub(crate) max: Option<u64>,
    /// Whether repeat failures are requeued.
    #[serde(rename = "include_repeat_offenders")]
    pub(crate) include_repeat_failures: bool,
    /// Whether ids that are not dead letters are skipped; otherwise the plan is refused.
    pub(crate) skip_ineligible: bool,
}

/// Why a selected job is not part of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PlanSkip {
    /// The id does not exist.
    Missing,
    /// The job is not a dead letter.
    NotDead,
    /// Repeat failure: requeued at least twice, and failed again with the same cause.
    RepeatFailure,
    /// It exceeds `--max`.
    OverMax,
    /// The interrupted operation has requeued it already.
    AlreadyRequeued,
    /// It is a dead letter, but was claimed or edited since the plan.
    Changed,
    /// Another job holds its unique key, or an earlier one of the plan would.
    Conflict,
    /// The package forbids a requeue of it by SQL.
    Refused,
}

impl PlanSkip {
    /// Reasons why ids that are written all or none are refused.
    pub(crate) const REFUSING: [Self; 5] =
        [Self::Missing, Self::NotDead, Self::Changed, Self::Conflict, Self::Refused];

    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::NotDead => "not_dead",
            Self::RepeatFailure => "repeat_failure",
            Self::OverMax => "beyond_max",
            Self::AlreadyRequeued => "requeued_before",
            Self::Changed => "changed",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
        }
    }
}

/// A skipped job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkippedJob {
    /// Id of the job.
    pub(crate) id: JobId,
    /// Current state, if it is the reason; of a conflict or a refusal, why.
    pub(crate) state: Option<String>,
}

/// Planned jobs with the same cause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedGroup {
    /// Id of the group (hash of its fingerprint).
    pub(crate) group: String,
    /// Kind of the jobs.
    pub(crate) kind: String,
    /// Error code or class.
    pub(crate) code: Option<String>,
    /// Cause, with `<*>` for variable parts. Untrusted.
    pub(crate) cause: String,
    /// Number.
    pub(crate) jobs: u64,
    /// New dead letters of the group, in the plan or not; `None` if it is not failing, or that is not known.
    pub(crate) recent: Option<RecentFailures>,
    /// Whether the group may be failing: it is not known since when some of its jobs are dead.
    pub(crate) is_undated: bool,
}

/// A sample job of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanSample {
    /// Id of the job.
    pub(crate) id: JobId,
    /// Kind of job.
    pub(crate) kind: String,
    /// Start of the error text. Untrusted.
    pub(crate) error: String,
}

/// Index of jobs that belong to none of the listed groups.
pub(crate) const UNGROUPED: u32 = u32::MAX;

/// Plan of a requeue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// Id of the plan: a hash of database, target, cutoff and job ids.
    pub(crate) id: String,
    /// The table of the jobs.
    pub(crate) jobs_table: JobsTable,
    /// Selected jobs.
    pub(crate) target: Target,
    /// Settings of the plan.
    pub(crate) options: PlanOptions,
    /// Time of the plan, by the clock of the database server.
    pub(crate) cutoff: Timestamp,
    /// Number of selected jobs.
    pub(crate) matched: u64,
    /// Ids of the jobs to requeue: with a limit most recently dead-lettered first, otherwise in physical order.
    pub(crate) ids: Vec<JobId>,
    /// Change mark of each of `ids`: a hash of the columns that must be unchanged when it is requeued.
    pub(crate) marks: Vec<i64>,
    /// Value of the partition key of each of `ids`; empty if jobs are not partitioned, or one has none.
    pub(crate) places: Vec<String>,
    /// Index in `groups` for each of `ids`; [`UNGROUPED`] for groups that are not listed.
    pub(crate) group_of_job: Vec<u32>,
    /// Skipped jobs by reason: the number, and some of them.
    pub(crate) skipped: Vec<(PlanSkip, u64, Vec<SkippedJob>)>,
    /// Jobs to requeue by cause, largest group first.
    pub(crate) groups: Vec<PlannedGroup>,
    /// Some of the jobs to requeue.
    pub(crate) samples: Vec<PlanSample>,
    /// Why not all earlier requeues were searched for repeat failures, if they were not.
    pub(crate) repeat_failures_incomplete: Option<String>,
    /// Why it is not known which groups are still failing, if it is not.
    pub(crate) recent_unknown: Option<String>,
    /// Seconds until the first of `ids` is deleted, if dead letters are.
    pub(crate) first_deletion: Option<f64>,
    /// What will hold up some of `ids` although they are due, with their number. Untrusted.
    pub(crate) held_up: BTreeMap<String, u64>,
}

impl Plan {
    /// Number of dead letters that a group gained recently, in the plan or not; `None` if it is not known.
    pub(crate) fn recent_jobs(&self, group: &PlannedGroup) -> Option<u64> {
        let known = self.recent_unknown.is_none() && !group.is_undated;
        known.then(|| group.recent.map_or(0, |recent| recent.jobs))
    }

    /// Whether ids are written all or none: those of the command line or of a plan of such ids.
    pub(crate) fn is_all_or_nothing(&self) -> bool {
        matches!(self.target, Target::Ids(_)) && !self.options.skip_ineligible
    }

    /// Number of jobs skipped for this reason.
    pub(crate) fn skipped_for(&self, reason: PlanSkip) -> u64 {
        self.skipped.iter().filter(|(r, ..)| *r == reason).map(|(_, n, _)| n).sum()
    }
}

/// Why a planned job was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum WriteSkip {
    /// Another session changed it since the plan.
    Changed,
    /// Another session locked its row for longer than `--lock-wait`.
    Locked,
}

impl WriteSkip {
    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Outcome of a plan. Each of its jobs is counted exactly once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// Number of jobs that were written and committed.
    pub(crate) written: u64,
    /// Skipped jobs.
    pub(crate) skipped: Vec<(JobId, WriteSkip)>,
    /// Jobs refused by the database, with its message.
    pub(crate) errors: Vec<(JobId, String)>,
    /// Number of jobs that were not tried.
    pub(crate) not_requeued: u64,
    /// Number of jobs in a commit during which the connection was lost: whether they were written is not known.
    pub(crate) in_doubt: u64,
    /// Why it ended early, if it did.
    pub(crate) stopped: Option<WriteStop>,
    /// Maximum time that each transaction held its locks.
    pub(crate) transactions: Vec<Duration>,
}

impl Outcome {
    /// Adds the outcome of other jobs of the same plan.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.written += other.written;
        self.skipped.extend(other.skipped);
        self.errors.extend(other.errors);
        self.not_requeued += other.not_requeued;
        self.in_doubt += other.in_doubt;
        self.stopped = other.stopped.or(self.stopped.take());
        self.transactions.extend(other.transactions);
    }

    /// Number of jobs whose outcome is known.
    pub(crate) fn decided(&self) -> u64 {
        self.written + (self.skipped.len() + self.errors.len()) as u64
    }
}

/// Why a write stopped early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WriteStop {
    /// Ctrl-C or SIGTERM.
    Interrupted,
    /// The database can no longer be written.
    Database(SourceError),
    /// All or no jobs were to be written, and one of them could not be; with the message of the database
    /// if it concerns no single job.
    AllOrNothing(Option<String>),
    /// The database rejected this many jobs in a row for one reason.
    Rejected {
        /// Number of jobs.
        jobs: u64,
        /// The message of the database.
        message: String,
    },
    /// Another operator undoes the operation.
    Undone,
}

/// Result of a requeue, with the outcomes that were followed.
pub(crate) struct RequeueRun {
    /// Outcome of the plan.
    pub(crate) outcome: Outcome,
    /// Result for each group, if there was a canary.
    pub(crate) groups: Vec<CanaryGroupResult>,
    /// Outcomes of the jobs, if they were followed.
    pub(crate) followed: Option<FollowResult>,
    /// Whether this machine has the record, so that the operation can be resumed.
    pub(crate) resumable: bool,
}

impl From<Outcome> for RequeueRun {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, groups: vec![], followed: None, resumable: false }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plan of this many jobs of one group.
    pub(crate) fn plan(jobs: u64) -> Plan {
        Plan {
            id: "plan-52481d2b252a".into(),
            jobs_table: JobsTable {
                database: "db:5432/cliply".into(),
                identity: None,
                table: Some("public.jobs".into()),
            },
            target: Target::Filter(Selection::default()),
            options: PlanOptions::default(),
            cutoff: Timestamp::UNIX_EPOCH,
            matched: jobs,
            ids: (1..=jobs as i64).map(JobId::Number).collect(),
            marks: vec![0; jobs as usize],
            places: vec![],
            group_of_job: vec![0; jobs as usize],
            first_deletion: None,
            held_up: BTreeMap::new(),
            skipped: vec![],
            groups: vec![PlannedGroup {
                group: "v2-1a4f937098".into(),
                kind: "PUBLISH_TIKTOK".into(),
                code: None,
                cause: "TikTok API <*>: access token expired".into(),
                jobs,
                recent: None,
                is_undated: false,
            }],
            samples: vec![],
            repeat_failures_incomplete: None,
            recent_unknown: None,
        }
    }
}
