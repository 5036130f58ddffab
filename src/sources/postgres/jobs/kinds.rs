//! Kinds that occur in the jobs table.

use std::time::Duration;

use tokio_postgres::types::Type;

use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};
use crate::sources::postgres::queue::SCAN_BUDGET;
use crate::sources::postgres::{Database, row_types};

/// Number of rows in which other kinds are looked for.
const ROWS: u32 = 50_000;

/// Returns `None` if a job has this kind or if the table is too large to tell, otherwise the kinds that were seen.
pub(crate) async fn kinds_unless_used(
    db: &Database,
    layout: &Layout,
    kind: &str,
    timeout: Duration,
) -> Result<Option<Vec<String>>, SourceError> {
    let Some(column) = layout.kind.as_deref().map(sql::ident) else { return Ok(None) };
    let (jobs, budget) = (layout.rows_as("jobs"), timeout.min(SCAN_BUDGET));
    let used = format!("select exists (select from {jobs} where {column}::text = $1) as used");
    match db.row(budget, &used, &[(&kind, Type::TEXT)]).await {
        Ok(row) if row.get("used") => return Ok(None),
        Ok(_) => {}
        Err(error) if error.kind == SourceErrorKind::Timeout => return Ok(None),
        Err(error) => return Err(error),
    }
    let seen = format!(
        "select distinct kind::text as kind from (select {column} as kind from {jobs} limit {ROWS}) newest
          where kind is not null limit 100"
    );
    let rows = db.rows(budget, &seen, &[]).await?;
    Ok(Some(rows.iter().filter_map(|row| row_types::text(row, "kind")).collect()))
}
