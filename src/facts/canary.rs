//! Canary: a requeue in growing batches that stops when a batch fails again.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::job_id::JobId;
use super::requeued_job::OutcomeCounts;
use super::throttle::Throttle;

/// Size of one batch of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSize {
    /// At most this many jobs, whose outcome is awaited.
    Jobs(u32),
    /// All remaining jobs.
    All,
}

/// Sizes of the batches, in order; the last one is all remaining jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct BatchSizes(Vec<BatchSize>);

impl BatchSizes {
    /// The size of a batch, counted from 0; after the last one, all remaining jobs.
    pub(crate) fn batch(&self, number: usize) -> BatchSize {
        self.0.get(number).copied().unwrap_or(BatchSize::All)
    }

    /// The number of the batch with all remaining jobs.
    pub(crate) fn remainder(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// Number of jobs in the largest batch whose outcome is awaited.
    pub(crate) fn largest(&self) -> u64 {
        let counted = self.0.iter().filter_map(|size| match size {
            BatchSize::Jobs(jobs) => Some(u64::from(*jobs)),
            BatchSize::All => None,
        });
        counted.max().unwrap_or(0)
    }

    /// Sizes of the batches of a group with this many jobs: `[1, 5, 8]` for 14.
    pub(crate) fn batches_of(&self, jobs: u64) -> Vec<u64> {
        let (mut batches, mut remaining) = (vec![], jobs);
        for size in &self.0 {
            let batch = match size {
                BatchSize::Jobs(jobs) => u64::from(*jobs).min(remaining),
                BatchSize::All => remaining,
            };
            batches.extend((batch > 0).then_some(batch));
            remaining -= batch;
        }
        batches
    }

    /// Number of jobs in the first batches of all groups, given the group of each job.
    pub(crate) fn first_batch_jobs(&self, groups: &[u32]) -> u64 {
        let BatchSize::Jobs(most) = self.batch(0) else { return groups.len() as u64 };
        let mut jobs: HashMap<u32, u64> = HashMap::new();
        groups.iter().for_each(|group| *jobs.entry(*group).or_default() += 1);
        jobs.values().map(|jobs| (*jobs).min(most.into())).sum()
    }
}

impl Default for BatchSizes {
    fn default() -> Self {
        Self(vec![BatchSize::Jobs(1), BatchSize::Jobs(5), BatchSize::Jobs(25), BatchSize::All])
    }
}

/// `1,5,25,all`
impl FromStr for BatchSizes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "expected at least one number of jobs, and at last all: 1,5,25,all".to_owned();
        let mut words: Vec<_> = text.split(',').map(str::trim).collect();
        if words.pop() != Some("all") || words.is_empty() {
            return Err(expected());
        }
        let jobs = |word: &str| word.parse().ok().filter(|n| *n > 0).map(BatchSize::Jobs);
        let sizes: Option<Vec<_>> = words.into_iter().map(jobs).collect();
        let mut sizes = sizes.ok_or_else(expected)?;
        sizes.push(BatchSize::All);
        Ok(Self(sizes))
    }
}

impl TryFrom<String> for BatchSizes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<BatchSizes> for String {
    fn from(sizes: BatchSizes) -> Self {
        sizes.to_string()
    }
}

impl fmt::Display for BatchSizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter().map(|size| match size {
            BatchSize::Jobs(n) => n.to_string(),
            BatchSize::All => "all".to_owned(),
        });
        f.write_str(&words.collect::<Vec<_>>().join(","))
    }
}

/// Settings of a canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Canary {
    /// Sizes of the batches.
    pub(crate) batch_sizes: BatchSizes,
    /// Maximum time to wait for the outcome of a batch.
    pub(crate) timeout: Duration,
    /// Whether the operator chose this time; otherwise it follows from the backlog ([`Backlog::timeout`]).
    pub(crate) is_timeout_given: bool,
    /// Percentage of failures, after the first batch, above which a group stops.
    pub(crate) stop_at: u8,
}

impl Default for Canary {
    fn default() -> Self {
        Self {
            batch_sizes: BatchSizes::default(),
            timeout: DEFAULT_TIMEOUT,
            is_timeout_given: false,
            stop_at: 20,
        }
    }
}

/// The settings of a requeue that a resume keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ResumeOptions {
    /// The canary, if there is one.
    pub(crate) canary: Option<Canary>,
    /// The rate limit, the spread and the pause.
    pub(crate) throttle: Throttle,
}

/// The default timeout of a batch without a backlog.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);
/// The longest timeout that follows from a backlog.
const MAX_TIMEOUT: Duration = Duration::from_hours(6);

