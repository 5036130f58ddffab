//! Reads the events of operations: which jobs an operation requeued or undid, and what a new
//! operation must know before its first write.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::declared;
use super::statements::Statements;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, REQUEUED, UNDONE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::sql::{ident, literal};
use crate::queue::{Events, Layout};
use crate::sources::postgres::row_types::id;
use crate::sources::postgres::{Database, events};

/// Maximum difference between the clock of event times and that of operation ids, in seconds.
const SLACK: i64 = 5;
/// Maximum number of keys of one query.
const CHUNK: usize = 5_000;

/// State of the database before an operation starts.
#[derive(Debug, Clone)]
pub(crate) struct WritePreconditions {
    /// Time of the server.
    pub(crate) now: Timestamp,
    /// Id of the newest event, if event ids ascend.
    pub(crate) newest_event: Option<i64>,
    /// Reason why jobs cannot be written; `None` if they can.
    pub(crate) obstacle: Option<String>,
}

/// Reads the newest event and whether this role may write jobs and events.
pub(crate) async fn preconditions(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<WritePreconditions, SourceError> {
    let newest = match &layout.events {
        Some(events) if events.ids_grow => {
            format!("(select max(id)::bigint from {})", events.relation)
        }
        _ => "null::bigint".to_owned(),
    };
    let may_log = match &layout.events {
        Some(events) => {
            format!("has_table_privilege({}, 'INSERT')", literal(&events.relation.to_string()))
        }
        None => "true".to_owned(),
    };
    let jobs = literal(&layout.relation.to_string());
    let statement = format!(
        "select extract(epoch from now())::float8 as now, coalesce({newest}, 0) as newest,
                pg_catalog.pg_is_in_recovery() as standby,
                has_any_column_privilege({jobs}, 'UPDATE') as may_update,
                {may_log} as may_log"
    );
    let row = db.row(timeout, &statement, &[]).await?;
    let obstacle = if row.get("standby") {
        Some("this server is a hot standby: it only replays another one; connect to the primary")
    } else if !row.get::<_, bool>("may_update") {
        Some("this role may not update the jobs table; connect with one that may")
    } else if !row.get::<_, bool>("may_log") {
        Some("this role may not insert into job_events, and no job is requeued without its event")
    } else if layout.events_unseen.is_some() {
        Some(
            "this role does not see all rows of job_events, and an operation could not be found there again; \
             connect with one that does",
        )
    } else if let Some(obstacle) = layout.declared.as_ref().and_then(declared::obstacle) {
        Some(obstacle)
    } else if layout.state_column_assumed {
        Some(
            "both state and status exist, and it is not known which one the worker's claim reads: a write to one \
             of them could hide the job; set state_column in the context",
        )
    } else {
        None
    };
    let ids_grow = layout.events.as_ref().is_some_and(|events| events.ids_grow);
    Ok(WritePreconditions {
        now: Timestamp::from_microsecond((row.get::<_, f64>("now") * 1e6) as i64)
            .unwrap_or(Timestamp::UNIX_EPOCH),
        newest_event: ids_grow.then(|| row.get("newest")),
        obstacle: obstacle.map(str::to_owned),
    })
}

/// Returns the condition for events since the start of an operation, and the quoted details column.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] if events have no details.
fn events_since(events: &Events, operation: &OperationId) -> Result<(String, String), SourceError> {
    let missing = || SourceError::new(SourceErrorKind::UnknownLayout, "events hold no details");
    let data = ident(events.data.as_deref().ok_or_else(missing)?);
    let since = match (operation.after, &events.at) {
        (Some(after), _) if events.ids_grow => format!("id > {after}"),
        (_, Some(at)) => {
            let seconds = operation.at.as_second().saturating_sub(SLACK);
            format!("{} >= to_timestamp({seconds})", at.sql())
        }
        _ => "true".to_owned(),
    };
    Ok((since, data))
}

/// Returns the condition for the requeue events of an operation; `$1` is its id.
pub(crate) fn operation_filter(
    events: &Events,
    operation: &OperationId,
) -> Result<String, SourceError> {
    let (since, data) = events_since(events, operation)?;
    Ok(format!(
        "{begin} and {data} ->> 'operation' = $1 and {data} ->> 'reason' = '{REQUEUED}'",
        begin = since
    ))
}

/// Reads the jobs that an operation requeued, each with the id of its event.
pub(crate) async fn requeued(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<Vec<(JobId, String)>, SourceError> {
    let Some(events) = events::visible(layout)? else { return Ok(vec![]) };
    let statement = format!(
        "select job_id::text as job, id::text as event from {job_events} where {}",
        operation_filter(events, operation)?,
        job_events = events.relation,
    );
    let rows = query_operation(db, &statement, operation, timeout).await?;
    rows.iter().map(|row| Ok((id(row.get("job"), layout.id)?, row.get("event")))).collect()
}

/// Reads the ids of the jobs that an operation requeued.
pub(crate) async fn requeued_ids(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<HashSet<JobId>, SourceError> {
    let jobs = requeued(db, layout, operation, timeout).await?;
    Ok(jobs.into_iter().map(|(job, _)| job).collect())
}

/// Reads the ids of the jobs that an undo of the operation returned to dead letters.
pub(crate) async fn undone_ids(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<HashSet<JobId>, SourceError> {
    let Some(events) = events::visible(layout)? else { return Ok(HashSet::new()) };
    let (since, data) = events_since(events, operation)?;
    let statement = format!(
        "select job_id::text as job from {job_events}
          where {begin} and {data} ->> 'undoes' = $1 and {data} ->> 'reason' = '{UNDONE}'",
        begin = since,
        job_events = events.relation,
    );
    let rows = query_operation(db, &statement, operation, timeout).await?;
    rows.iter().map(|row| id(row.get("job"), layout.id)).collect()
}

/// Reads the `reason` of an operation's events, which is its type.
pub(crate) async fn reason(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<Option<String>, SourceError> {
    let Some(events) = events::visible(layout)? else { return Ok(None) };
    let (since, data) = events_since(events, operation)?;
    let statement = format!(
        "select {data} ->> 'reason' as reason from {job_events}
          where {begin} and {data} ->> 'operation' = $1 limit 1",
        begin = since,
        job_events = events.relation,
    );
    let rows = query_operation(db, &statement, operation, timeout).await?;
    Ok(rows.first().and_then(|row| row.get("reason")))
}

/// Runs a statement with the operation's id as `$1`.
async fn query_operation(
    db: &Database,
    statement: &str,
    operation: &OperationId,
    timeout: Duration,
) -> Result<Vec<Row>, SourceError> {
    let id = operation.to_string();
    db.rows(timeout, statement, &[(&id, Type::TEXT)]).await
}

/// Returns the ids of the jobs whose keys still match, so that they can be written.
pub(crate) async fn still_matching(
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
