//! `dlq follow`: what becomes of the jobs of an operation, until all of them are decided.

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
