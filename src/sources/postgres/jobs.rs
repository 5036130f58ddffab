//! Reads one job in full, and its events.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{Database, sql};
use crate::facts::job::{Event, Job, Timeline};
use crate::facts::layout::{Events, IdType, Layout};
use crate::facts::{SourceError, SourceErrorKind};
use crate::text;

/// Bytes of each long column that are read.
const LONG: usize = 64 * 1024;
/// Newest events that are looked through where no index leads to a job's own.
const WINDOW: i64 = 50_000;
/// Time that the look may take.
const BUDGET: Duration = Duration::from_secs(1);
/// Events that are shown.
const SHOWN: i64 = 50;

/// Whether this text can be an id of this layout.
#[must_use]
pub fn is_id(layout: &Layout, id: &str) -> bool {
    match layout.id {
        IdType::BigInt => id.parse::<i64>().is_ok(),
        IdType::Uuid => {
            let digits = id.bytes().filter(u8::is_ascii_hexdigit).count();
            digits == 32 && id.len() - digits == id.matches('-').count()
        }
    }
}

/// The job of this id.
///
/// # Errors
/// [`SourceErrorKind::NotFound`] when there is none; else the database's.
pub async fn read(
    db: &Database,
    layout: &Layout,
    id: &str,
    timeout: Duration,
) -> Result<Job, SourceError> {
    let statement = format!(
        "select {} from public.jobs where id = $1::text::{}",
        columns(layout),
        layout.id.sql()
    );
    let row = db
        .read(timeout, async |tx| Ok(tx.query_typed(&statement, &[(&id, Type::TEXT)]).await?))
        .await?
        .into_iter()
        .next();
    let row = row.ok_or_else(|| {
        SourceError::new(SourceErrorKind::NotFound, format!("there is no job {id}"))
            .hint("ids are listed by: cliplyctl dlq list")
    })?;
    let timeline = timeline(db, layout, id, timeout).await?;
    Ok(job(layout, &row, timeline))
}

fn columns(layout: &Layout) -> String {
    let text = |column: Option<&String>| format!("{}::text", sql::column_or_null(column, "text"));
    let long = |column: Option<&String>| format!("left({}, {LONG})", text(column));
    let number = |column: &Option<String>| {
        format!("{}::bigint", sql::column_or_null(column.as_ref(), "bigint"))
    };
    let age =
        |column: &Option<String>| sql::age(&sql::column_or_null(column.as_ref(), "timestamptz"));
    format!(
        "id::text as id, {} as kind, {} as workspace, {}::text as state, {} as stale, \
         {} as attempts, {} as max_attempts, {} as due_age, {} as locked_by, {} as locked_age, \
         {} as life_age, {} as created_age, {} as updated_age, {} as last_error, {} as error, \
         {} as payload, {} as result",
        text(layout.kind.as_ref()),
        text(layout.workspace.as_ref()),
        sql::ident(&layout.live),
        text(layout.stale.as_ref()),
        number(&layout.attempts),
        number(&layout.max_attempts),
        sql::age(&sql::due(layout)),
        text(layout.locked_by.as_ref()),
        age(&layout.locked_at),
        sql::age(&sql::sign_of_life(layout)),
        age(&layout.created),
        age(&layout.updated),
        long(layout.last_error.as_ref()),
        long(layout.error.as_ref().map(|error| &error.name)),
        long(layout.payload.as_ref()),
        long(layout.result.as_ref()),
    )
}

fn job(layout: &Layout, row: &Row, timeline: Timeline) -> Job {
    let state: String = row.get::<_, Option<String>>("state").unwrap_or_default();
    let finite = |name: &str| row.get::<_, Option<f64>>(name).filter(|age| age.is_finite());
    Job {
        id: row.get("id"),
        kind: row.get("kind"),
        workspace: row.get("workspace"),
        role: layout.vocabulary.role(&state),
        state,
        stale: row.get("stale"),
        attempts: row.get("attempts"),
        max_attempts: row.get("max_attempts"),
        due_age: finite("due_age"),
        locked_by: row.get("locked_by"),
        locked_age: finite("locked_age"),
        keeps_life: layout.heartbeat.is_some() || layout.locked_at.is_some(),
        life_age: finite("life_age"),
        created_age: finite("created_age"),
        updated_age: finite("updated_age"),
        last_error: row.get("last_error"),
        error: row.get("error"),
        payload: row.get("payload"),
        result: row.get("result"),
        timeline,
    }
}

