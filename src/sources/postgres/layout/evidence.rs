//! Reads what decides between `state` and `status`.

use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{
    CatalogTable, STATE_COLUMNS, StateColumnEvidence, decide, has_both, role_of_row,
};
use crate::sources::postgres::Database;
use crate::sources::postgres::queue::SCAN_BUDGET;

const BASE_CHECKS: &str = include_str!("queries/base_checks.sql");
const DISTINCT: &str = include_str!("queries/distinct.sql");

/// Reads what decides between `state` and `status`, if the table has both and neither a setting, the functions that
/// claim jobs, constraints nor indexes do: the constraints of the table below a view, then statistics, and last the
/// rows.
pub(super) async fn read_evidence(
    db: &Database,
    jobs: &CatalogTable,
    evidence: &mut StateColumnEvidence,
    timeout: Duration,
) -> Result<(), SourceError> {
    if !has_both(jobs) || decide(jobs, evidence).is_some() {
        return Ok(());
    }
    // A view has no constraints of its own; for a table without constraints the query returns nothing.
    if jobs.checks.is_empty() {
        let rows = db.rows(timeout, &db.with_relations(BASE_CHECKS), &[]).await?;
        let checks: Vec<String> = rows.iter().map(|row| row.get("definition")).collect();
        evidence.base =
            (!checks.is_empty()).then(|| CatalogTable { checks, ..CatalogTable::default() });
        if decide(jobs, evidence).is_some() {
            return Ok(());
        }
    }
    let table: [(&(dyn ToSql + Sync), Type); 2] =
        [(&jobs.relation.schema, Type::NAME), (&jobs.relation.name, Type::NAME)];
    let rows = db.rows(timeout, DISTINCT, &table).await?;
    evidence.distinct =
        rows.iter().map(|row| (row.get("column"), row.get::<_, f32>("values"))).collect();
    if decide(jobs, evidence).is_none() {
        evidence.columns_differ = columns_differ(db, jobs, timeout).await?;
    }
    Ok(())
}

/// Returns whether a row is seen within the budget whose state columns mean different things.
async fn columns_differ(
    db: &Database,
    jobs: &CatalogTable,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let [state, status] = STATE_COLUMNS.map(|column| role_of_row(jobs, column));
    let statement = format!(
        "select exists (select from {} where {state} is distinct from {status} \
         and not (\"state\"::text = \"status\"::text and 'other' in ({state}, {status}))) as differ",
        jobs.relation,
    );
    match db.row(timeout.min(SCAN_BUDGET), &statement, &[]).await {
        Ok(row) => Ok(row.get("differ")),
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(false),
        Err(error) => Err(error),
    }
}
