//! `dlq groups`: what failed, since when, is it still happening?

use futures_util::future::join;

use super::filter;
use crate::cli::Filter;
use crate::context::Context;
use crate::error::Error;
use crate::facts::group::Groups;
use crate::report::{self, Report};
use crate::sources::postgres::groups::read;
use crate::sources::postgres::recovery::finishes;

/// Groups dead letters by cause.
pub async fn run(context: &Context, flags: &Filter) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let selection = filter::selection(context, layout, flags)?;
    let database = context.database().await?;
    let (groups, finishes) = join(
        read(database, layout, &selection, context.remaining()),
        finishes(database, layout, context.remaining()),
    )
    .await;
    // Whether a cause is recovering is a nicety: what keeps it from being known is no failure.
    let groups = Groups { finishes: finishes.unwrap_or_default(), ..groups? };
    Ok(report::groups::report(&groups, &context.provenance()))
}
