//! Gathers the facts of a triage concurrently. Queries of the jobs table first wait for its layout.

use futures_util::future::{join, join4, join5};

use super::probes::Probes;
use crate::commands::rls::last_audit::{self, AuditPolicy};
use crate::commands::{env, health, queue, ready};
use crate::context::{Context, events_name};
use crate::facts::Observed;
use crate::facts::access::last_audit::LastAudit;
use crate::facts::flow::{DeadLetterTrend, Failures};
use crate::facts::queue::Queue;
use crate::facts::triage::TriageFacts;
use crate::queue::Layout;
use crate::sources::postgres::queue::ScanPolicy;
use crate::sources::postgres::{flow, server};

/// Gathers the facts of a triage. A probe that fails or does not end yields a fact with its error.
///
/// [`ScanPolicy::Indexes`], for repeated polls, runs no table scan and does not read the environment of the
/// current directory.
pub(crate) async fn gather(
    context: &Context,
    probes: &Probes<'_>,
    scan_policy: ScanPolicy,
) -> TriageFacts {
    let health = probes.probe(&context.settings.app.healthz_path.value, health::observe(context));
    let readiness =
        probes.probe(&context.settings.app.readyz_path.value, ready::observe(context, false));
    let server = context.observe(STATISTICS, async {
        server::read(context.database().await?, context.remaining()).await
    });
    let server = probes.probe(STATISTICS, server);
    // Last, because it blocks the thread while the other probes already wait for their responses.
    let environment = async {
        match scan_policy {
            ScanPolicy::Indexes => None,
            ScanPolicy::Budget | ScanPolicy::Exact => env::observe(context).await,
        }
    };
    let all =
        join5(health, readiness, jobs(context, probes, scan_policy), server, environment).await;
    let (health, readiness, (layout, jobs), server, environment) = all;
    let (queue, flow, failures, access) = match jobs {
        Some((queue, flow, failures, access)) => (Some(queue), Some(flow), failures, Some(access)),
        None => (None, None, None, None),
    };
    TriageFacts {
        health,
        readiness,
        layout,
        queue,
        flow,
        failures,
        server,
        access,
        environment,
        tests: vec![],
        saved: false,
    }
}

// The names of the sources in the status line, which is shown before the layout is known.
const CATALOG: &str = "pg_catalog";
const JOBS: &str = "jobs";
const RECENT_DEAD_LETTERS: &str = "jobs (two hours)";
const EVENTS: &str = "job events";
const ACCESS: &str = "access audit";
const STATISTICS: &str = "pg_stat_activity";

/// Returns the sources of the probes, in the order in which the status line shows them.
pub(crate) fn sources(context: &Context) -> [&str; 8] {
    let app = &context.settings.app;
    let (health, readiness) = (&app.healthz_path.value, &app.readyz_path.value);
    [health, readiness, CATALOG, STATISTICS, JOBS, RECENT_DEAD_LETTERS, EVENTS, ACCESS]
}

/// The facts about the jobs table and its events.
type JobsFacts =
    (Observed<Queue>, Observed<DeadLetterTrend>, Option<Observed<Failures>>, LastAudit);

/// Reads the layout, and the jobs table and its events if the layout is known.
async fn jobs(
    context: &Context,
    probes: &Probes<'_>,
    scan_policy: ScanPolicy,
) -> (Observed<Layout>, Option<JobsFacts>) {
    let layout = context.observe(CATALOG, async { context.layout().await.cloned() });
    let layout = async { join(layout, open_connections(context)).await.0 };
    let layout = probes.probe(CATALOG, layout).await;
    let Ok(known_layout) = &layout.result else {
        probes.forget(&[JOBS, RECENT_DEAD_LETTERS, EVENTS, ACCESS]);
        return (layout, None);
    };
    let flow = context.observe(format!("{} (two hours)", known_layout.relation), async {
        flow::read(context.database().await?, known_layout, context.remaining()).await
    });
    let failures = context.observe(events_name(known_layout), async {
        flow::failures(context.database().await?, known_layout, context.remaining()).await
    });
    let queue = probes.probe(JOBS, queue::observe(context, None, scan_policy));
    let (flow, failures) =
        (probes.probe(RECENT_DEAD_LETTERS, flow), probes.probe(EVENTS, failures));
    let access = access(context, probes, known_layout, scan_policy);
    let (queue, flow, failures, access) = join4(queue, flow, failures, access).await;
    let flow = without_acknowledged(flow, &queue);
    (layout, Some((queue, flow, transpose(failures), access)))
}

/// Returns the access audit: a new one, or for repeated polls the last one.
async fn access(
    context: &Context,
    probes: &Probes<'_>,
    layout: &Layout,
    scan_policy: ScanPolicy,
) -> LastAudit {
    let policy = match scan_policy {
        ScanPolicy::Indexes => AuditPolicy::Reuse,
        ScanPolicy::Budget | ScanPolicy::Exact => AuditPolicy::Run,
    };
    // Boxed, because the compiler limits how deeply futures are nested.
    let audit = Box::pin(last_audit::observe(context, layout, policy));
    let audit = async { Ok(audit.await) };
    let observed = probes.probe(ACCESS, context.observe(ACCESS, audit)).await;
    observed.result.unwrap_or_else(|error| LastAudit::not_run(observed.at, error.message))
}

/// Adds the acknowledged dead letters, which are part of the counts of the queue.
fn without_acknowledged(
    mut flow: Observed<DeadLetterTrend>,
    queue: &Observed<Queue>,
) -> Observed<DeadLetterTrend> {
    let acknowledged = queue.value().and_then(|queue| queue.acknowledged.as_ref());
    if let (Ok(trend), Some(acknowledged)) = (&mut flow.result, acknowledged) {
        trend.acknowledged = (acknowledged.last_hour(), acknowledged.hour_before());
    }
    flow
}

/// Opens two connections for the jobs probes while the catalog and the statistics are read over two
/// others, because connecting to a distant server takes as long as a query. Not if the server grants
/// fewer; errors are ignored here, the probes report them.
async fn open_connections(context: &Context) {
    if let Ok(database) = context.database().await {
        _ = join(database.spare_connection(), database.spare_connection()).await;
    }
}

/// Converts an observed `None` to `None`.
fn transpose<T>(observed: Observed<Option<T>>) -> Option<Observed<T>> {
    let result = observed.result.transpose()?;
    Some(Observed { source: observed.source, at: observed.at, took: observed.took, result })
}
