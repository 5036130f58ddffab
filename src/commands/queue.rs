//! `queue`: counts due, running, stuck and dead jobs in the database.

use futures_util::future::join;

use super::acknowledged;
use crate::checks::queue::{BACKLOG, DEAD_LETTERS};
use crate::checks::server::STANDBY;
use crate::cli::QueueArgs;
use crate::context::Context;
use crate::error::Error;
use crate::exit::FailOn;
use crate::facts::index_cost::{Cost, TimedCount, UnindexedMetric};
use crate::facts::queue::Throughput;
use crate::facts::server::ServerStatus;
use crate::facts::{self, Finding, Observed, SourceError, SourceErrorKind};
use crate::queue::{Layout, Lifecycle};
use crate::report::{self, Report};
use crate::sources::postgres::queue::{CountRequest, ScanPolicy, cost, read, take_given_up};
use crate::sources::postgres::{recent_activity, server};

/// Source of the replay lag.
const STATISTICS: &str = "pg_stat_activity";

/// Counts the jobs and evaluates the counts, or with `--advise` reports suggested indexes.
pub(crate) async fn run(context: &Context, args: &QueueArgs) -> Result<Report, Error> {
    let layout = context.layout().await?;
    if args.advise && layout.declared.is_some() {
        let message = match layout.package() {
            Some(package) if !package.indexes.is_empty() => {
                let provenance = context.provenance();
                return Ok(report::advice::of_package(layout, &package.indexes, &provenance));
            }
            Some(_) => {
                "--advise does not support the jobs table of a package, which creates its own indexes"
            }
            None => "--advise does not support a declared jobs table",
        };
        return Err(SourceError::new(SourceErrorKind::UnknownLayout, message).into());
    }
    if args.advise {
        let metrics = unindexed_metrics(context, layout).await;
        return Ok(report::advice::report(layout, &metrics, &context.provenance()));
    }
    if let Some(kind) = &args.kind {
        context.known_kind(layout, kind).await?;
    }
    let scan_policy = if args.exact { ScanPolicy::Exact } else { ScanPolicy::Budget };
    let (queue, throughput) = match &args.kind {
        None => observe_with_throughput(context, layout, scan_policy).await,
        // Events do not have the kind of their job.
        Some(kind) => (observe(context, Some(kind), scan_policy).await, None),
    };
    let server = async { server::read(context.database().await?, context.remaining()).await };
    // Counts of a standby are as old as its last replayed transaction.
    let server =
        if layout.in_recovery { Some(context.observe(STATISTICS, server).await) } else { None };
    let facts = QueueReportFacts { queue: &queue, throughput, server: server.as_ref() };
    evaluate_counts(context, &facts, args.status_args.fail_on)
}

/// Counts the jobs, and reads the throughput. It is additional: without it the report is complete.
async fn observe_with_throughput(
    context: &Context,
    layout: &Layout,
    scan_policy: ScanPolicy,
) -> (Observed<facts::queue::Queue>, Option<Throughput>) {
    let mut throughput = None;
    let counts = context.observe(context.jobs_name().await, async {
        let (database, timeout) = (context.database().await?, context.remaining());
        let request = request(context, None, scan_policy);
        let queue = if layout.is_small() {
            // One statement counts everything, so that both take one round trip.
            let shared = database.on_one_connection(timeout).await?;
            let events = recent_activity::throughput(&shared, layout, timeout);
            let (queue, events) = join(read(&shared, layout, request), events).await;
            throughput = events.ok().flatten();
            queue?
        } else {
            let queue = read(database, layout, request).await?;
            let events = recent_activity::throughput(database, layout, context.remaining()).await;
            throughput = events.ok().flatten();
            queue
        };
        with_given_up(context, queue, None, scan_policy).await
    });
    let counts = counts.await;
    (counts, throughput)
}

