//! `queue`: straight from Postgres.

use crate::checks::queue::{BACKLOG, DEAD_LETTERS};
use crate::cli::QueueArgs;
use crate::context::Context;
use crate::error::Error;
use crate::exit::FailOn;
use crate::facts::index_cost::{Cost, TimedCount, UnindexedMetric};
use crate::facts::{self, Finding, Observed, SourceError};
use crate::queue::{Layout, Lifecycle};
use crate::report::{self, Report};
use crate::sources::postgres::queue::{CountRequest, Effort, cost, read};

/// Counts and judges, or prints index advice.
pub async fn run(context: &Context, args: &QueueArgs) -> Result<Report, Error> {
    let layout = context.layout().await?;
    if args.advise {
        let unserved = unindexed_metrics(context, layout).await;
        return Ok(report::advice::report(layout, &unserved, &context.provenance()));
    }
    if let Some(kind) = &args.kind {
        context.known_kind(layout, kind)?;
    }
    let effort = if args.exact { Effort::Exact } else { Effort::Budget };
    let queue = observe(context, args.kind.as_deref(), effort).await;
    evaluate_counts(context, &queue, args.judging.fail_on)
}

/// Judges a reading.
///
/// # Errors
/// What kept it from being read.
pub fn evaluate_counts(
    context: &Context,
    queue: &Observed<facts::queue::Queue>,
    fail_on: FailOn,
) -> Result<Report, Error> {
    if let Err(error) = &queue.result {
        return Err(error.clone().into());
    }
    let limits = &context.settings.limits;
    let findings: Vec<Finding> =
        BACKLOG.iter().chain(&DEAD_LETTERS).flat_map(|check| check.run(queue, limits)).collect();
    Ok(report::queue::report(queue, findings, fail_on, &context.provenance()))
}

/// Reads the queue with the limits in force.
pub async fn observe(
    context: &Context,
    kind: Option<&str>,
    effort: Effort,
) -> Observed<facts::queue::Queue> {
    context
        .observe("public.jobs", async {
            let layout = context.layout().await?;
            read(context.database().await?, layout, request(context, kind, effort)).await
        })
        .await
}

/// What is asked with the limits in force, and the time that is left.
fn request<'a>(context: &Context, kind: Option<&'a str>, effort: Effort) -> CountRequest<'a> {
    let limits = &context.settings.limits;
    CountRequest {
        kind,
        effort,
        timeout: context.remaining(),
        stuck_after: limits.stuck_after,
        beat_window: limits.heartbeat_age.warning.unwrap_or(limits.stuck_after),
    }
}

/// The roles that have no index, and what each costs for that: one after the other, so that no count
/// slows another down.
async fn unindexed_metrics(context: &Context, layout: &Layout) -> Vec<UnindexedMetric> {
    let mut unserved = Vec::new();
    for role in cost::unindexed_metrics(layout) {
        unserved.push(UnindexedMetric { role, cost: weighed(context, layout, role).await });
    }
    unserved
}

/// The planner first: its question also opens the connection, which is not part of the count's time.
async fn weighed(context: &Context, layout: &Layout, role: Lifecycle) -> Result<Cost, SourceError> {
    let db = context.database().await?;
    let asked = request(context, None, Effort::Budget);
    let outlook = cost::planner_estimate(db, layout, role, asked).await?;
    let asked = request(context, None, Effort::Budget);
    let counted = context.observe("public.jobs", cost::count(db, layout, role, asked)).await;
    let count = match counted.result? {
        Some(jobs) => TimedCount::Counted { jobs, took: counted.took },
        None => TimedCount::GivenUp(cost::budget(asked)),
    };
    Ok(Cost { count, planner_estimate: outlook })
}
