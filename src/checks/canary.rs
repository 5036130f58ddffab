//! Whether a canary lets more jobs through.

use std::time::Duration;

use crate::facts::canary::{Canary, CanaryDecision, CanaryStop};
use crate::facts::requeued_job::{JobOutcome, OutcomeCounts};

/// Of fewer jobs of the rest than these, no part is taken.
const FEW: u64 = 25;

/// Judges the jobs of a step; `first` is the canary itself, of which none may fail.
///
/// Deaths of another cause count as well: they, too, are no reason to send more jobs after. Jobs
/// that others moved count for nothing.
#[must_use]
pub fn next_decision(
    canary: &Canary,
    first: bool,
    step: &OutcomeCounts,
    waited: Duration,
) -> CanaryDecision {
    let ours = step.total() - step.count(JobOutcome::ChangedSince);
    let bearable = if first { 0 } else { u64::from(canary.stop_at) * ours };
    if step.failed() * 100 > bearable {
        return CanaryDecision::Stop(CanaryStop::Failed);
    }
    if step.decided() == step.total() {
        return if ours == 0 { CanaryDecision::RepeatBatch } else { CanaryDecision::NextBatch };
    }
    if waited >= canary.timeout {
        CanaryDecision::Stop(CanaryStop::Timeout)
    } else {
        CanaryDecision::Wait
    }
}

/// Whether the rest goes on while it is written: it is too many to be waited for, and is stopped in
/// the middle where more than the bearable part of what was written fails.
#[must_use]
pub fn remainder_fails(canary: &Canary, written: &OutcomeCounts) -> bool {
    let ours = written.total() - written.count(JobOutcome::ChangedSince);
    written.failed() * 100 > u64::from(canary.stop_at) * ours.max(FEW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::canary::BatchSizes;
    use JobOutcome::{
        ChangedSince, FailedAgain, FailedOther, Finished, Queued, RetryPending, Running,
    };

    fn decision(first: bool, standings: &[(JobOutcome, usize)], seconds: u64) -> CanaryDecision {
        let canary = Canary {
            batch_sizes: BatchSizes::default(),
            timeout: Duration::from_secs(300),
            stop_at: 20,
        };
        let step = standings.iter().flat_map(|(s, n)| std::iter::repeat_n(*s, *n)).collect();
        next_decision(&canary, first, &step, Duration::from_secs(seconds))
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
            let step = [(Finished, 4), (open, 1)];
            assert_eq!(decision(false, &step, 299), CanaryDecision::Wait);
            assert_eq!(decision(false, &step, 300), CanaryDecision::Stop(CanaryStop::Timeout));
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
