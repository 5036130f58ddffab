//! Finds operations again: where their events begin, and which jobs they wrote.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::statements::Statements;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, REQUEUED, UNDONE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::sql::ident;
use crate::queue::{Events, Layout};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types::id;

/// Clocks of an event's time and of an id may differ by this much, seconds.
const SLACK: i64 = 5;
/// Keys of one look.
const CHUNK: usize = 5_000;

/// What a writer must know before it begins.
#[derive(Debug, Clone)]
pub struct WritePreconditions {
    /// The server's clock.
    pub now: Timestamp,
    /// The newest event, where event ids grow.
    pub newest_event: Option<i64>,
    /// Why nothing can be written here; `None` when it can.
    pub obstacle: Option<String>,
}

/// Looks where events end and whether this role may write.
///
/// # Errors
/// The database's.
pub async fn preconditions(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<WritePreconditions, SourceError> {
    let newest = match &layout.events {
        Some(events) if events.ids_grow => "(select max(id)::bigint from public.job_events)",
        _ => "null::bigint",
    };
    let may_log = match &layout.events {
        Some(_) => "has_table_privilege('public.job_events', 'INSERT')",
        None => "true",
    };
    let statement = format!(
        "select extract(epoch from now())::float8 as now, coalesce({newest}, 0) as newest,
                pg_catalog.pg_is_in_recovery() as standby,
                has_any_column_privilege('public.jobs', 'UPDATE') as may_update,
                {may_log} as may_log"
    );
    let row = db.row(timeout, &statement, &[]).await?;
    let obstacle = if row.get("standby") {
        Some("this server is a hot standby: it only replays another one; connect to the primary")
    } else if !row.get::<_, bool>("may_update") {
        Some("this role may not update public.jobs; connect with one that may")
    } else if !row.get::<_, bool>("may_log") {
        Some(
            "this role may not insert into public.job_events, and no job is requeued without its event",
        )
    } else {
        None
    };
    let grows = layout.events.as_ref().is_some_and(|e| e.ids_grow);
    Ok(WritePreconditions {
        now: Timestamp::from_microsecond((row.get::<_, f64>("now") * 1e6) as i64)
            .unwrap_or(Timestamp::UNIX_EPOCH),
        newest_event: grows.then(|| row.get("newest")),
        obstacle: obstacle.map(str::to_owned),
    })
}

/// Where the events of an operation and of what followed it are, and how their details are called.
fn events_since(events: &Events, operation: &OperationId) -> Result<(String, String), SourceError> {
    let missing = || SourceError::new(SourceErrorKind::UnknownLayout, "events hold no details");
    let data = ident(events.data.as_deref().ok_or_else(missing)?);
    let begin = match (operation.after, &events.at) {
        (Some(after), _) if events.ids_grow => format!("id > {after}"),
        (_, Some(at)) => {
            let seconds = operation.at.as_second().saturating_sub(SLACK);
            format!("{} >= to_timestamp({seconds})", ident(at))
        }
        _ => "true".to_owned(),
    };
    Ok((begin, data))
}

/// The condition that holds for the events of what an operation requeued; `$1` is its id.
pub(crate) fn operation_filter(
    events: &Events,
    operation: &OperationId,
) -> Result<String, SourceError> {
    let (begin, data) = events_since(events, operation)?;
    Ok(format!("{begin} and {data} ->> 'operation' = $1 and {data} ->> 'reason' = '{REQUEUED}'"))
}

/// The jobs that an operation requeued, each with its event's id.
///
/// # Errors
/// The database's.
pub async fn requeued(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<Vec<(JobId, String)>, SourceError> {
    let Some(events) = &layout.events else { return Ok(vec![]) };
    let statement = format!(
        "select job_id::text as job, id::text as event from public.job_events where {}",
        operation_filter(events, operation)?
    );
    let rows = named(db, &statement, operation, timeout).await?;
    rows.iter().map(|row| Ok((id(row.get("job"), layout.id)?, row.get("event")))).collect()
}

/// The jobs that an operation requeued.
///
/// # Errors
/// The database's.
pub async fn requeued_ids(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<HashSet<JobId>, SourceError> {
    let jobs = requeued(db, layout, operation, timeout).await?;
    Ok(jobs.into_iter().map(|(job, _)| job).collect())
}

/// The jobs that an undo put back after an operation had requeued them.
///
/// # Errors
/// The database's.
pub async fn undone_ids(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<HashSet<JobId>, SourceError> {
    let Some(events) = &layout.events else { return Ok(HashSet::new()) };
    let (begin, data) = events_since(events, operation)?;
    let statement = format!(
        "select job_id::text as job from public.job_events
          where {begin} and {data} ->> 'undoes' = $1 and {data} ->> 'reason' = '{UNDONE}'"
    );
    let rows = named(db, &statement, operation, timeout).await?;
    rows.iter().map(|row| id(row.get("job"), layout.id)).collect()
}

/// What the events of an operation give as their reason, whatever it did.
///
/// # Errors
/// The database's.
pub async fn reason(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<Option<String>, SourceError> {
    let Some(events) = &layout.events else { return Ok(None) };
    let (begin, data) = events_since(events, operation)?;
    let statement = format!(
        "select {data} ->> 'reason' as reason from public.job_events
          where {begin} and {data} ->> 'operation' = $1 limit 1"
    );
    let rows = named(db, &statement, operation, timeout).await?;
    Ok(rows.first().and_then(|row| row.get("reason")))
}

/// Asks with the operation's name as `$1`.
async fn named(
    db: &Database,
    statement: &str,
    operation: &OperationId,
    timeout: Duration,
) -> Result<Vec<Row>, SourceError> {
    let name = operation.to_string();
    db.rows(timeout, statement, &[(&name, Type::TEXT)]).await
}

/// Which of these keys still match: their jobs' ids.
///
/// # Errors
/// The database's.
pub async fn still_matching(
    db: &Database,
    statements: &Statements,
    keys: &[String],
    timeout: Duration,
) -> Result<HashSet<String>, SourceError> {
    let mut ids = HashSet::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = db.rows(timeout, &statements.matching, &[(&chunk, Type::TEXT_ARRAY)]).await?;
        ids.extend(rows.iter().map(|row| row.get::<_, String>("id")));
    }
    Ok(ids)
}
