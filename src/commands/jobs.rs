//! `jobs show`: one job in full.

use crate::checks::job::meaning;
use crate::cli::JobsShow;
use crate::context::Context;
use crate::error::Error;
use crate::report::{self, Report};
use crate::sources::postgres::jobs;

/// Shows a job.
///
/// # Errors
/// A malformed id is a usage error; a job that is not there cannot be shown (3).
pub async fn show(context: &Context, args: &JobsShow) -> Result<Report, Error> {
    let layout = context.layout().await?;
    if !jobs::is_id(layout, &args.id) {
        return Err(Error::usage(format!("\"{}\" is no id of a job", args.id))
            .hint(format!("ids of this database are of type {}", layout.id.sql())));
    }
    let database = context.database().await?;
    let job = jobs::read(database, layout, &args.id, context.remaining()).await?;
    let meaning = meaning(&job, &context.settings.limits);
    Ok(report::job::report(&job, &meaning, &context.provenance()))
}
