//! `dlq groups`: groups dead letters by cause.

use futures_util::future::join;

use super::filter;
use crate::advice::SHIPPED;
use crate::cli::FilterArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::group::Groups;
use crate::report::{self, Report};
use crate::sources::postgres::earlier_requeues::requeued_before;
use crate::sources::postgres::groups::read;
use crate::sources::postgres::last_finishes::finishes;

/// Groups dead letters by cause.
pub(crate) async fn run(context: &Context, flags: &FilterArgs) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let selection = filter::selection(context, layout, flags).await?;
    let database = context.database().await?;
    let limit = context.remaining();
    let events = async {
        let finishes = finishes(database, layout, limit).await;
        (finishes, requeued_before(database, layout, limit).await)
    };
    let (groups, (finishes, requeued)) =
        join(read(database, layout, &selection, limit), events).await;
    // The last finishes are supplementary: an error while reading them does not fail the command.
    let groups = Groups { finishes: finishes.unwrap_or_default(), requeued, ..groups? };
    let rules: Vec<_> = context.settings.advice.iter().chain(SHIPPED).collect();
    Ok(report::groups::report(&groups, &rules, &context.provenance()))
}
