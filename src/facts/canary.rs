//! A canary: how far a requeue goes at a time, and when it stops by itself.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::requeued_job::OutcomeCounts;

/// One step of a ramp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// So many jobs, whose outcome is waited for.
    Jobs(u32),
    /// The rest.
    All,
}

/// The steps: some jobs, more jobs, … and at last the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSizes(Vec<BatchSize>);

impl BatchSizes {
    /// The step of this number, from 0; behind the last one, the rest.
    #[must_use]
    pub fn batch(&self, number: usize) -> BatchSize {
        self.0.get(number).copied().unwrap_or(BatchSize::All)
    }

    /// The number of the step that is the rest.
    #[must_use]
    pub fn remainder(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// How many jobs of a group the largest step writes whose outcome is waited for.
    #[must_use]
    pub fn largest(&self) -> u64 {
        let counted = self.0.iter().filter_map(|step| match step {
            BatchSize::Jobs(jobs) => Some(u64::from(*jobs)),
            BatchSize::All => None,
        });
        counted.max().unwrap_or(0)
    }

    /// How many jobs the first step writes, given the group of each.
    #[must_use]
    pub fn first_batch_jobs(&self, groups: &[u32]) -> u64 {
        let BatchSize::Jobs(most) = self.batch(0) else { return groups.len() as u64 };
        let mut sizes: HashMap<u32, u64> = HashMap::new();
        groups.iter().for_each(|group| *sizes.entry(*group).or_default() += 1);
        sizes.values().map(|size| (*size).min(most.into())).sum()
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
        let wanted =
            || "expected at least one number of jobs, and at last all: 1,5,25,all".to_owned();
        let mut words: Vec<_> = text.split(',').map(str::trim).collect();
        if words.pop() != Some("all") || words.is_empty() {
            return Err(wanted());
        }
        let jobs = |word: &str| word.parse().ok().filter(|n| *n > 0).map(BatchSize::Jobs);
        let steps: Option<Vec<_>> = words.into_iter().map(jobs).collect();
        let mut steps = steps.ok_or_else(wanted)?;
        steps.push(BatchSize::All);
        Ok(Self(steps))
    }
}

impl fmt::Display for BatchSizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter().map(|step| match step {
            BatchSize::Jobs(n) => n.to_string(),
            BatchSize::All => "all".to_owned(),
        });
        f.write_str(&words.collect::<Vec<_>>().join(","))
    }
}

/// How a canary is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary {
    /// The steps.
    pub batch_sizes: BatchSizes,
    /// The longest that the outcome of a step is waited for.
    pub timeout: Duration,
    /// Percent of a step, behind the first, that may fail.
    pub stop_at: u8,
}

impl Default for Canary {
    fn default() -> Self {
        Self { batch_sizes: BatchSizes::default(), timeout: Duration::from_mins(5), stop_at: 20 }
    }
}

/// What comes next for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanaryDecision {
    /// The step's jobs are on their way.
    Wait,
    /// They did well: the next step.
    NextBatch,
    /// Others moved them all: they prove nothing, and other jobs must.
    RepeatBatch,
    /// The remainder stays dead.
    Stop(CanaryStop),
}

/// Why a group stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanaryStop {
    /// Too many of the step's jobs failed again.
    Failed,
    /// The step's jobs did not come to an end in time.
    Timeout,
}

/// How far a group came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryGroupResult {
    /// Hash of the group's fingerprint.
    pub group: String,
    /// Its cause. Comes from outside.
    pub cause: String,
    /// Its jobs in the plan.
    pub jobs: u64,
    /// Those that were requeued.
    pub requeued: u64,
    /// Those that stay dead.
    pub not_requeued: u64,
    /// How the jobs of the last step that was watched stand.
    pub last_batch: OutcomeCounts,
    /// Why it stopped; none where it did not.
    pub stopped: Option<CanaryStop>,
    /// Its last step was watched, and came to no end before something else ended all of it.
    pub undecided: bool,
    /// Jobs of the rest: written, and not waited for.
    pub written_unwatched: u64,
}

impl CanaryGroupResult {
    /// Whether some of its jobs may still be as they were written.
    #[must_use]
    pub fn may_be_untouched(&self) -> bool {
        self.undecided
            || self.written_unwatched > 0
            || self.last_batch.total() > self.last_batch.decided()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for text in ["", "all", "1,5", "0,all", "5,all,1", "-1,all", "1,,all", "x,all"] {
            assert!(text.parse::<BatchSizes>().is_err(), "{text}");
        }
    }
}
