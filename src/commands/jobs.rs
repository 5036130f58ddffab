//! `jobs list` and `jobs show`: the jobs of one state, and one job in full.

use super::dlq::filter::check_selection;
use super::prefix;
use crate::advice::job_explanation::explain;
use crate::cli::{JobsList, JobsShow};
use crate::context::Context;
use crate::error::Error;
use crate::facts::job::{Job, JobState};
use crate::facts::selection::Selection;
use crate::queue::{Counting, Lifecycle};
use crate::report::{self, Report};
use crate::sources::postgres::jobs;
use crate::sources::postgres::requeue::rescue::counting_unknown;

/// Reports one job.
///
/// # Errors
/// A malformed id is a usage error (64), an unknown id a source error (3).
pub(crate) async fn show(context: &Context, args: &JobsShow) -> Result<Report, Error> {
    let id = prefix::job(context, context.layout().await?, &args.id).await?;
    let job = read(context, &id).await?;
    let meaning = explain(&job, &context.settings.thresholds);
    Ok(report::job::report(&job, &meaning, &context.provenance()))
}

/// Lists the jobs of one state.
pub(crate) async fn list(context: &Context, args: &JobsList) -> Result<Report, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let is_claimed = matches!(args.state, JobState::Running | JobState::Stuck);
    let counting = match is_claimed {
        true => context.counting().await?,
        false => Counting::Unknown,
    };
    if let Some(kind) = &args.kind {
        context.known_kind(layout, kind).await?;
    }
    let now = layout.server_time.parse().unwrap_or_else(|_| context.now());
    let selection = Selection {
        workspace: args.workspace.clone(),
        since: args.since.map(|time| time.at(now)),
        ..Selection::default()
    };
    check_selection(layout, &selection, now)?;
    let condition = jobs::ListCondition {
        counting,
        state: args.state,
        kind: args.kind.as_deref(),
        workspace: selection.workspace.map(|id| id.to_ascii_lowercase()),
        changed_since: selection.since,
        id_prefix: String::new(),
        // One more row shows whether the list is complete.
        limit: args.limit + 1,
        stuck_after: context.settings.thresholds.stuck_after,
    };
    let listed = jobs::list(database, layout, &condition, context.remaining()).await?;
    let is_rescue_refused = layout.rescue_refused().is_some()
        || (is_claimed && counting_unknown(layout, counting).is_some());
    let limit = args.limit as usize;
    Ok(report::jobs::report(args.state, &listed, limit, is_rescue_refused, &context.provenance()))
}

/// Reads the job with this id. An unknown id is an error.
pub(crate) async fn read(context: &Context, id: &str) -> Result<Job, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let stuck_after = context.settings.thresholds.stuck_after;
    let claims = context.claims().await?;
    let mut job =
        jobs::read(database, layout, claims, (id, stuck_after), context.remaining()).await?;
    if job.role == Lifecycle::Claimed {
        job.counting = context.counting().await?;
        job.is_rescue_refused |= counting_unknown(layout, job.counting).is_some();
    }
    Ok(job)
}
