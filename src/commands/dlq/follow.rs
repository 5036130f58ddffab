//! `dlq follow`: follows the jobs of an operation until each has an outcome.

use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqFollow;
use crate::context::Context;
use crate::error::Error;
use crate::interrupt::Interrupt;
use crate::report::{Report, follow as report};
use crate::requeue::follow::follow;
use crate::requeue::job_tracker::JobTracker;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::RequeueColumns;

/// Follows an operation that was started on this or another machine.
pub(crate) async fn run(context: &Context, args: &DlqFollow) -> Result<Report, Error> {
    let operation = super::operation(&args.operation)?;
    let columns = RequeueColumns::new(context.layout().await?)?;
    let store = LocalStore::open(context.settings.state_dir.as_deref()).ok();
    let mut tracker =
        JobTracker::new(context, &operation, operation.after, &columns, store.as_ref()).await?;
    tracker.refresh().await?;
    if tracker.counts().total() == 0 {
        return Err(wrong_type::refusal(
            context,
            OperationCommand::Follow,
            &operation,
            store.as_ref(),
        )
        .await?);
    }
    let interrupt = Interrupt::listen();
    let result = follow(context, &mut tracker, &interrupt, args.wait).await;
    Ok(report::report(&result, &context.provenance()))
}
