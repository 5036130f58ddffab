//! Waits until the package's own code has freed the jobs whose claims a rescue aged.

use std::time::{Duration, Instant};

use super::follow::pause_after;
use crate::context::Context;
use crate::error::Error;
use crate::facts::requeued_job::FollowEnd;
use crate::facts::stuck_job::{RescueFollow, RescueOutcome, StuckJob};
use crate::interrupt::Interrupt;
use crate::sources::postgres::rescued_jobs;
use crate::text::count;

/// Reads the jobs until each of them is freed, at most for `limit`, or until an interrupt. Retryable errors of the
/// database are retried within the limit.
pub(crate) async fn wait(
    context: &Context,
    jobs: Vec<&StuckJob>,
    interrupt: &Interrupt,
    limit: Duration,
) -> Result<RescueFollow, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let began = Instant::now();
    let total = jobs.len() as u64;
    let progress = context.terminal.following(total);
    let mut decided = vec![];
    let mut pending: Vec<_> = jobs.into_iter().map(|job| (job, RescueOutcome::Unknown)).collect();
    let end = loop {
        let poll_began = Instant::now();
        let asked: Vec<_> = pending.iter().map(|(job, _)| *job).collect();
        let polled = rescued_jobs::read(database, layout, &asked, context.timeout()).await;
        let remaining = limit.saturating_sub(began.elapsed());
        match polled {
            Ok(outcomes) => {
                let read = asked.into_iter().zip(outcomes);
                let (known, open): (Vec<_>, _) =
                    read.partition(|(_, outcome)| outcome.is_decided());
                decided.extend(known.into_iter().map(|(job, outcome)| (job.id, outcome)));
                pending = open;
                let still = format!("{} still claimed", count(pending.len() as u64));
                progress.set_outcomes(decided.len() as u64, total, &still);
                if pending.is_empty() {
                    break FollowEnd::Decided;
                }
            }
            Err(error) if remaining.is_zero() || !error.kind.is_retryable() => {
                break FollowEnd::Lost(error);
            }
            Err(error) => progress.note(&format!("retrying: {error}")),
        }
        if remaining.is_zero() {
            break FollowEnd::Deadline;
        }
        interrupt.sleep(pause_after(poll_began.elapsed()).min(remaining)).await;
        if interrupt.is_interrupted() {
            break FollowEnd::Detached;
        }
    };
    progress.finish();
    decided.extend(pending.into_iter().map(|(job, outcome)| (job.id, outcome)));
    Ok(RescueFollow { jobs: decided, end, waited: began.elapsed() })
}
