//! Follows requeued jobs until each has an outcome.

use std::time::{Duration, Instant};

use super::job_outcome::describe_counts;
use super::job_tracker::JobTracker;
use crate::context::Context;
use crate::facts::requeued_job::{FollowEnd, FollowResult};
use crate::interrupt::Interrupt;

/// The shortest pause between two polls.
const MIN_PAUSE: Duration = Duration::from_secs(1);
/// The shortest time for a poll, so that a short limit allows one poll.
const MIN_POLL: Duration = Duration::from_secs(1);
/// A pause is at least this many times as long as the poll before it, so that following does not add
/// much load.
pub(crate) const PAUSE_FACTOR: u32 = 4;

/// Returns the pause after a poll that took `took`.
pub(crate) fn pause_after(took: Duration) -> Duration {
    MIN_PAUSE.max(took * PAUSE_FACTOR)
}

/// Polls until the operation is written and every job has an outcome, `limit` is over, or an interrupt. Retryable
/// errors of the database are retried within the limit.
pub(crate) async fn follow(
    context: &Context,
    tracker: &mut JobTracker<'_>,
    interrupt: &Interrupt,
    limit: Duration,
) -> FollowResult {
    let deadline = Instant::now() + limit;
    let progress = context.terminal.following(tracker.counts().total());
    let mut is_running = false;
    let end = loop {
        let began = Instant::now();
        let remaining = deadline.saturating_duration_since(began);
        let poll = async {
            // Before the jobs: what was written until then is among them.
            let is_running = tracker.is_running().await;
            (is_running, tracker.refresh().await)
        };
        // A poll that takes longer than the limit ends; what is known stays.
        let polled = tokio::time::timeout(remaining.max(MIN_POLL), poll).await;
        let remaining = deadline.saturating_duration_since(Instant::now());
        match polled {
            Ok((running, Ok(()))) => {
                is_running = running;
                let counts = tracker.counts();
                progress.set_outcomes(counts.decided(), counts.total(), &describe_counts(&counts));
                if counts.decided() == counts.total() && !is_running {
                    break FollowEnd::Decided;
                }
                if remaining.is_zero() {
                    break FollowEnd::Deadline;
                }
                // Without growing event ids, new jobs are found only by reading all of them.
                if is_running {
                    tracker.invalidate();
                }
            }
            Ok((_, Err(error))) if remaining.is_zero() || !error.kind.is_retryable() => {
                break FollowEnd::Lost(error);
            }
            Ok((_, Err(error))) => progress.note(&format!("retrying: {error}")),
            Err(_) => break FollowEnd::Deadline,
        }
        interrupt.sleep(pause_after(began.elapsed()).min(remaining)).await;
        if interrupt.is_interrupted() {
            break FollowEnd::Detached;
        }
    };
    progress.finish();
    tracker.result(is_running, end)
}
