//! What the figures of a role cost without their index: one count within a budget, and what the
//! planner says of it. Nothing is changed, and no plan is run for its own sake.

use std::error::Error;
use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use super::count_query::{CountScope, Slice, params, query, statement};
use super::{CountRequest, SCAN_BUDGET};
use crate::facts::index_cost::{PlannerEstimate, Scan};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, Lifecycle, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::query::{Query, only};

/// Roles whose figures may have an index of their own.
const SERVED: [Lifecycle; 4] =
    [Lifecycle::Queued, Lifecycle::Claimed, Lifecycle::Failed, Lifecycle::Dead];

/// How large the jobs table is, all partitions together.
const SIZE: &str = "select sum(pg_catalog.pg_relation_size(part.relid))::float8 as bytes, \
    pg_catalog.current_setting('block_size')::float8 as page \
    from (select relid from pg_catalog.pg_partition_tree('public.jobs'::regclass) \
          union select 'public.jobs'::regclass) part";

/// The roles whose figures no index serves.
#[must_use]
pub fn unindexed_metrics(layout: &Layout) -> Vec<Lifecycle> {
    let unserved = |role: &Lifecycle| {
        let values = layout.vocabulary.values(*role);
        let columns = sql::covering_columns(layout, *role);
        !values.is_empty() && !columns.is_empty() && !layout.has_partial_index(values, &columns)
    };
    SERVED.into_iter().filter(unserved).collect()
}

/// The time that a count may take, and a plan.
#[must_use]
pub fn budget(request: CountRequest<'_>) -> Duration {
    SCAN_BUDGET.min(request.timeout)
}

/// The statement that has to do without the index.
fn slice(layout: &Layout, role: Lifecycle) -> Slice {
    Slice::new(role, layout.vocabulary.values(role), CountScope::All)
}

/// Counts the jobs of a role; `None` when the budget was spent.
///
/// # Errors
/// The database's own, but for a spent budget.
pub async fn count(
    db: &Database,
    layout: &Layout,
    role: Lifecycle,
    request: CountRequest<'_>,
) -> Result<Option<u64>, SourceError> {
    match query(db, layout, request, &slice(layout, role), budget(request)).await {
        Ok(groups) => Ok(Some(groups.iter().map(|group| group.n).sum())),
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks the planner about that count and about the columns that the index would hold.
///
/// # Errors
/// The database's own.
pub async fn planner_estimate(
    db: &Database,
    layout: &Layout,
    role: Lifecycle,
    request: CountRequest<'_>,
) -> Result<PlannerEstimate, SourceError> {
    let counting = explain(&statement(layout, request, &slice(layout, role)));
    let columns: Vec<_> =
        sql::covering_columns(layout, role).iter().map(|column| sql::ident(column)).collect();
    let entries = explain(&format!(
        "select {} from public.jobs where {}",
        columns.join(", "),
        sql::state_in(layout, layout.vocabulary.values(role)),
    ));
    let params = params(&request);
    let queries =
        [Query::new(&counting, &params), Query::new(&entries, &[]), Query::new(SIZE, &[])];
    let [counting, entries, size] = db.answers(budget(request), queries).await?;
    let (counting, entries, size) = (plan(counting)?, plan(entries)?, only(size)?);
    let (bytes, page): (Option<f64>, f64) = (size.get("bytes"), size.get("page"));
    Ok(PlannerEstimate {
        scans: scans(&counting),
        table_pages: (bytes.unwrap_or(0.0) / page).ceil() as u64,
        jobs: number(&entries, "Plan Rows"),
        width: number(&entries, "Plan Width"),
        page: page as u64,
    })
}

fn explain(statement: &str) -> String {
    format!("explain (format json) {statement}")
}

/// The uppermost node of an answer.
fn plan(rows: Result<Vec<Row>, SourceError>) -> Result<Value, SourceError> {
    let Json(mut answer) = only(rows)?.get(0);
    Ok(answer.pointer_mut("/0/Plan").map(Value::take).unwrap_or_default())
}

fn number(plan: &Value, name: &str) -> u64 {
    plan[name].as_f64().unwrap_or(0.0) as u64
}

/// The ways in which a plan reads tables, each once.
fn scans(plan: &Value) -> Vec<Scan> {
    let mut found = Vec::new();
    let mut nodes = vec![plan];
    while let Some(node) = nodes.pop() {
        nodes.extend(node["Plans"].as_array().into_iter().flatten());
        // The part of a bitmap scan that walks the index names no table.
        if node.get("Relation Name").is_none() {
            continue;
        }
        let scan = match node["Node Type"].as_str() {
            Some("Seq Scan") => Scan::Sequential,
            Some("Index Scan") => Scan::Index,
            Some("Bitmap Heap Scan") => Scan::Bitmap,
            Some("Index Only Scan") => Scan::IndexOnly,
            _ => Scan::Other,
        };
        if !found.contains(&scan) {
            found.push(scan);
        }
    }
    found
}

/// A plan comes as `json`, and cannot be cast.
struct Json(Value);

impl<'a> FromSql<'a> for Json {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(serde_json::from_slice(raw)?))
    }

    fn accepts(r#type: &Type) -> bool {
        *r#type == Type::JSON
    }
}