/// The due jobs that workers reach before those of a canary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Backlog {
    /// Number of due jobs.
    pub(crate) due: u64,
    /// Jobs finished per minute lately; `None` if no events show it.
    pub(crate) finished_per_minute: Option<f64>,
}

impl Backlog {
    /// Returns the estimated time until workers reach the first batch; `None` if no job finished lately, or that is
    /// not known.
    pub(crate) fn wait(&self) -> Option<Duration> {
        if self.due == 0 {
            return Some(Duration::ZERO);
        }
        let per_minute = self.finished_per_minute.filter(|rate| *rate > 0.0)?;
        Duration::try_from_secs_f64(self.due as f64 / per_minute * 60.0).ok()
    }

    /// Returns the timeout of a batch: the default one, after twice the estimated wait, in whole minutes.
    pub(crate) fn timeout(&self) -> Duration {
        let wait = self.wait().unwrap_or_default().min(MAX_TIMEOUT) * 2;
        let minutes = (DEFAULT_TIMEOUT + wait).as_secs().div_ceil(60);
        Duration::from_mins(minutes).min(MAX_TIMEOUT)
    }
}

/// What to do next with a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanaryDecision {
    /// Wait: jobs of the batch are pending.
    Wait,
    /// Requeue the next batch, because this one succeeded.
    NextBatch,
    /// Requeue other jobs, because all jobs of the batch were changed by another session and show nothing.
    RepeatBatch,
    /// Stop: the remaining jobs are not requeued.
    Stop(CanaryStop),
}

/// Why a group stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CanaryStop {
    /// Too many jobs of a batch failed again.
    Failed,
    /// Jobs of a batch had no outcome within the timeout.
    Timeout,
    /// Jobs were changed or deleted before an outcome of any of them was seen.
    Changed,
}

/// Result of a canary for one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CanaryGroupResult {
    /// Id of the group (hash of its fingerprint).
    pub(crate) group: String,
    /// Kind of its jobs.
    pub(crate) kind: String,
    /// Cause of the group. Untrusted.
    pub(crate) cause: String,
    /// Number of its jobs in the plan.
    pub(crate) jobs: u64,
    /// Number of requeued jobs.
    pub(crate) requeued: u64,
    /// Number of jobs that are still dead letters.
    pub(crate) not_requeued: u64,
    /// Outcomes of the jobs in the last batch that was followed.
    pub(crate) last_batch: OutcomeCounts,
    /// Why it stopped, if it did.
    pub(crate) stopped: Option<CanaryStop>,
    /// A job of the last batch that failed.
    pub(crate) failed_job: Option<JobId>,
    /// Whether the canary ended, for another reason, while its last batch was being followed.
    pub(crate) undecided: bool,
    /// Number of requeued jobs whose outcome was not awaited.
    pub(crate) written_unfollowed: u64,
}

impl CanaryGroupResult {
    /// Whether some of its jobs may be unchanged since the requeue.
    pub(crate) fn may_be_untouched(&self) -> bool {
        self.undecided
            || self.written_unfollowed > 0
            || self.last_batch.total() > self.last_batch.decided()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_timeout_follows_from_the_backlog() {
        let timeout = |due, finished_per_minute| Backlog { due, finished_per_minute }.timeout();
        assert_eq!(timeout(0, Some(10.0)), Duration::from_mins(5));
        assert_eq!(timeout(100, Some(10.0)), Duration::from_mins(25), "twice 10m, and 5m");
        assert_eq!(timeout(5, Some(10.0)), Duration::from_mins(6), "whole minutes");
        assert_eq!(timeout(100, None), Duration::from_mins(5), "not known");
        assert_eq!(timeout(1_000_000, Some(0.1)), MAX_TIMEOUT);
        assert_eq!(Backlog { due: 100, finished_per_minute: Some(0.0) }.wait(), None);
    }

    #[test]
    fn batch_sizes_must_end_with_all() {
        let ramp: BatchSizes = "1, 5,25,all".parse().unwrap();
        assert_eq!(
            (ramp.clone(), ramp.to_string().as_str()),
            (BatchSizes::default(), "1,5,25,all")
        );
        assert_eq!(
            (ramp.batch(1), ramp.batch(3), ramp.batch(9)),
            (BatchSize::Jobs(5), BatchSize::All, BatchSize::All)
        );
        assert_eq!((ramp.largest(), ramp.batch(ramp.remainder())), (25, BatchSize::All));
        assert_eq!((ramp.batches_of(14), ramp.batches_of(1)), (vec![1, 5, 8], vec![1]));
        assert_eq!(ramp.batches_of(100), [1, 5, 25, 69]);
        for text in ["", "all", "1,5", "0,all", "5,all,1", "-1,all", "1,,all", "x,all"] {
            assert!(text.parse::<BatchSizes>().is_err(), "{text}");
        }
    }
}
