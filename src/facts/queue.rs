//! Counts of the jobs in the queue.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::acknowledged::AcknowledgedDead;

/// Number of jobs, with its accuracy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Count {
    /// All were counted.
    Exact(u64),
    /// Some were counted; there may be more.
    AtLeast(u64),
    /// None were counted, for this reason.
    NotCounted(String),
    /// None were counted, because that takes longer than the time budget, in these words. It is no sign of trouble, as
    /// an error would be.
    BeyondBudget(String),
}

impl Count {
    /// The number, exact or a lower bound.
    pub(crate) fn at_least(&self) -> Option<u64> {
        match self {
            Self::Exact(n) | Self::AtLeast(n) => Some(*n),
            Self::NotCounted(_) | Self::BeyondBudget(_) => None,
        }
    }

    /// The count without `n` of these jobs.
    #[must_use]
    pub(crate) fn without(&self, n: u64) -> Self {
        match self {
            Self::Exact(all) => Self::Exact(all.saturating_sub(n)),
            Self::AtLeast(some) => Self::AtLeast(some.saturating_sub(n)),
            Self::NotCounted(_) | Self::BeyondBudget(_) => self.clone(),
        }
    }

    /// Whether all jobs were counted.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(n) => write!(f, "{n}"),
            Self::AtLeast(n) => write!(f, "≥ {n}"),
            Self::NotCounted(why) | Self::BeyondBudget(why) => write!(f, "not counted: {why}"),
        }
    }
}

/// Counts for one kind of job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct KindCounts {
    /// Kind of job.
    pub(crate) kind: String,
    /// Due jobs.
    pub(crate) due: u64,
    /// Scheduled jobs.
    pub(crate) scheduled: u64,
    /// Claimed jobs, running or stuck.
    pub(crate) claimed: u64,
    /// Those of them that are stuck.
    #[serde(default)]
    pub(crate) stuck: u64,
    /// Failed jobs that will be retried.
    pub(crate) failed: u64,
    /// Dead letters.
    pub(crate) dead: u64,
    /// Seconds since its oldest due job became due; `None` if none is due.
    #[serde(default)]
    pub(crate) oldest_due_age: Option<f64>,
}

/// In snapshots that were stored without it.
fn is_observable() -> bool {
    true
}

/// Workers with claimed jobs, and which of them are active.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Workers {
    /// Whether jobs have heartbeats, which alone show that a worker is active; the time of a claim does not.
    #[serde(default = "is_observable")]
    pub(crate) is_observable: bool,
    /// Number of workers with a heartbeat younger than `stuck_after`.
    pub(crate) active: Count,
    /// Seconds since the newest heartbeat of a claimed job; `None` if no job is claimed or there are no
    /// heartbeats.
    pub(crate) heartbeat_age: Option<f64>,
    /// Workers with claimed jobs, those with stuck jobs first; at most [`MOST_WORKERS`].
    #[serde(default)]
    pub(crate) by_worker: Vec<WorkerJobs>,
    /// Number of workers with claimed jobs that are not in the list.
    #[serde(default)]
    pub(crate) more: u64,
}

/// Maximum number of workers that are listed.
pub(crate) const MOST_WORKERS: usize = 20;

/// Claimed jobs of one worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkerJobs {
    /// Name of the worker, as untrusted text; `None` if the jobs have none.
    pub(crate) worker: Option<String>,
    /// Claimed jobs, running or stuck.
    pub(crate) claimed: u64,
    /// Those of them that are stuck.
    pub(crate) stuck: u64,
    /// Seconds since its newest heartbeat; `None` if there was none.
    pub(crate) heartbeat_age: Option<f64>,
}

/// Throughput of the last minutes, from the newest events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Throughput {
    /// Jobs finished per minute.
    pub(crate) finished_per_minute: f64,
    /// New jobs per minute.
    pub(crate) enqueued_per_minute: f64,
}

impl Throughput {
    /// Returns the seconds until `due` jobs have finished at this rate; `None` if as many new jobs arrive.
    pub(crate) fn seconds_to_drain(&self, due: u64) -> Option<f64> {
        let net = self.finished_per_minute - self.enqueued_per_minute;
        (net > 0.0).then(|| due as f64 / net * 60.0)
    }
}

/// Failed jobs that are not tried again, or of which that is not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GivenUp {
    /// Number of jobs that are not tried again.
    pub(crate) jobs: Count,
    /// Names of the claim functions, if there are jobs in a state that none of them takes.
    pub(crate) functions: Vec<String>,
    /// Those of the jobs that have been due for too long; the others have used all their attempts, or no function takes
    /// their state.
    #[serde(default)]
    pub(crate) overdue: u64,
    /// Number of failed jobs of which nothing shows whether they are tried again.
    #[serde(default = "none")]
    pub(crate) unknown: Count,
}

impl GivenUp {
    /// These jobs, and no others.
    pub(crate) fn of(jobs: Count) -> Self {
        Self { jobs, functions: vec![], overdue: 0, unknown: none() }
    }
}

/// No jobs.
fn none() -> Count {
    Count::Exact(0)
}

