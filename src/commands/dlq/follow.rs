//! `dlq follow`: follows the jobs of an operation until each has an outcome.

use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqFollow;
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::facts::requeued_job::FollowEnd;
use crate::interrupt::Interrupt;
use crate::report::{Report, follow as report};
use crate::requeue::follow::follow;
use crate::requeue::job_tracker::JobTracker;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::{RequeueColumns, operation_events};

/// Follows an operation that was started on this or another machine.
pub(crate) async fn run(context: &Context, args: &DlqFollow) -> Result<Report, Error> {
    let store = LocalStore::open(context.settings.state_dir.as_deref()).ok();
    let operation = prefix::operation(context, store.as_ref(), &args.operation).await?;
    let columns = RequeueColumns::new(context.layout().await?)?;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let located = operation_events::locate(database, layout, &operation, context.timeout()).await?;
    let mut tracker = JobTracker::new(context, &located, &columns, store.as_ref()).await?;
    let interrupt = Interrupt::listen();
    let result = follow(context, &mut tracker, &interrupt, args.wait).await;
    let is_unknown = result.end == FollowEnd::Decided && result.counts.total() == 0;
    if is_unknown {
        return Err(wrong_type::refusal(
            context,
            OperationCommand::Follow,
            &operation,
            store.as_ref(),
        )
        .await?);
    }
    if let (FollowEnd::Lost(error), 0) = (&result.end, result.counts.total()) {
        return Err(error.clone().into());
    }
    Ok(report::report(&result, &context.provenance()))
}
