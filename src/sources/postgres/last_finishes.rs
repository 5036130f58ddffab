//! Time of the latest finish of each kind of job, from the newest events; no index supports a full
//! search.

use std::collections::HashMap;
use std::time::Duration;

use super::Database;
use super::events;
use crate::facts::SourceError;
use crate::facts::group::Finishes;
use crate::queue::{Layout, sql};
use crate::sources::postgres::row_types;

/// Maximum number of events that are read, newest first.
const EVENTS: i64 = 20_000;
/// Timeout of the query.
const BUDGET: Duration = Duration::from_secs(1);

/// Reads the latest finish of each kind; `None` if the schema has no suitable events or no kind
/// column.
///
/// # Errors
/// Also if the query exceeds its timeout.
pub(crate) async fn finishes(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<Finishes>, SourceError> {
    let jobs = layout.rows_as("j");
    let Some((events, at)) = events::in_order(layout)? else { return Ok(None) };
    let Some(kind) = &layout.kind else { return Ok(None) };
    let job_events = &events.relation;
    let statement = format!(
        "with newest as materialized (select job_id, {stage}::text as stage, {at} as at \
           from {job_events} order by id desc limit {EVENTS}) \
         select null::text as kind, extract(epoch from min(at))::float8 as at, count(*) as n \
           from newest \
         union all \
         select j.{kind}::text, extract(epoch from max(e.at))::float8, count(*) \
           from newest e join {jobs} on j.id = e.job_id \
          where e.stage = 'finished' and j.{kind} is not null group by 1",
        stage = sql::ident(&events.stage),
        at = at.sql(),
        kind = sql::ident(kind),
    );
    let rows = db.rows(timeout.min(BUDGET), &statement, &[]).await?;
    let mut finishes = Finishes { latest: HashMap::new(), since: f64::NEG_INFINITY };
    for row in &rows {
        let at: Option<f64> = row.get("at");
        match (row_types::text(row, "kind"), at) {
            (Some(kind), Some(at)) => _ = finishes.latest.insert(kind, at),
            (None, Some(at)) if row.get::<_, i64>("n") == EVENTS => finishes.since = at,
            _ => {}
        }
    }
    Ok(Some(finishes))
}
