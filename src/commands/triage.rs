//! `triage`: the runbook's quick checklist, all probes at once.

use futures_util::future::join3;

use super::{env, health, queue, ready};
use crate::cli::Judging;
use crate::context::Context;
use crate::facts::Observed;
use crate::facts::layout::Layout;
use crate::facts::queue::Queue;
use crate::report::{self, Report};
use crate::triage::{Facts, judge};

/// Probes concurrently, then judges.
pub async fn run(context: &Context, args: &Judging) -> Report {
    let facts = gather(context).await;
    let steps = judge(&facts, &context.settings.limits);
    report::triage::report(&steps, args.fail_on, &context.provenance())
}

async fn gather(context: &Context) -> Facts {
    let health = health::observe(context);
    let readiness = ready::observe(context, false);
    let (health, readiness, (layout, queue)) = join3(health, readiness, jobs(context)).await;
    Facts { health, readiness, layout, queue, environment: env::observe(context).await }
}

/// The queue is not attempted when the layout cannot be read.
async fn jobs(context: &Context) -> (Observed<Layout>, Option<Observed<Queue>>) {
    let layout = async { context.layout().await.cloned() };
    let layout = context.observe("pg_catalog", layout).await;
    let queue = match &layout.result {
        Ok(_) => Some(queue::observe(context, None, false).await),
        Err(_) => None,
    };
    (layout, queue)
}
