//! `dlq groups`: what failed, since when, is it still happening?

use super::filter;
use crate::cli::Filter;
use crate::context::Context;
use crate::error::Error;
use crate::report::{self, Report};
use crate::sources::postgres::groups::read;

/// Groups dead letters by cause.
pub async fn run(context: &Context, flags: &Filter) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let selection = filter::selection(context, layout, flags)?;
    let groups = read(context.database().await?, layout, &selection, context.remaining()).await?;
    Ok(report::groups::report(&groups, &context.provenance()))
}
