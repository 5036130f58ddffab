//! Follows requeued jobs until each has an outcome.

use std::time::{Duration, Instant};

use super::job_outcome::describe_counts;
use super::job_tracker::JobTracker;
use crate::context::Context;
use crate::facts::requeued_job::{FollowEnd, FollowResult};
use crate::interrupt::Interrupt;

/// Between two looks, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// And so many times as long as a look takes: following must not become the load.
pub const SHARE: u32 = 4;

/// How long to wait after a look that took so long.
pub fn pause_after(look: Duration) -> Duration {
    PAUSE.max(look * SHARE)
}

/// Looks until every job is decided, time is up, or Ctrl-C detaches. A database that cannot be read
/// for a moment is asked again.
pub async fn follow(
    context: &Context,
    watch: &mut JobTracker<'_>,
    interrupt: &Interrupt,
    limit: Duration,
) -> FollowResult {
    let ends = Instant::now() + limit;
    let progress = context.terminal.following(watch.counts().total());
    let end = loop {
        let (began, looked) = (Instant::now(), watch.refresh().await);
        let left = ends.saturating_duration_since(Instant::now());
        match looked {
            Ok(()) => {
                let tally = watch.counts();
                progress.set_outcomes(tally.decided(), tally.total(), &describe_counts(&tally));
                if tally.decided() == tally.total() {
                    break FollowEnd::Decided;
                }
                if left.is_zero() {
                    break FollowEnd::Deadline;
                }
            }
            Err(error) if left.is_zero() || !error.kind.retryable() => {
                break FollowEnd::Lost(error);
            }
            Err(error) => progress.note(&format!("asking again: {error}")),
        }
        interrupt.sleep(pause_after(began.elapsed()).min(left)).await;
        if interrupt.happened() {
            break FollowEnd::Detached;
        }
    };
    progress.finish();
    watch.result(end)
}
