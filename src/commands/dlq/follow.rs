//! `dlq follow`: what becomes of the jobs of an operation, until all of them are decided.

use std::time::{Duration, Instant};

use super::job_tracker::JobTracker;
use super::wrong_type::{self, OperationCommand};
use crate::checks::job_outcome::describe_counts;
use crate::cli::DlqFollow;
use crate::context::Context;
use crate::error::Error;
use crate::facts::requeued_job::{FollowEnd, FollowResult};
use crate::interrupt::Interrupt;
use crate::report::{Report, follow as report};
use crate::sources::local_store::LocalStore;
use crate::sources::postgres::requeue::RequeueColumns;

/// Between two looks, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// And so many times as long as a look takes: following must not become the load.
pub const SHARE: u32 = 4;

/// How long to wait after a look that took so long.
pub fn pause_after(look: Duration) -> Duration {
    PAUSE.max(look * SHARE)
}

/// Follows an operation, of this machine or another one.
pub async fn run(context: &Context, args: &DlqFollow) -> Result<Report, Error> {
    let operation = super::operation(&args.operation)?;
    let shape = RequeueColumns::new(context.layout().await?)?;
    let state = LocalStore::open(context.settings.state_dir.as_deref()).ok();
    let mut watch =
        JobTracker::new(context, &operation, operation.after, &shape, state.as_ref()).await?;
    watch.refresh().await?;
    if watch.counts().total() == 0 {
        return Err(wrong_type::refusal(
            context,
            OperationCommand::Follow,
            &operation,
            state.as_ref(),
        )
        .await?);
    }
    let interrupt = Interrupt::listen();
    let followed = follow(context, &mut watch, &interrupt, args.wait).await;
    Ok(report::report(&followed, &context.provenance()))
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
                progress.stands(tally.decided(), tally.total(), &describe_counts(&tally));
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
