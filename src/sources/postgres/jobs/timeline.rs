//! Reads the newest events of one job.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::super::events;
use crate::facts::job::{RequeueEvent, Timeline, TimelineEvent};
use crate::facts::operation::{REQUEUED, UNDONE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Events, Layout, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types;
use crate::text;

/// Number of newest events that are searched if there is no index on the job id.
const WINDOW: i64 = 50_000;
/// Timeout of the query.
const BUDGET: Duration = Duration::from_secs(1);
/// Maximum number of events of the job that are read.
const READ: i64 = 200;

/// Reads the events of a job, newest first. Without an index on job_id the newest [`WINDOW`] events
/// are searched by primary key. A timeout is not an error; the result says that the search was
/// given up.
pub(crate) async fn read<'a>(
    db: &Database,
    layout: &'a Layout,
    id: &str,
    timeout: Duration,
) -> Result<JobEvents<'a>, SourceError> {
    let no_events = |looked: &str| JobEvents::None(looked.to_owned());
    let events = match events::visible(layout) {
        Ok(Some(events)) => events,
        Ok(None) => return Ok(no_events("this database has no job_events")),
        Err(error) => return Ok(no_events(&error.to_string())),
    };
    let statement = events_statement(layout, events);
    let rows = db.rows(timeout.min(BUDGET), &statement, &[(&id, Type::TEXT)]).await;
    match rows {
        Ok(rows) => Ok(JobEvents::Read(events, rows)),
        Err(error) if error.kind == SourceErrorKind::Timeout => {
            Ok(no_events("events not shown: the search took longer than 1s"))
        }
        Err(error) if error.kind == SourceErrorKind::Permission => {
            Ok(no_events("this login may not read job_events"))
        }
        Err(error) => Err(error),
    }
}

/// What was read of the events of a job.
pub(crate) enum JobEvents<'a> {
    /// The rows.
    Read(&'a Events, Vec<Row>),
    /// Why there are none.
    None(String),
}

impl JobEvents<'_> {
    /// Returns the timeline of a job of this kind.
    pub(crate) fn of_kind(self, kind: &str) -> Timeline {
        match self {
            Self::Read(events, rows) => timeline(events, kind, &rows),
            Self::None(searched) => Timeline { events: vec![], searched, complete: false },
        }
    }
}

/// Returns the statement for the events of the job `$1`.
fn events_statement(layout: &Layout, events: &Events) -> String {
    let job_events = &events.relation;
    let (windowed, window) = if events.indexed_by_job || !events.ids_grow {
        (false, job_events.to_string())
    } else {
        (true, format!("(select * from {job_events} order by id desc limit {WINDOW})"))
    };
    let at = sql::time_or_null(events.at.as_ref());
    let order = if events.ids_grow { "id" } else { at.as_str() };
    // Every row also contains the size and age of the window; a row without a stage contains only
    // these.
    let reach = if windowed {
        format!("select count(*) as n, max({}) as age from e", sql::age(&at))
    } else {
        "select 0::bigint as n, null::float8 as age".to_owned()
    };
    format!(
        "with e as (select * from {window} w), reach as ({reach}), \
         mine as (select {stage}::text as stage, left({data}::text, 4000) as data, {age} as age, \
           {details}, row_number() over (order by {order} desc) as place \
           from e where job_id = $1::text::{id}) \
         select reach.n, reach.age as reach, mine.* \
         from reach left join mine on place <= {READ} order by place",
        stage = sql::ident(&events.stage),
        data = sql::column_or_null(events.data.as_ref(), "text"),
        age = sql::age(&at),
        details = details(layout, events),
        id = layout.id.sql(),
    )
}

/// Returns the select list of the details that a requeue or an undo wrote into its event, as short
/// texts.
fn details(layout: &Layout, events: &Events) -> String {
    let Some(data) = &events.data else {
        return "null as reason".to_owned();
    };
    let data = format!("{}::jsonb", sql::ident(data));
    let text = |name: &str| format!("left({data} ->> '{name}', 300) as {name}");
    let previous = format!("{data} -> 'previous'");
    let last_error = sql::literal(layout.last_error.as_deref().unwrap_or("last_error"));
    format!(
        "{}, {}, {}, {}, {}, {}, coalesce({data} ? 'previous', false) as told, \
         {} as fp_last_error, {} as fp_error",
        text("reason"),
        text("operation"),
        text("undoes"),
        text("actor"),
        text("host"),
        text("operator_reason"),
        sql::fingerprint_input(&format!("({previous} ->> {last_error})")),
        sql::fingerprint_input(&format!("({previous} -> 'error')")),
    )
}

/// Returns the details of a requeue, or `None` for another event.
fn requeued(row: &Row, kind: &str) -> Option<RequeueEvent> {
    if row.get::<_, Option<&str>>("reason") != Some(REQUEUED) {
        return None;
    }
    let has_previous: bool = row.get::<_, Option<bool>>("told").unwrap_or(false);
    Some(RequeueEvent {
        operation: row_types::text(row, "operation"),
        actor: row_types::text(row, "actor"),
        host: row_types::text(row, "host"),
        reason: row_types::text(row, "operator_reason"),
        cause: has_previous.then(|| row_types::fingerprint(row, kind).hash),
    })
}

/// Returns the operation that an undo reversed, or `None` for another event.
fn undoes(row: &Row) -> Option<String> {
    let is_undo = row.get::<_, Option<&str>>("reason") == Some(UNDONE);
    row_types::text(row, "undoes").filter(|_| is_undo)
}

/// Converts the rows and describes how far the events were searched.
fn timeline(layout: &Events, kind: &str, rows: &[Row]) -> Timeline {
    let event = |row: &Row| {
        let stage = row_types::text(row, "stage")?;
        // Without a details column requeues cannot be told from other events.
        let (requeued, undoes) = match layout.data {
            Some(_) => (requeued(row, kind), undoes(row)),
            None => (None, None),
        };
        Some(TimelineEvent {
            stage,
            data: row_types::json(row, "data"),
            age: row.get("age"),
            requeued,
            undoes,
        })
    };
    let events: Vec<TimelineEvent> = rows.iter().filter_map(event).collect();
    let windowed = !layout.indexed_by_job && layout.ids_grow;
    let n = rows.first().map_or(0, |row| row.get::<_, i64>("n"));
    let reach = rows.first().and_then(|row| row.get::<_, Option<f64>>("reach"));
    let all_searched = !windowed || n < WINDOW;
    let complete = all_searched && (events.len() as i64) < READ;
    let looked = match (all_searched, complete, reach) {
        (_, true, _) => "all events".to_owned(),
        (true, false, _) => format!("newest {READ} events"),
        (false, _, Some(age)) => format!(
            "searched the newest {} events ({} back); older ones are not shown",
            text::count(WINDOW.unsigned_abs()),
            text::age(age)
        ),
        (false, _, None) => format!("searched the newest {WINDOW} events"),
    };
    Timeline { events, searched: looked, complete }
}
