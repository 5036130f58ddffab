//! Decides how a group proceeds after a batch.

use std::time::Duration;

use crate::facts::canary::{Canary, CanaryDecision, CanaryStop};
use crate::facts::requeued_job::OutcomeCounts;

/// The smallest base for the failure percentage of the last batch, so that a few failures among its
/// first jobs do not stop it.
const MIN_REMAINDER_BASE: u64 = 25;

/// How often a batch whose jobs were all changed by others is replaced. A worker that deletes finished jobs changes
/// all of them, and no number of batches would show an outcome.
pub(super) const MAX_REPLACED: u32 = 2;

/// Decides how a group proceeds after a batch. In the first batch no job may fail.
///
/// Failures with another cause count as well: they are no reason to requeue more jobs either. Jobs
/// that changed since or were deleted are ignored.
pub(super) fn next_decision(
    canary: &Canary,
    is_first: bool,
    batch: &OutcomeCounts,
    waited: Duration,
) -> CanaryDecision {
    let unchanged = batch.total() - batch.unseen();
    let max_failed_percent = if is_first { 0 } else { u64::from(canary.stop_at) };
    if batch.failed() * 100 > max_failed_percent * unchanged {
        return CanaryDecision::Stop(CanaryStop::Failed);
    }
    if batch.decided() == batch.total() {
        return if unchanged == 0 {
            CanaryDecision::RepeatBatch
        } else {
            CanaryDecision::NextBatch
        };
    }
    if waited >= canary.timeout {
        CanaryDecision::Stop(CanaryStop::Timeout)
    } else {
        CanaryDecision::Wait
    }
}

/// Returns whether the last batch must stop. It is evaluated while it is written, over the jobs that
/// are written so far.
pub(super) fn remainder_fails(canary: &Canary, written: &OutcomeCounts) -> bool {
    let unchanged = written.total() - written.unseen();
    written.failed() * 100 > u64::from(canary.stop_at) * unchanged.max(MIN_REMAINDER_BASE)
}

#[cfg(test)]
mod tests {
    use JobOutcome::{
        ChangedSince, FailedAgain, FailedOther, Finished, Queued, RetryPending, Running,
    };

    use super::*;
    use crate::facts::canary::BatchSizes;
    use crate::facts::requeued_job::JobOutcome;

    fn decision(is_first: bool, outcomes: &[(JobOutcome, usize)], seconds: u64) -> CanaryDecision {
        let canary = Canary {
            batch_sizes: BatchSizes::default(),
            timeout: Duration::from_secs(300),
            is_timeout_given: false,
            stop_at: 20,
        };
        let batch = outcomes
            .iter()
            .flat_map(|(outcome, jobs)| std::iter::repeat_n(*outcome, *jobs))
            .collect();
        next_decision(&canary, is_first, &batch, Duration::from_secs(seconds))
    }

    #[test]
    fn first_batch_stops_on_any_failure_later_ones_above_20_percent() {
        let failed = CanaryDecision::Stop(CanaryStop::Failed);
        assert_eq!(decision(true, &[(FailedAgain, 1)], 0), failed);
        assert_eq!(decision(true, &[(FailedOther, 1)], 0), failed);
        assert_eq!(decision(true, &[(Finished, 4), (FailedAgain, 1)], 0), failed);
        assert_eq!(
            decision(false, &[(Finished, 4), (FailedAgain, 1)], 0),
            CanaryDecision::NextBatch
        );
        assert_eq!(decision(false, &[(Finished, 3), (FailedAgain, 2)], 0), failed);
        assert_eq!(decision(false, &[(Running, 3), (FailedAgain, 2)], 0), failed, "at once");
    }

    #[test]
    fn batch_waits_for_open_jobs_until_its_timeout() {
        for open in [Queued, Running, RetryPending] {
            let batch = [(Finished, 4), (open, 1)];
            assert_eq!(decision(false, &batch, 299), CanaryDecision::Wait);
            assert_eq!(decision(false, &batch, 300), CanaryDecision::Stop(CanaryStop::Timeout));
        }
        assert_eq!(
            decision(true, &[(Finished, 1)], 300),
            CanaryDecision::NextBatch,
            "in the last moment"
        );
    }

    #[test]
    fn last_batch_stops_above_20_percent_and_five_failures() {
        let canary = Canary {
            batch_sizes: BatchSizes::default(),
            timeout: Duration::from_secs(300),
            is_timeout_given: false,
            stop_at: 20,
        };
        let fails = |failed, queued| {
            let failed = std::iter::repeat_n(FailedAgain, failed);
            let written: OutcomeCounts =
                failed.chain(std::iter::repeat_n(Queued, queued)).collect();
            remainder_fails(&canary, &written)
        };
        assert!(!fails(5, 0), "five of the first few are chance");
        assert!(fails(6, 0) && !fails(20, 80) && fails(21, 79));
    }

    #[test]
    fn jobs_changed_since_are_ignored_in_the_batch_decision() {
        assert_eq!(decision(true, &[(ChangedSince, 1)], 0), CanaryDecision::RepeatBatch);
        assert_eq!(
            decision(true, &[], 0),
            CanaryDecision::RepeatBatch,
            "all were locked or changed"
        );
        assert_eq!(
            decision(false, &[(ChangedSince, 4), (Finished, 1)], 0),
            CanaryDecision::NextBatch
        );
        let stop = CanaryDecision::Stop(CanaryStop::Failed);
        assert_eq!(decision(false, &[(ChangedSince, 4), (FailedAgain, 1)], 0), stop);
    }
}
