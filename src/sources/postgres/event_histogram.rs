//! Counts of job events of the last hour by stage, in steps of ten minutes.

use std::time::Duration;

use super::Database;
use super::events;
use crate::facts::SourceError;
use crate::facts::flow::{EventCounts, EventHistogram};
use crate::queue::{Layout, sql};
use crate::sources::postgres::row_types;

/// Maximum number of events that are read, newest first.
const EVENTS: i64 = 20_000;
/// Period that is counted, in seconds.
const HOUR: u32 = 3600;
/// Length of a step, in seconds.
const BUCKET: u32 = HOUR / 6;
/// Maximum number of stages.
const MOST_STAGES: i64 = 20;
/// Timeout of the query.
const BUDGET: Duration = Duration::from_secs(2);

/// Counts the events of the last hour; `None` if events have no ascending ids or no time column.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<EventHistogram>, SourceError> {
    let Some((events, at)) = events::in_order(layout)? else { return Ok(None) };
    let steps: Vec<_> = (0..6)
        .map(|step| {
            let (from, to) = (step * BUCKET, (step + 1) * BUCKET);
            format!("count(*) filter (where age >= {from} and age < {to})")
        })
        .collect();
    let job_events = &events.relation;
    let statement = format!(
        "with newest as materialized (\
           select {stage}::text as stage, extract(epoch from now() - {at})::float8 as age \
             from {job_events} order by id desc limit {EVENTS}) \
         select left(stage, 40) as stage, array[{steps}] as n, \
                (select count(*) = {EVENTS} and max(age) < {HOUR} from newest) as cut \
           from newest where age < {HOUR} group by 1 order by count(*) desc, 1 limit {MOST_STAGES}",
        stage = sql::ident(&events.stage),
        at = at.sql(),
        steps = steps.join(", "),
    );
    let rows = db.rows(timeout.min(BUDGET), &statement, &[]).await?;
    let truncated = rows.first().is_some_and(|row| row.get::<_, Option<bool>>("cut") == Some(true));
    let counts = rows.iter().map(|row| EventCounts {
        stage: row_types::text(row, "stage").unwrap_or_default(),
        counts: row.get("n"),
    });
    Ok(Some(EventHistogram { buckets: counts.collect(), is_complete: !truncated }))
}
