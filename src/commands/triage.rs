//! `triage`: the runbook's quick checklist, all probes at once.

use futures_util::future::{join3, join4};

use super::{env, health, queue, ready};
use crate::cli::Judging;
use crate::context::Context;
use crate::facts::Observed;
use crate::facts::flow::{Failures, Flow};
use crate::facts::layout::Layout;
use crate::facts::queue::Queue;
use crate::report::{self, Report};
use crate::sources::postgres::{flow, server};
use crate::triage::{Facts, judge};

/// Probes concurrently, then judges.
pub async fn run(context: &Context, args: &Judging) -> Report {
    let facts = gather(context).await;
    let steps = judge(&facts, &context.settings.limits);
    report::triage::report(&facts, &steps, args.fail_on, &context.provenance())
}

async fn gather(context: &Context) -> Facts {
    let (health, readiness) = (health::observe(context), ready::observe(context, false));
    let server = context.observe("pg_stat_activity", async {
        server::read(context.database().await?, context.remaining()).await
    });
    let probes = join4(health, readiness, server, jobs(context)).await;
    let (health, readiness, server, (layout, jobs)) = probes;
    let (queue, flow, failures) =
        jobs.map_or((None, None, None), |(q, f, e)| (Some(q), Some(f), e));
    let environment = env::observe(context).await;
    Facts { health, readiness, layout, queue, flow, failures, server, environment }
}

/// What is read of the jobs table and its events.
type Jobs = (Observed<Queue>, Observed<Flow>, Option<Observed<Failures>>);

/// Reads them; not attempted when the layout cannot be read.
async fn jobs(context: &Context) -> (Observed<Layout>, Option<Jobs>) {
    let layout = async { context.layout().await.cloned() };
    let layout = context.observe("pg_catalog", layout).await;
    let Ok(known) = &layout.result else { return (layout, None) };
    let flow = context.observe("public.jobs", async {
        flow::read(context.database().await?, known, context.remaining()).await
    });
    let failures = context.observe("public.job_events", async {
        flow::failures(context.database().await?, known, context.remaining()).await
    });
    let (queue, flow, failures) = join3(queue::observe(context, None, false), flow, failures).await;
    let jobs = (queue, flow, transposed(failures));
    (layout, Some(jobs))
}

/// A reading of nothing is no reading.
fn transposed<T>(seen: Observed<Option<T>>) -> Option<Observed<T>> {
    let result = seen.result.transpose()?;
    Some(Observed { source: seen.source, at: seen.at, took: seen.took, result })
}
