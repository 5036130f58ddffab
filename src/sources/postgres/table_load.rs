//! What is going on at the jobs table while we write to it.

use std::time::Duration;

use super::Database;
use crate::facts::SourceError;
use crate::facts::throttle::TableLoad;
use crate::queue::{Layout, sql};

const QUERY: &str = include_str!("queries/pressure.sql");

/// Time that each of the two questions may take.
const BUDGET: Duration = Duration::from_secs(2);

/// Looks who works on the table or waits for it; and, where somebody asks, how many jobs are due and
/// not claimed, counted one further than `most`.
///
/// # Errors
/// The database's.
pub async fn read(
    db: &Database,
    layout: &Layout,
    most: Option<u64>,
) -> Result<TableLoad, SourceError> {
    let waiting = most.map(|most| {
        let due = sql::due(layout);
        format!(
            "select count(*) as n from (select from public.jobs where {} \
             and ({due} is null or {due} <= now()) limit {}) due",
            sql::state_in(layout, &layout.vocabulary.waiting),
            most.saturating_add(1).min(i64::MAX.unsigned_abs()),
        )
    });
    let row = db.row(BUDGET, QUERY, &[]).await?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let waiting = match &waiting {
        Some(statement) => Some(count(db.row(BUDGET, statement, &[]).await?.get("n"))),
        None => None,
    };
    Ok(TableLoad {
        due: waiting,
        lock_waiters: count(row.get("queued")),
        vacuum_running: row.get("maintained"),
    })
}
