//! `queue`: straight from Postgres.

use crate::checks::queue::{BACKLOG, DEAD_LETTERS};
use crate::cli::Queue;
use crate::context::Context;
use crate::error::Error;
use crate::exit::FailOn;
use crate::facts::{self, Finding, Observed};
use crate::report::{self, Report};
use crate::sources::postgres::queue::{Effort, Request, read};

/// Counts and judges, or prints index advice.
pub async fn run(context: &Context, args: &Queue) -> Result<Report, Error> {
    let layout = context.layout().await?;
    if args.advise {
        return Ok(report::advice::report(layout, &context.provenance()));
    }
    if let Some(kind) = &args.kind {
        context.known_kind(layout, kind)?;
    }
    let effort = if args.exact { Effort::Exact } else { Effort::Budget };
    let queue = observe(context, args.kind.as_deref(), effort).await;
    judged(context, &queue, args.judging.fail_on)
}

/// Judges a reading.
///
/// # Errors
/// What kept it from being read.
pub fn judged(
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
            let limits = &context.settings.limits;
            let request = Request {
                kind,
                effort,
                timeout: context.remaining(),
                stuck_after: limits.stuck_after,
                beat_window: limits.worker_silence.warning.unwrap_or(limits.stuck_after),
            };
            read(context.database().await?, layout, request).await
        })
        .await
}
