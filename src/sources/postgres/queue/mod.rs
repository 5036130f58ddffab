//! What the queue holds: every figure exact where an index or a small table allows it.
//!
//! Up to [`SMALL_TABLE`](crate::queue::SMALL_TABLE) estimated rows one scan counts everything. Above, each role whose partial
//! index covers its figures is counted through it; the others come from one scan with a budget,
//! and beside it their totals from whatever partial index there is.

pub mod cost;
mod count_query;
mod plan;
mod totals;

use std::pin::pin;
use std::time::Duration;

use count_query::{Slice, query};
use futures_util::future::{Either, select, try_join, try_join_all};
use plan::{CountPlan, Parts};

use super::Database;
use crate::facts::queue::Queue;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, Lifecycle};
use crate::sources::postgres::queue::totals::{CountRow, Coverage, add_up};

/// Time that the scan of a large table may take.
pub const SCAN_BUDGET: Duration = Duration::from_secs(1);
/// The part of its budget after which a scan is not expected to end within it.
const LATE: f64 = 0.7;

/// How hard to try on a large table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// Indexes alone: for those who look again every few seconds.
    Indexes,
    /// And one scan within [`SCAN_BUDGET`].
    #[default]
    Budget,
    /// And one scan, however long it takes.
    Exact,
}

/// What to count, and how hard to try.
#[derive(Debug, Clone, Copy)]
pub struct CountRequest<'a> {
    /// Jobs of this kind alone.
    pub kind: Option<&'a str>,
    /// How hard to try.
    pub effort: Effort,
    /// The bound on each statement.
    pub timeout: Duration,
    /// Heartbeats older than this many seconds mean stuck.
    pub stuck_after: f64,
    /// Heartbeats younger than this many seconds mean a live worker.
    pub beat_window: f64,
}

/// Counts.
///
/// # Errors
/// Any error of the database but a spent scan budget, which only leaves figures uncounted.
pub async fn read(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
) -> Result<Queue, SourceError> {
    if layout.is_small() {
        let groups = query(db, layout, request, &Slice::everything(), request.timeout).await?;
        return Ok(add_up(layout, request, &[(Coverage::ByKind(&Lifecycle::ALL), groups)]));
    }
    let plan = CountPlan::new(layout);
    let budget = match request.effort {
        Effort::Exact => request.timeout,
        Effort::Budget | Effort::Indexes => SCAN_BUDGET.min(request.timeout),
    };
    // Two connections, not one a slice: a new backend's cold caches cost more than most slices. The
    // largest goes first and so to the connection that is warm from reading the layout.
    let covered = try_join(
        in_turn(db, layout, request, plan.largest.as_slice()),
        in_turn(db, layout, request, &plan.covered),
    );
    let rest = async {
        match &plan.scan {
            Some(slice) => scanned(db, layout, request, slice, &plan.totals, budget).await,
            None => Ok(Parts::new()),
        }
    };
    let (covered, rest) = try_join(covered, rest).await?;
    let mut parts = plan.merged(covered);
    parts.extend(rest);
    Ok(add_up(layout, request, &parts))
}

/// What one scan says; where it may not take as long as it needs, the totals from indexes.
async fn scanned<'a>(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
    slice: &'a Slice,
    totals: &'a [Slice],
    budget: Duration,
) -> Result<Parts<'a>, SourceError> {
    let count =
        || try_join_all(totals.iter().map(|s| query(db, layout, request, s, request.timeout)));
    let unscanned = |counted: Vec<Vec<CountRow>>| {
        let mut parts: Parts<'a> = totals.iter().map(|s| s.coverage(layout)).zip(counted).collect();
        parts.push((Coverage::Missing(&slice.roles), vec![]));
        parts
    };
    if request.effort == Effort::Indexes {
        return count().await.map(unscanned);
    }
    let scan = query(db, layout, request, slice, budget);
    let counted = async {
        // Most scans end before: they must not share the server with counts that nobody will need.
        tokio::time::sleep(budget.mul_f64(LATE)).await;
        count().await
    };
    let (scan, counted) = match select(pin!(scan), pin!(counted)).await {
        Either::Left((Err(e), counted)) if e.kind == SourceErrorKind::Timeout => {
            (Err(e), counted.await)
        }
        Either::Left((scan, _)) => (scan, Ok(vec![])),
        Either::Right((counted, scan)) => (scan.await, counted),
    };
    match scan {
        Ok(groups) => Ok(vec![(Coverage::ByKind(&slice.roles), groups)]),
        Err(e) if e.kind == SourceErrorKind::Timeout => counted.map(unscanned),
        Err(e) => Err(e),
    }
}

/// One slice after the other, on one connection.
async fn in_turn(
    db: &Database,
    layout: &Layout,
    request: CountRequest<'_>,
    slices: &[Slice],
) -> Result<Vec<Vec<CountRow>>, SourceError> {
    let mut groups = Vec::with_capacity(slices.len());
    for slice in slices {
        groups.push(query(db, layout, request, slice, request.timeout).await?);
    }
    Ok(groups)
}
