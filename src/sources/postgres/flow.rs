//! Recent trends within fixed bounds: jobs dead-lettered in the last two hours, and failed attempts
//! of the last hour.

use std::time::Duration;

use super::Database;
use super::events;
use super::queue::{all_dead, beyond_budget};
use crate::facts::flow::{DeadLetterTrend, Failures};
use crate::facts::queue::Count;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, Lifecycle, sql};

/// Maximum number of dead letters that are counted in a large table.
const MAX_DEAD_LETTERS: i64 = 20_000;
/// Maximum number of events that are read, newest first.
const EVENTS: i64 = 10_000;
/// Timeout of each of the two queries on large tables.
const BUDGET: Duration = Duration::from_secs(1);

/// Counts the jobs dead-lettered in the last hour and in the hour before. A timeout on a large
/// table is not an error: the counts are then `NotCounted`.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<DeadLetterTrend, SourceError> {
    let small = layout.is_small();
    let has_dead = !layout.state_names.dead.is_empty();
    if !small && !has_dead {
        return Ok(DeadLetterTrend {
            dead_lettered_last_hour: None,
            dead_lettered_hour_before: None,
            acknowledged: (0, 0),
            oldest_unfinished_age: None,
        });
    }
    let (statement, budget) = if small {
        (small_statement(layout), timeout)
    } else {
        (large_statement(layout), timeout.min(BUDGET))
    };
    let row = db.row(budget, &statement, &[]).await;
    let (last, before, oldest) = match row {
        Ok(row) => {
            let (last, before): (i64, i64) = (row.get("last"), row.get("before"));
            // The newest are counted first: at the maximum, the older hour is incomplete.
            let truncated = !small && last + before >= MAX_DEAD_LETTERS;
            let last_complete = !truncated || last < MAX_DEAD_LETTERS;
            (count(last, last_complete), count(before, !truncated), row.get("oldest"))
        }
        Err(error) if !small && error.kind == SourceErrorKind::Timeout => {
            let not_counted = beyond_budget(layout);
            (not_counted.clone(), not_counted, None)
        }
        Err(error) => return Err(error),
    };
    Ok(DeadLetterTrend {
        dead_lettered_last_hour: has_dead.then(|| all_dead(layout, last)),
        dead_lettered_hour_before: has_dead.then(|| all_dead(layout, before)),
        acknowledged: (0, 0),
        oldest_unfinished_age: oldest,
    })
}

fn count(n: i64, complete: bool) -> Count {
    let n = u64::try_from(n).unwrap_or(0);
    if complete { Count::Exact(n) } else { Count::AtLeast(n) }
}

/// Returns the statement that scans a small table.
fn small_statement(layout: &Layout) -> String {
    let jobs = layout.rows_as("jobs");
    let dead = sql::state_in(layout, &layout.state_names.dead);
    let changed = sql::changed(layout);
    let is_past = format!("not {}", sql::is_future(&changed));
    let finished = sql::state_in(layout, layout.state_names.values(Lifecycle::Finished));
    let created = sql::time_or_null(layout.created.as_ref());
    let oldest = sql::age(&format!("(min({created}) filter (where not ({finished})))"));
    format!(
        "select count(*) filter (where {dead} and {changed} > now() - interval '1 hour' and {is_past}) as last, \
         count(*) filter (where {dead} and {changed} <= now() - interval '1 hour' \
                          and {changed} > now() - interval '2 hours') as before, \
         {oldest} as oldest from {jobs}"
    )
}

/// Returns the statement that reads the newest dead letters through an index.
fn large_statement(layout: &Layout) -> String {
    let jobs = layout.rows_as("jobs");
    let dead = sql::state_in(layout, &layout.state_names.dead);
    let changed = sql::changed(layout);
    let is_past = format!("not {}", sql::is_future(&changed));
    format!(
        "select count(*) filter (where at > now() - interval '1 hour') as last, \
         count(*) filter (where at <= now() - interval '1 hour') as before, \
         null::float8 as oldest \
         from (select {changed} as at from {jobs} \
                where {dead} and {changed} > now() - interval '2 hours' and {is_past} \
                order by {changed} desc limit {MAX_DEAD_LETTERS}) newest"
    )
}

/// Counts the failed attempts of the last hour; `None` if events have no ascending ids or no time
/// column.
pub(crate) async fn failures(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<Failures>, SourceError> {
    let Some((events, at)) = events::in_order(layout)? else { return Ok(None) };
    let job_events = &events.relation;
    let statement = format!(
        "select count(*) filter (where stage = 'failed' and at > now() - interval '1 hour') as n, \
         count(*) = {EVENTS} and min(at) > now() - interval '1 hour' as cut \
         from (select {stage}::text as stage, {at} as at \
                 from {job_events} order by id desc limit {EVENTS}) newest",
        stage = sql::ident(&events.stage),
        at = at.sql(),
    );
    let row = db.row(timeout.min(BUDGET), &statement, &[]).await?;
    let truncated: Option<bool> = row.get("cut");
    Ok(Some(Failures { last_hour: count(row.get("n"), truncated != Some(true)) }))
}
