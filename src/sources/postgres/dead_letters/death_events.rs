//! Times of death in the events, for rows whose own record is missing or older than the row's last change: a recovery
//! that leaves the error as it was, or an edit of a job that died long ago. Only the event tells them apart.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::dead_since::plausible_age;
use crate::facts::dead_letter::{DeadLetter, DeadSince, DeathRecord};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Events, Layout, sql};
use crate::sources::postgres::query::QueryParams;
use crate::sources::postgres::row_types::WorkspaceHash;
use crate::sources::postgres::{Database, events};

/// Number of newest events that are searched if there is no index on the job id.
const WINDOW: i64 = 50_000;
/// Timeout of the query.
const BUDGET: Duration = Duration::from_secs(1);
/// Seconds by which the record of a death and the last change of its row may differ.
const SAME_TIME: f64 = 1.0;

/// Whether only an event can tell when the job died. `changed` is the last change of the row.
pub(crate) fn is_needed(dead_since: Option<DeadSince>, changed: Option<Timestamp>) -> bool {
    match (dead_since, changed) {
        (Some(DeadSince { source: DeathRecord::LastChange, .. }) | None, _) => true,
        (Some(dead_since), Some(changed)) => {
            changed.duration_since(dead_since.at).as_secs_f64() > SAME_TIME
        }
        (Some(_), None) => false,
    }
}

/// The newer of a recorded death and an event of one. A last change is no record of a death.
pub(crate) fn newest(recorded: Option<DeadSince>, event: DeadSince) -> DeadSince {
    let recorded = recorded.filter(|recorded| recorded.source == DeathRecord::Error);
    recorded.filter(|recorded| recorded.at >= event.at).unwrap_or(event)
}

/// Sets the times of death of those jobs that have an event of it. Returns whether one was set. Events that cannot be
/// read, or not in time, change nothing.
pub(crate) async fn apply(
    db: &Database,
    layout: &Layout,
    jobs: &mut [DeadLetter],
    timeout: Duration,
) -> Result<bool, SourceError> {
    let needs = |job: &DeadLetter| is_needed(job.dead_since, job.changed.parse().ok());
    let ids: Vec<_> = jobs.iter().filter(|job| needs(job)).map(|job| job.id.clone()).collect();
    let Some(events) = searchable(layout).filter(|_| !ids.is_empty()) else { return Ok(false) };
    let condition = format!("job_id = any($1::text[]::{}[])", layout.id.sql());
    let columns = format!("job_id::text as job, {TIMES}");
    let statement = statement(layout, events, &columns, &condition);
    let rows = rows(db, &statement, &[(&ids, Type::TEXT_ARRAY)], timeout).await?;
    let times: HashMap<String, DeadSince> =
        rows.iter().filter_map(|row| Some((row.get("job"), time(row)?))).collect();
    for job in jobs.iter_mut().filter(|job| needs(job)) {
        if let Some(event) = times.get(&job.id) {
            job.dead_since = Some(newest(job.dead_since, *event));
        }
    }
    Ok(!times.is_empty())
}

/// Reads the last death of every job in the newest events, by a hash of its id.
pub(crate) async fn read_all(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<HashMap<u64, DeadSince>, SourceError> {
    let Some(events) = searchable(layout) else { return Ok(HashMap::new()) };
    let statement = statement(layout, events, &format!("job_id as job, {TIMES}"), "true");
    let rows = rows(db, &statement, &[], timeout).await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((row.get::<_, WorkspaceHash>("job").0, time(row)?)))
        .collect())
}

/// The events, if this role sees them and they have times.
pub(crate) fn searchable(layout: &Layout) -> Option<&Events> {
    events::visible(layout).ok().flatten().filter(|events| events.at.is_some())
}

/// The time of the last death, and the server's clock, in seconds since 1970.
const TIMES: &str =
    "extract(epoch from max(at))::float8 as at, extract(epoch from now())::float8 as now_at";

fn statement(layout: &Layout, events: &Events, columns: &str, condition: &str) -> String {
    let at = sql::time_or_null(events.at.as_ref());
    let (stage, job_events) = (sql::ident(&events.stage), &events.relation);
    let mut names = vec!["dead_letter".to_owned()];
    names.extend(layout.state_names.dead.iter().filter(|name| *name != "dead_letter").cloned());
    let names = sql::literals(&names);
    let is_death = match &events.data {
        Some(data) => format!(
            "({stage}::text = 'dead_letter' or {data}::jsonb ->> 'stage' in ({names}))",
            data = sql::ident(data)
        ),
        None => format!("{stage}::text = 'dead_letter'"),
    };
    let window = if events.indexed_by_job && condition != "true" {
        job_events.to_string()
    } else {
        let order = if events.ids_grow { "id" } else { at.as_str() };
        format!("(select * from {job_events} order by {order} desc limit {WINDOW})")
    };
    format!(
        "select {columns} from (select job_id, {at} as at from {window} newest where {is_death} and {condition}) deaths
          group by job_id"
    )
}

async fn rows(
    db: &Database,
    statement: &str,
    params: &QueryParams<'_>,
    timeout: Duration,
) -> Result<Vec<Row>, SourceError> {
    match db.rows(timeout.min(BUDGET), statement, params).await {
        Err(error)
            if matches!(error.kind, SourceErrorKind::Timeout | SourceErrorKind::Permission) =>
        {
            Ok(vec![])
        }
        rows => rows,
    }
}

/// The time of a row with [`TIMES`], if it is not in the future.
fn time(row: &Row) -> Option<DeadSince> {
    let (at, now): (Option<f64>, f64) = (row.get("at"), row.get("now_at"));
    let (at, age) = at.and_then(|at| Some((at, plausible_age(at, now)?)))?;
    let timestamp = Timestamp::from_microsecond((at * 1e6) as i64).ok()?;
    Some(DeadSince { at: timestamp, age, source: DeathRecord::Event })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn death(at: &str, source: DeathRecord) -> DeadSince {
        DeadSince { at: at.parse().unwrap(), age: 0.0, source }
    }

    #[test]
    fn event_is_needed_if_the_row_changed_after_the_record() {
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z");
        let needed = |at, source, changed: &str| {
            is_needed(Some(death(at, source)), Some(changed.parse().unwrap()))
        };
        assert!(needed(early, DeathRecord::Error, late));
        assert!(!needed(late, DeathRecord::Error, late));
        assert!(!needed(late, DeathRecord::Error, early));
        assert!(needed(late, DeathRecord::LastChange, late));
    }

    #[test]
    fn newest_record_counts_and_an_edit_does_not() {
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z");
        let event = death(early, DeathRecord::Event);
        let newest = |recorded| newest(recorded, event).source;
        assert_eq!(newest(Some(death(late, DeathRecord::Error))), DeathRecord::Error);
        assert_eq!(newest(Some(death(late, DeathRecord::LastChange))), DeathRecord::Event);
        assert_eq!(newest(None), DeathRecord::Event);
    }
}