/// What the report of `queue` shows.
pub(crate) struct QueueReportFacts<'a> {
    /// The counts.
    pub(crate) queue: &'a Observed<facts::queue::Queue>,
    /// The throughput, if it is known.
    pub(crate) throughput: Option<Throughput>,
    /// The server, on a standby.
    pub(crate) server: Option<&'a Observed<ServerStatus>>,
}

/// Evaluates the counts, and on a standby its replay lag, and returns the report.
pub(crate) fn evaluate_counts(
    context: &Context,
    facts: &QueueReportFacts<'_>,
    fail_on: FailOn,
) -> Result<Report, Error> {
    let QueueReportFacts { queue, throughput, server } = facts;
    if let Err(error) = &queue.result {
        return Err(error.clone().into());
    }
    let limits = &context.settings.thresholds;
    let mut findings: Vec<Finding> =
        BACKLOG.iter().chain(&DEAD_LETTERS).flat_map(|check| check.run(queue, limits)).collect();
    findings.extend(server.iter().flat_map(|server| STANDBY.run(server, limits)));
    let from = context.provenance();
    Ok(report::queue::report(queue, *throughput, (findings, limits), fail_on, &from))
}

/// Counts the jobs with the thresholds in force.
pub(crate) async fn observe(
    context: &Context,
    kind: Option<&str>,
    scan_policy: ScanPolicy,
) -> Observed<facts::queue::Queue> {
    context
        .observe(context.jobs_name().await, async {
            let (layout, database) = (context.layout().await?, context.database().await?);
            let queue = read(database, layout, request(context, kind, scan_policy)).await?;
            with_given_up(context, queue, kind, scan_policy).await
        })
        .await
}

/// Adds the given-up jobs and the acknowledged dead letters.
async fn with_given_up(
    context: &Context,
    mut queue: facts::queue::Queue,
    kind: Option<&str>,
    scan_policy: ScanPolicy,
) -> Result<facts::queue::Queue, SourceError> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    // The functions are read only if there is a failed job whose fate they decide.
    if queue.failed.at_least().is_some_and(|failed| failed > 0) {
        let request = request(context, kind, scan_policy);
        take_given_up(&mut queue, database, layout, context.claims().await?, request).await?;
    }
    queue.acknowledged = acknowledged::observe(context, layout, &queue, scan_policy).await;
    Ok(queue)
}

/// Returns a count request with the thresholds in force and the remaining time.
fn request<'a>(
    context: &Context,
    kind: Option<&'a str>,
    scan_policy: ScanPolicy,
) -> CountRequest<'a> {
    let limits = &context.settings.thresholds;
    CountRequest {
        kind,
        scan_policy,
        timeout: context.remaining(),
        stuck_after: limits.stuck_after,
        active_window: limits.heartbeat_age.warning.unwrap_or(limits.stuck_after),
    }
}

/// Returns the metrics without an index and their cost. They are measured one after the other, so that
/// the counts do not slow each other down.
async fn unindexed_metrics(context: &Context, layout: &Layout) -> Vec<UnindexedMetric> {
    let mut metrics = Vec::new();
    for role in cost::unindexed_metrics(layout) {
        metrics.push(UnindexedMetric { role, cost: measure_cost(context, layout, role).await });
    }
    metrics
}

/// Returns the planner's estimate for a count and the measured time of the count. The estimate comes
/// first because it also opens the connection, which must not be part of the measured time.
async fn measure_cost(
    context: &Context,
    layout: &Layout,
    role: Lifecycle,
) -> Result<Cost, SourceError> {
    let db = context.database().await?;
    let count_request = request(context, None, ScanPolicy::Budget);
    let planner_estimate = cost::planner_estimate(db, layout, role, count_request).await?;
    let count_request = request(context, None, ScanPolicy::Budget);
    let count = cost::count(db, layout, role, count_request);
    let counted = context.observe(layout.relation.to_string(), count).await;
    let count = match counted.result? {
        Some(jobs) => TimedCount::Counted { jobs, took: counted.took },
        None => TimedCount::GivenUp(cost::budget(count_request)),
    };
    Ok(Cost { count, planner_estimate })
}