/// Jobs with a heartbeat, a lock, a time of death or (in a column without a time zone) a creation in the future. A clock
/// is wrong, or a time is read in the wrong zone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FutureTimes {
    /// Number of jobs.
    pub(crate) jobs: u64,
    /// Those of them that are dead letters.
    #[serde(default)]
    pub(crate) dead: u64,
    /// Seconds by which the latest of these times is ahead of the clock of the database server; `None` if all of them
    /// are infinite.
    pub(crate) seconds: Option<f64>,
    /// Zone in which they are read, if the columns have none.
    pub(crate) zone: Option<String>,
}

/// Counts of the jobs in the queue. Ages are by the clock of the database server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// The kind that the counts are restricted to, if any.
    pub(crate) kind: Option<String>,
    /// Due jobs.
    pub(crate) due: Count,
    /// Scheduled jobs.
    pub(crate) scheduled: Count,
    /// Claimed jobs, running or stuck.
    pub(crate) claimed: Count,
    /// Failed jobs, whether they will be retried or not. `NotCounted` also if no state means this: then it is not a failed
    /// read.
    pub(crate) failed: Count,
    /// Those of them that are not tried again, or of which that is not known; `None` if all of them are.
    #[serde(default)]
    pub(crate) given_up: Option<GivenUp>,
    /// Dead letters; `None` if the schema has none.
    pub(crate) dead: Option<Count>,
    /// Acknowledged groups among the dead letters; `None` if the configuration has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) acknowledged: Option<AcknowledgedDead>,
    /// Canceled jobs; `None` if the schema has no such state.
    #[serde(default)]
    pub(crate) canceled: Option<Count>,
    /// Jobs that cannot be claimed until something else ends; `None` if the schema has no such state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) blocked: Option<Count>,
    /// Seconds since the oldest blocked job became due that is held up by a job that is scheduled for later, while none
    /// runs that would free it; `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held_up_age: Option<f64>,
    /// Jobs in an unknown state.
    pub(crate) other: Count,
    /// Unknown states that were seen, in rows or statistics.
    #[serde(default)]
    pub(crate) unknown_states: Vec<String>,
    /// Times that lie in the future, though they tell of the past.
    #[serde(default)]
    pub(crate) future_times: Option<FutureTimes>,
    /// Seconds since the oldest due job became due; `None` if none is due.
    pub(crate) oldest_due_age: Option<f64>,
    /// Claimed jobs without a heartbeat for [`stuck_after`](crate::facts::Thresholds::stuck_after); `None` if
    /// the schema has neither heartbeats nor lock times.
    pub(crate) stuck: Option<Count>,
    /// Which claimed jobs are stuck, in words; `None` for those without a heartbeat for `stuck_after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stuck_rule: Option<String>,
    /// What owns claimed jobs (`process`): a job without a worker has none. `None` if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<String>,
    /// Active workers; `None` if the schema has neither heartbeats nor lock times.
    pub(crate) workers: Option<Workers>,
    /// Number dead-lettered in the last hour; `None` if the schema has no dead letters.
    pub(crate) dead_lettered_last_hour: Option<Count>,
    /// Counts by kind, most jobs first.
    pub(crate) by_kind: Vec<KindCounts>,
    /// Why counts in `by_kind` are missing, if any are.
    pub(crate) by_kind_missing: Option<String>,
    /// Time of the counts by the clock of the database server, RFC 3339 UTC.
    pub(crate) server_time: String,
    /// What is not known of a package's queue, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unknowable: Vec<String>,
    /// Whether queues can be paused that this role does not see: their due jobs count as due.
    #[serde(default)]
    pub(crate) pauses_unknown: bool,
    /// Whether `jobs rescue` refuses this table, because a package rescues its jobs itself.
    #[serde(default)]
    pub(crate) is_rescue_refused: bool,
}

impl Queue {
    /// The workers, if jobs show which of them are active.
    pub(crate) fn observable_workers(&self) -> Option<&Workers> {
        self.workers.as_ref().filter(|workers| workers.is_observable)
    }

    /// Queued jobs, due or scheduled.
    pub(crate) fn queued(&self) -> Count {
        match (&self.due, &self.scheduled) {
            (Count::Exact(a), Count::Exact(b)) => Count::Exact(a + b),
            (a, b) => match (a.at_least(), b.at_least()) {
                (None, None) => a.clone(),
                (a, b) => Count::AtLeast(a.unwrap_or(0) + b.unwrap_or(0)),
            },
        }
    }

    /// Claimed jobs that are not stuck; `None` unless both numbers are exact.
    pub(crate) fn running(&self) -> Option<Count> {
        match (&self.claimed, self.stuck.as_ref()?) {
            (Count::Exact(claimed), Count::Exact(stuck)) => {
                Some(Count::Exact(claimed.saturating_sub(*stuck)))
            }
            _ => None,
        }
    }

    /// Whether no job is due or claimed, so that missing heartbeats are normal.
    pub(crate) fn is_idle(&self) -> bool {
        self.due == Count::Exact(0) && self.claimed == Count::Exact(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Throughput;

    #[test]
    fn backlog_drains_only_if_more_jobs_finish_than_arrive() {
        let rate = |finished_per_minute, enqueued_per_minute| Throughput {
            finished_per_minute,
            enqueued_per_minute,
        };
        assert_eq!(rate(12.0, 0.0).seconds_to_drain(24), Some(120.0));
        assert_eq!(rate(12.0, 6.0).seconds_to_drain(24), Some(240.0));
        assert_eq!(rate(12.0, 12.0).seconds_to_drain(24), None);
        assert_eq!(rate(0.0, 0.0).seconds_to_drain(24), None);
    }
}
