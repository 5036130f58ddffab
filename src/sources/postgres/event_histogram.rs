//! What happened to jobs within the last hour, in steps of ten minutes.

use std::time::Duration;

use super::Database;
use crate::facts::SourceError;
use crate::facts::flow::{EventCounts, EventHistogram};
use crate::queue::{Layout, sql};

/// Events that are looked at, newest first.
const EVENTS: i64 = 20_000;
/// Seconds that are looked back.
const HOUR: u32 = 3600;
/// Seconds of a step.
const BUCKET: u32 = HOUR / 6;
/// Different events that are told apart.
const MOST_STAGES: i64 = 20;
/// Time that it may take.
const BUDGET: Duration = Duration::from_secs(2);

/// Counts the events of the last hour; `None` where events have no order or no time to look by.
///
/// # Errors
/// The database's own.
pub async fn read(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<EventHistogram>, SourceError> {
    let Some((events, at)) = layout.events_in_order() else { return Ok(None) };
    let steps: Vec<_> = (0..6)
        .map(|step| {
            let (from, to) = (step * BUCKET, (step + 1) * BUCKET);
            format!("count(*) filter (where age >= {from} and age < {to})")
        })
        .collect();
    let statement = format!(
        "with newest as materialized (\
           select {stage}::text as stage, extract(epoch from now() - {at})::float8 as age \
             from public.job_events order by id desc limit {EVENTS}) \
         select left(stage, 40) as stage, array[{steps}] as n, \
                (select count(*) = {EVENTS} and max(age) < {HOUR} from newest) as cut \
           from newest where age < {HOUR} group by 1 order by count(*) desc, 1 limit {MOST_STAGES}",
        stage = sql::ident(&events.stage),
        at = sql::ident(at),
        steps = steps.join(", "),
    );
    let rows = db.rows(timeout.min(BUDGET), &statement, &[]).await?;
    let cut = rows.first().is_some_and(|row| row.get::<_, Option<bool>>("cut") == Some(true));
    let beats = rows.iter().map(|row| EventCounts {
        stage: row.get::<_, Option<String>>("stage").unwrap_or_default(),
        counts: row.get("n"),
    });
    Ok(Some(EventHistogram { beats: beats.collect(), whole: !cut }))
}
