//! Cost of counting a state without its covering index: one count within a time budget, and the
//! planner's estimate. Nothing is written, and EXPLAIN runs without ANALYZE.

use std::error::Error;
use std::time::Duration;

use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use super::count_query::{CountQuery, CountScope, params, query, statement};
use super::{CountRequest, SCAN_BUDGET};
use crate::facts::index_cost::{PlannerEstimate, Scan};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, Lifecycle, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::query::{Query, only};

/// States that may have a covering partial index.
const INDEXABLE: [Lifecycle; 4] =
    [Lifecycle::Queued, Lifecycle::Claimed, Lifecycle::Failed, Lifecycle::Dead];

/// Query for the size of the jobs table, all partitions included, and the block size.
const SIZE: &str = "select sum(pg_catalog.pg_relation_size(part.relid))::float8 as bytes, \
    pg_catalog.current_setting('block_size')::float8 as page \
    from (select relid from pg_catalog.pg_partition_tree({jobs}) union select {jobs}) part";

/// Returns the states whose counts have no covering partial index.
pub(crate) fn unindexed_metrics(layout: &Layout) -> Vec<Lifecycle> {
    let is_unindexed = |role: &Lifecycle| {
        let values = layout.state_names.values(*role);
        let columns = sql::covering_columns(layout, *role);
        !values.is_empty() && !columns.is_empty() && !layout.has_partial_index(values, &columns)
    };
    INDEXABLE.into_iter().filter(is_unindexed).collect()
}

/// Returns the time budget of a count, and of the planner queries.
pub(crate) fn budget(request: CountRequest<'_>) -> Duration {
    SCAN_BUDGET.min(request.timeout)
}

/// Returns the slice of a state, counted without a covering index.
fn slice(layout: &Layout, role: Lifecycle) -> CountQuery {
    CountQuery::new(role, layout.state_names.values(role), CountScope::All)
}

/// Counts the jobs of a state; `None` if the count exceeds its budget.
pub(crate) async fn count(
    db: &Database,
    layout: &Layout,
    role: Lifecycle,
    request: CountRequest<'_>,
) -> Result<Option<u64>, SourceError> {
    match query(db, layout, request, &slice(layout, role), budget(request)).await {
        Ok(rows) => Ok(Some(rows.iter().map(|row| row.n).sum())),
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the planner's estimates for that count and for the columns that the index would contain.
pub(crate) async fn planner_estimate(
    db: &Database,
    layout: &Layout,
    role: Lifecycle,
    request: CountRequest<'_>,
) -> Result<PlannerEstimate, SourceError> {
    let count_plan = explain(&statement(layout, request, &slice(layout, role)));
    let columns: Vec<_> =
        sql::covering_columns(layout, role).iter().map(|column| sql::ident(column)).collect();
    let entries_plan = explain(&format!(
        "select {} from {} where {}",
        columns.join(", "),
        layout.rows_as("jobs"),
        sql::state_in(layout, layout.state_names.values(role)),
    ));
    let params = params(&request);
    let size = db.with_relations(SIZE);
    let queries =
        [Query::new(&count_plan, &params), Query::new(&entries_plan, &[]), Query::new(&size, &[])];
    let [count_plan, entries_plan, size] = db.query_all(budget(request), queries).await?;
    let (count_plan, entries_plan, size) = (plan(count_plan)?, plan(entries_plan)?, only(size)?);
    let (bytes, page): (Option<f64>, f64) = (size.get("bytes"), size.get("page"));
    Ok(PlannerEstimate {
        scans: scans(&count_plan),
        table_pages: (bytes.unwrap_or(0.0) / page).ceil() as u64,
        jobs: number(&entries_plan, "Plan Rows"),
        width: number(&entries_plan, "Plan Width"),
        page: page as u64,
    })
}

fn explain(statement: &str) -> String {
    format!("explain (format json) {statement}")
}

/// Returns the top node of a plan.
fn plan(rows: Result<Vec<Row>, SourceError>) -> Result<Value, SourceError> {
    let Json(mut document) = only(rows)?.get(0);
    Ok(document.pointer_mut("/0/Plan").map(Value::take).unwrap_or_default())
}

/// Returns a numeric property of a node; 0 if it is missing.
fn number(plan: &Value, name: &str) -> u64 {
    plan[name].as_f64().unwrap_or(0.0) as u64
}

/// Returns the kinds of scan that a plan contains, each once.
fn scans(plan: &Value) -> Vec<Scan> {
    let mut found = Vec::new();
    let mut nodes = vec![plan];
    while let Some(node) = nodes.pop() {
        nodes.extend(node["Plans"].as_array().into_iter().flatten());
        // The index part of a bitmap scan has no relation name.
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

/// Column of type `json`; the result of EXPLAIN cannot be cast to text.
struct Json(Value);

impl<'a> FromSql<'a> for Json {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(serde_json::from_slice(raw)?))
    }

    fn accepts(r#type: &Type) -> bool {
        *r#type == Type::JSON
    }
}
