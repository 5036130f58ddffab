//! What the queue holds: every figure exact where an index or a small table allows it.
//!
//! Up to [`SMALL_TABLE`] estimated rows one scan counts everything. Above, each role whose partial
//! index covers its figures is counted through it; the others come from one scan with a budget,
//! and beside it their totals from whatever partial index there is.

use std::time::Duration;

use futures_util::future::{join3, try_join, try_join_all};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::tally::{Coverage, Group, tally};
use super::{Database, sql};
use crate::facts::layout::{Layout, Role};
use crate::facts::queue::Queue;
use crate::facts::{SourceError, SourceErrorKind};

/// Estimated rows up to which a plain scan is cheap.
const SMALL_TABLE: f64 = 100_000.0;
/// Time that the scan of a large table may take.
pub const SCAN_BUDGET: Duration = Duration::from_secs(1);
/// Roles worth counting in a large table: finished jobs are its bulk and nobody's question.
const LIVE: [Role; 5] = [Role::Waiting, Role::InProgress, Role::Failed, Role::Dead, Role::Other];

/// What to count, and how hard to try.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Jobs of this kind alone.
    pub kind: Option<&'a str>,
    /// Lift the scan's budget up to `timeout`.
    pub exact: bool,
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
    request: Request<'_>,
) -> Result<Queue, SourceError> {
    if layout.estimated_rows <= SMALL_TABLE {
        let groups = query(db, layout, request, &Slice::everything(), request.timeout).await?;
        return Ok(tally(layout, request, &[(Coverage::ByKind(&Role::ALL), groups)]));
    }
    let plan = Plan::new(layout);
    let budget = if request.exact { request.timeout } else { SCAN_BUDGET.min(request.timeout) };
    // Two connections, not one a slice: a new backend's cold caches cost more than most slices. The
    // dead, the largest, go first and so to the connection that is warm from reading the layout.
    let (dead, rest): (Vec<&Slice>, Vec<&Slice>) =
        plan.covered.iter().partition(|slice| slice.roles == [Role::Dead]);
    let covered =
        try_join(in_turn(db, layout, request, &dead), in_turn(db, layout, request, &rest));
    let totals = plan.totals.iter().map(|s| query(db, layout, request, s, request.timeout));
    let scan = async {
        match &plan.scan {
            Some(slice) => query(db, layout, request, slice, budget).await,
            None => Ok(vec![]),
        }
    };
    let (covered, totals, scan) = join3(covered, try_join_all(totals), scan).await;

    let mut parts = Vec::new();
    let (dead_groups, rest_groups) = covered?;
    let slices = dead.iter().chain(&rest).map(|slice| Coverage::ByKind(&slice.roles));
    parts.extend(slices.zip(dead_groups.into_iter().chain(rest_groups)));
    match (scan, &plan.scan) {
        (Ok(groups), Some(slice)) => parts.push((Coverage::ByKind(&slice.roles), groups)),
        (Err(e), Some(slice)) if e.kind == SourceErrorKind::Timeout => {
            parts.extend(plan.totals.iter().map(|s| s.coverage(layout)).zip(totals?));
            parts.push((Coverage::Missing(&slice.roles), vec![]));
        }
        (Err(e), _) => return Err(e),
        (Ok(_), None) => {}
    }
    Ok(tally(layout, request, &parts))
}

/// One slice after the other, on one connection.
async fn in_turn(
    db: &Database,
    layout: &Layout,
    request: Request<'_>,
    slices: &[&Slice],
) -> Result<Vec<Vec<Group>>, SourceError> {
    let mut groups = Vec::with_capacity(slices.len());
    for slice in slices {
        groups.push(query(db, layout, request, slice, request.timeout).await?);
    }
    Ok(groups)
}

/// The rows of one query: which roles and values, and whether split by kind.
struct Slice {
    roles: Vec<Role>,
    /// `None`: every row.
    values: Option<Vec<String>>,
    by_kind: bool,
}

impl Slice {
    fn everything() -> Self {
        Self { roles: Role::ALL.to_vec(), values: None, by_kind: true }
    }

    fn coverage(&self, layout: &Layout) -> Coverage<'_> {
        let values = self.values.as_deref().unwrap_or_default();
        let complete = self
            .roles
            .iter()
            .all(|r| layout.vocabulary.values(*r).iter().all(|v| values.contains(v)));
        if complete { Coverage::Total(&self.roles) } else { Coverage::Part(&self.roles) }
    }
}

/// Which queries answer for which roles of a large table.
struct Plan {
    /// Roles that a partial index answers whole.
    covered: Vec<Slice>,
    /// Totals of the scanned roles that a partial index answers.
    totals: Vec<Slice>,
    /// The rest.
    scan: Option<Slice>,
}

impl Plan {
    fn new(layout: &Layout) -> Self {
        let mut plan = Self { covered: vec![], totals: vec![], scan: None };
        let mut scanned = Slice { roles: vec![], values: Some(vec![]), by_kind: true };
        for role in LIVE {
            let values = layout.vocabulary.values(role);
            if values.is_empty() {
                continue;
            }
            let covering = sql::covering_columns(layout, role);
            if layout.has_partial_index(values, &covering) {
                plan.covered.push(Slice {
                    roles: vec![role],
                    values: Some(values.to_vec()),
                    by_kind: true,
                });
                continue;
            }
            scanned.roles.push(role);
            scanned.values.get_or_insert_default().extend(values.to_vec());
            plan.totals.extend(Self::total(layout, role, &covering));
        }
        plan.scan = (!scanned.roles.is_empty()).then_some(scanned);
        plan
    }