/// The newest events first. Without an index on job_id the table is read by its primary key
/// backwards, a window at most; a look that takes too long is given up and said so.
async fn timeline(
    db: &Database,
    layout: &Layout,
    id: &str,
    timeout: Duration,
) -> Result<Timeline, SourceError> {
    let nothing =
        |looked: &str| Timeline { events: vec![], looked: looked.into(), complete: false };
    let Some(events) = &layout.events else {
        return Ok(nothing("this database keeps no job_events"));
    };
    let statement = events_statement(layout, events);
    let rows = db
        .read(timeout.min(BUDGET), async |tx| {
            Ok(tx.query_typed(&statement, &[(&id, Type::TEXT)]).await?)
        })
        .await;
    match rows {
        Ok(rows) => Ok(found(events, &rows)),
        Err(e) if e.kind == SourceErrorKind::Timeout => {
            Ok(nothing("looking for its events took longer than 1 s and was given up"))
        }
        Err(e) if e.kind == SourceErrorKind::Permission => {
            Ok(nothing("this role may not read job_events"))
        }
        Err(e) => Err(e),
    }
}

fn events_statement(layout: &Layout, events: &Events) -> String {
    let (windowed, window) = if events.indexed_by_job || !events.ids_grow {
        (false, "public.job_events".to_owned())
    } else {
        (true, format!("(select * from public.job_events order by id desc limit {WINDOW})"))
    };
    let at = sql::column_or_null(events.at.as_ref(), "timestamptz");
    let order = if events.ids_grow { "id" } else { at.as_str() };
    // The window's reach rides along on every row; a row without a stage is the reach alone.
    let reach = if windowed {
        format!("select count(*) as n, max({}) as age from e", sql::age(&at))
    } else {
        "select 0::bigint as n, null::float8 as age".to_owned()
    };
    format!(
        "with e as (select * from {window} w), reach as ({reach}), \
         mine as (select {stage}::text as stage, left({data}::text, 4000) as data, {age} as age, \
           row_number() over (order by {order} desc) as place \
           from e where job_id = $1::text::{id}) \
         select reach.n, reach.age as reach, mine.stage, mine.data, mine.age \
         from reach left join mine on place <= {SHOWN} order by place",
        stage = sql::ident(&events.stage),
        data = sql::column_or_null(events.data.as_ref(), "text"),
        age = sql::age(&at),
        id = layout.id.sql(),
    )
}

fn found(layout: &Events, rows: &[Row]) -> Timeline {
    let event = |row: &Row| {
        let stage = row.get::<_, Option<String>>("stage")?;
        Some(Event { stage, data: row.get("data"), age: row.get("age") })
    };
    let events: Vec<Event> = rows.iter().filter_map(event).collect();
    let windowed = !layout.indexed_by_job && layout.ids_grow;
    let n = rows.first().map_or(0, |row| row.get::<_, i64>("n"));
    let reach = rows.first().and_then(|row| row.get::<_, Option<f64>>("reach"));
    let whole = !windowed || n < WINDOW;
    let complete = whole && (events.len() as i64) < SHOWN;
    let looked = match (whole, complete, reach) {
        (_, true, _) => "these are all of its events".to_owned(),
        (true, false, _) => format!("its newest {SHOWN} events"),
        (false, _, Some(age)) => format!(
            "looked through the newest {} events, {} back; older ones are not shown",
            text::count(WINDOW.unsigned_abs()),
            text::age(age)
        ),
        (false, _, None) => format!("looked through the newest {WINDOW} events"),
    };
    Timeline { events, looked, complete }
}
