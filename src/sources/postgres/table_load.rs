//! Reads the load on the jobs table during a write: lock waiters, vacuum and due jobs.

use std::time::Duration;

use super::Database;
use crate::facts::SourceError;
use crate::facts::throttle::TableLoad;
use crate::queue::{Layout, sql};

const QUERY: &str = include_str!("queries/table_load.sql");

/// Timeout of each of the two queries.
const BUDGET: Duration = Duration::from_secs(2);

/// Reads the load. With `max_due` it also counts due jobs, up to `max_due + 1`.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    max_due: Option<u64>,
) -> Result<TableLoad, SourceError> {
    let jobs = layout.rows_as("jobs");
    let due_statement = max_due.map(|max_due| {
        format!(
            "select count(*) as n from (select from {jobs} where {} limit {}) due",
            sql::is_due(layout),
            max_due.saturating_add(1).min(i64::MAX.unsigned_abs()),
        )
    });
    let row = db.row(BUDGET, &db.with_relations(QUERY), &[]).await?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let due = match &due_statement {
        Some(statement) => Some(count(db.row(BUDGET, statement, &[]).await?.get("n"))),
        None => None,
    };
    Ok(TableLoad {
        due,
        lock_waiters: count(row.get("queued")),
        vacuum_running: row.get("maintained"),
    })
}