    /// The total of a role over the values that have a partial index of their own.
    fn total(layout: &Layout, role: Role, covering: &[&str]) -> Option<Slice> {
        if !matches!(role, Role::Waiting | Role::Dead) {
            return None;
        }
        let columns: Vec<_> =
            covering.iter().copied().filter(|c| layout.kind.as_deref() != Some(c)).collect();
        let values: Vec<_> = layout
            .vocabulary
            .values(role)
            .iter()
            .filter(|v| layout.has_partial_index(std::slice::from_ref(v), &columns))
            .cloned()
            .collect();
        let slice = Slice { roles: vec![role], values: Some(values), by_kind: false };
        (slice.values != Some(vec![])).then_some(slice)
    }
}

async fn query(
    db: &Database,
    layout: &Layout,
    request: Request<'_>,
    slice: &Slice,
    budget: Duration,
) -> Result<Vec<Group>, SourceError> {
    let statement = statement(layout, request, slice);
    let rows = db
        .read(budget, async |tx| {
            let kind = request.kind.unwrap_or_default();
            let params: [(&(dyn ToSql + Sync), Type); 2] =
                [(&kind, Type::TEXT), (&request.stuck_after, Type::FLOAT8)];
            Ok(tx.query_typed(&statement, &params).await?)
        })
        .await?;
    Ok(rows.iter().map(group).collect())
}

/// The one statement behind every figure. Expressions of roles that the slice does not hold are
/// left out, so that a covering index is enough.
fn statement(layout: &Layout, request: Request<'_>, slice: &Slice) -> String {
    let has = |role| slice.roles.contains(&role);
    let alone = slice.roles.len() == 1;
    let only = |role: Role| {
        if alone { "true".to_owned() } else { sql::live_in(layout, layout.vocabulary.values(role)) }
    };
    let (due, life, changed) = (sql::due(layout), sql::sign_of_life(layout), sql::changed(layout));
    let role = match slice.roles.as_slice() {
        [role] => sql::literal(role.word()) + "::text",
        roles => role_case(layout, roles),
    };
    let kind = match (&layout.kind, slice.by_kind) {
        (Some(kind), true) => format!("{}::text", sql::ident(kind)),
        _ => "null::text".to_owned(),
    };
    let (mut worker, mut stuck, mut beat) =
        ("null::text".into(), "0::bigint".into(), NO_AGE.to_owned());
    if has(Role::InProgress) {
        let mine = only(Role::InProgress);
        let holder = sql::column_or_null(layout.locked_by.as_ref(), "text");
        worker = format!("case when {mine} then {holder}::text end");
        let silent = format!("({life} is null or {life} < now() - make_interval(secs => $2))");
        stuck = format!("count(*) filter (where {mine} and {silent})");
        beat = format!("min({}) filter (where {mine})", sql::age(&life));
    }
    let (mut due_now, mut oldest) = ("0::bigint".to_owned(), NO_AGE.to_owned());
    if has(Role::Waiting) {
        let ready = format!("{} and ({due} <= now() or {due} is null)", only(Role::Waiting));
        due_now = format!("count(*) filter (where {ready})");
        oldest = sql::age(&format!("(min({due}) filter (where {ready}))"));
    }
    let mut died = "0::bigint".to_owned();
    if has(Role::Dead) {
        let mine = only(Role::Dead);
        died = format!("count(*) filter (where {mine} and {changed} > now() - interval '1 hour')");
    }
    let mut conditions = vec![];
    if let Some(values) = &slice.values {
        conditions.push(sql::live_in(layout, values));
    }
    if let (Some(_), Some(kind)) = (request.kind, &layout.kind) {
        conditions.push(format!("{}::text = $1", sql::ident(kind)));
    }
    let condition =
        if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
    format!(
        "select {role} as role, {kind} as kind, {worker} as worker, count(*) as n, \
         {due_now} as due, {oldest} as oldest, {stuck} as stuck, {beat} as beat, {died} as died \
         from public.jobs where {condition} group by 1, 2, 3"
    )
}

const NO_AGE: &str = "null::float8";

fn role_case(layout: &Layout, roles: &[Role]) -> String {
    let arms: Vec<_> = roles
        .iter()
        .filter(|role| !layout.vocabulary.values(**role).is_empty())
        .map(|role| {
            let mine = sql::live_in(layout, layout.vocabulary.values(*role));
            format!("when {mine} then {}", sql::literal(role.word()))
        })
        .collect();
    if arms.is_empty() {
        "'other'::text".to_owned()
    } else {
        format!("case {} else 'other' end", arms.join(" "))
    }
}

fn group(row: &Row) -> Group {
    let count = |column: &str| u64::try_from(row.get::<_, i64>(column)).unwrap_or(0);
    Group {
        role: row.get("role"),
        kind: row.get("kind"),
        worker: row.get("worker"),
        n: count("n"),
        due: count("due"),
        oldest_due_age: row.get("oldest"),
        stuck: count("stuck"),
        beat_age: row.get("beat"),
        died_last_hour: count("died"),
    }
}
