//! Counts the jobs of the queue by state, kind and worker.
//!
//! Up to [`SMALL_TABLE`](crate::queue::SMALL_TABLE) estimated rows one scan counts everything. In a
//! larger table each state with a covering partial index is counted through it. The other states are
//! counted by one scan with a time budget, and their totals through any partial index that exists.
//! [`read`] is the entry point, [`cost`] estimates the cost of missing indexes.

pub(crate) mod cost;
mod count_query;
pub(crate) mod fates;
mod plan;
mod totals;

use std::pin::pin;
use std::time::Duration;

use count_query::{CountQuery, query};
use futures_util::future::{Either, select, try_join, try_join_all};
use plan::{CountParts, CountPlan};

use super::Database;
use crate::facts::queue::{Count, GivenUp, Queue};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Claims, Fate, Layout, Lifecycle};
use crate::sources::postgres::queue::totals::{CountRow, Coverage, add_up};
pub(crate) use crate::sources::postgres::queue::totals::{all_dead, beyond_budget};

/// Time budget of the scan of a large table.
pub(crate) const SCAN_BUDGET: Duration = Duration::from_secs(1);
/// Fraction of the budget after which the totals are counted in parallel, because the scan may not
/// finish.
const TOTALS_DELAY: f64 = 0.7;

/// Statements that may run on a large table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ScanPolicy {
    /// Only index scans, for callers that poll every few seconds.
    Indexes,
    /// Index scans, and one table scan within [`SCAN_BUDGET`].
    #[default]
    Budget,
    /// Index scans, and one table scan within the timeout of the request.
    Exact,
}

/// Parameters of a count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountRequest<'a> {
    /// Kind of the jobs; all kinds if `None`.
    pub(crate) kind: Option<&'a str>,
    /// Statements that may run.
    pub(crate) scan_policy: ScanPolicy,
    /// Timeout of each statement.
    pub(crate) timeout: Duration,
    /// Age of the heartbeat from which a claimed job is stuck, in seconds.
    pub(crate) stuck_after: f64,
    /// Age of the heartbeat up to which a worker is active, in seconds.
    pub(crate) active_window: f64,
}

/// Counts the jobs. If the scan exceeds its budget, the affected counts are `NotCounted`.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
) -> Result<Queue, SourceError> {
    if layout.is_small() {
        let rows = query(db, layout, request, &CountQuery::everything(), request.timeout).await?;
        return Ok(add_up(layout, request, &[(Coverage::ByKind(&Lifecycle::ALL), rows)]));
    }
    let plan = CountPlan::new(layout);
    let budget = match request.scan_policy {
        ScanPolicy::Exact => request.timeout,
        ScanPolicy::Budget | ScanPolicy::Indexes => SCAN_BUDGET.min(request.timeout),
    };
    // Two connections instead of one per slice: the cold caches of a new session cost more than
    // most slices. The largest slice is sent first and so uses the connection that has read the
    // layout.
    let covered = try_join(
        query_in_turn(db, layout, request, plan.largest.as_slice()),
        query_in_turn(db, layout, request, &plan.covered),
    );
    let scanned = async {
        match &plan.scan {
            Some(slice) => scan_or_totals(db, layout, request, slice, &plan.totals, budget).await,
            None => Ok(CountParts::new()),
        }
    };
    let (covered, scanned) = try_join(covered, scanned).await?;
    let mut parts = plan.merged(covered);
    parts.extend(scanned);
    Ok(add_up(layout, request, &parts))
}

/// Counts those of the failed jobs that are not tried again, and those of which that is not known.
pub(crate) async fn take_given_up(
    queue: &mut Queue,
    db: &Database,
    layout: &Layout,
    claims: &Claims,
    request: CountRequest<'_>,
) -> Result<(), SourceError> {
    let retries = &claims.retries;
    let with_functions =
        |given_up: GivenUp| GivenUp { functions: claims.functions.clone(), ..given_up };
    if retries.gives_up_all(layout) {
        let given_up = GivenUp::of(queue.failed.clone());
        queue.given_up = Some(with_functions(given_up));
        return Ok(());
    }
    let timeout = match request.scan_policy {
        ScanPolicy::Budget | ScanPolicy::Indexes if !layout.is_small() => {
            SCAN_BUDGET.min(request.timeout)
        }
        _ => request.timeout,
    };
    let fates = match fates::read(db, layout, retries, request.kind, timeout).await {
        Ok(fates) => fates,
        // They were counted, and that is all that is known of them.
        Err(error) if error.kind == SourceErrorKind::Timeout => {
            let given_up = GivenUp::of(beyond_budget(layout));
            queue.given_up = Some(GivenUp { unknown: queue.failed.clone(), ..given_up });
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let given_up = GivenUp {
        overdue: fates.count(|fate| fate == Fate::Overdue),
        unknown: Count::Exact(fates.count(|fate| fate == Fate::Unknown)),
        ..GivenUp::of(Count::Exact(fates.count(Fate::is_given_up)))
    };
    let is_not_claimed = fates.count(|fate| fate == Fate::NotClaimed) > 0;
    let is_known = given_up.jobs == Count::Exact(0) && given_up.unknown == Count::Exact(0);
    queue.given_up = match is_not_claimed {
        true => Some(with_functions(given_up)),
        false => (!is_known).then_some(given_up),
    };
    Ok(())
}

/// Returns the result of one scan or, if it exceeds its budget, the totals from indexes.
async fn scan_or_totals<'a>(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
    slice: &'a CountQuery,
    totals: &'a [CountQuery],
    budget: Duration,
) -> Result<CountParts<'a>, SourceError> {
    let count_totals =
        || try_join_all(totals.iter().map(|s| query(db, layout, request, s, request.timeout)));
    let without_scan = |counted: Vec<Vec<CountRow>>| {
        let mut parts: CountParts<'a> =
            totals.iter().map(|s| s.coverage(layout)).zip(counted).collect();
        parts.push((Coverage::Missing(&slice.roles), vec![]));
        parts
    };
    if request.scan_policy == ScanPolicy::Indexes {
        return count_totals().await.map(without_scan);
    }
    let scan = query(db, layout, request, slice, budget);
    let counted = async {
        // Most scans finish earlier; the totals would only slow them down.
        tokio::time::sleep(budget.mul_f64(TOTALS_DELAY)).await;
        count_totals().await
    };
    let (scan, counted) = match select(pin!(scan), pin!(counted)).await {
        Either::Left((Err(error), counted)) if error.kind == SourceErrorKind::Timeout => {
            (Err(error), counted.await)
        }
        Either::Left((scan, _)) => (scan, Ok(vec![])),
        Either::Right((counted, scan)) => (scan.await, counted),
    };
    match scan {
        Ok(rows) => Ok(vec![(Coverage::ByKind(&slice.roles), rows)]),
        Err(error) if error.kind == SourceErrorKind::Timeout => counted.map(without_scan),
        Err(error) => Err(error),
    }
}

/// Counts the slices one after another, on one connection.
async fn query_in_turn(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
    slices: &[CountQuery],
) -> Result<Vec<Vec<CountRow>>, SourceError> {
    let mut rows = Vec::with_capacity(slices.len());
    for slice in slices {
        rows.push(query(db, layout, request, slice, request.timeout).await?);
    }
    Ok(rows)
}
