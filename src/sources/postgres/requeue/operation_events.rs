//! Reads the events of operations: which jobs an operation requeued or undid, and what a new
//! operation must know before its first write.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::statements::Statements;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, REQUEUED, UNDONE};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::sql::{ident, state_in};
use crate::queue::{Events, Layout};
use crate::sources::postgres::row_types::id;
use crate::sources::postgres::{Database, events};

/// Maximum difference between the clock of event times and that of operation ids, in seconds.
const SLACK: i64 = 5;
/// Maximum number of keys of one query.
const CHUNK: usize = 5_000;

/// An operation, and where its events begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocatedOperation {
    /// The operation.
    pub(crate) id: OperationId,
    /// Event id below those of its events, if event ids ascend.
    pub(crate) after: Option<i64>,
}

impl LocatedOperation {
    /// Returns the operation at the place that its id names.
    pub(crate) fn by_id(id: &OperationId) -> Self {
        Self { id: id.clone(), after: id.after }
    }
}

/// Returns the condition for events since the start of an operation, and the quoted details column.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] if events have no details.
fn events_since(
    events: &Events,
    operation: &LocatedOperation,
) -> Result<(String, String), SourceError> {
    let missing = || SourceError::new(SourceErrorKind::UnknownLayout, "events hold no details");
    let data = ident(events.data.as_deref().ok_or_else(missing)?);
    let since = match (operation.after, &events.at) {
        (Some(after), _) if events.ids_grow => format!("id > {after}"),
        (_, Some(at)) => {
            let seconds = operation.id.at.as_second().saturating_sub(SLACK);
            format!("{} >= to_timestamp({seconds})", at.sql())
        }
        _ => "true".to_owned(),
    };
    Ok((since, data))
}

/// Returns the condition for the requeue events of an operation; `$1` is its id.
pub(crate) fn operation_filter(
    events: &Events,
    operation: &LocatedOperation,
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
    operation: &LocatedOperation,
    timeout: Duration,
) -> Result<Vec<(JobId, String)>, SourceError> {
    let Some(events) = events::visible(layout)? else { return Ok(vec![]) };
    let statement = format!(
        "select job_id::text as job, id::text as event from {job_events} where {}",
        operation_filter(events, operation)?,
        job_events = events.relation,
    );
    let rows = query_operation(db, &statement, &operation.id, timeout).await?;
    rows.iter().map(|row| Ok((id(row.get("job"), layout.id)?, row.get("event")))).collect()
}

/// Reads the ids of the jobs that an operation requeued.
pub(crate) async fn requeued_ids(
    db: &Database,
    layout: &Layout,
    operation: &LocatedOperation,
    timeout: Duration,
) -> Result<HashSet<JobId>, SourceError> {
    let jobs = requeued(db, layout, operation, timeout).await?;
    Ok(jobs.into_iter().map(|(job, _)| job).collect())
}

/// Reads the ids of the jobs that an undo of the operation returned to dead letters.
pub(crate) async fn undone_ids(
    db: &Database,
    layout: &Layout,
    operation: &LocatedOperation,
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
    let rows = query_operation(db, &statement, &operation.id, timeout).await?;
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
    let (since, data) = events_since(events, &LocatedOperation::by_id(operation))?;
    let statement = format!(
        "select {data} ->> 'reason' as reason from {job_events}
          where {begin} and {data} ->> 'operation' = $1 limit 1",
        begin = since,
        job_events = events.relation,
    );
    let rows = query_operation(db, &statement, operation, timeout).await?;
    Ok(rows.first().and_then(|row| row.get("reason")))
}

/// Returns the operation with a position before its first event. The id names the newest event before the first
/// write, but ids of events need not ascend: after an import the sequence may be behind. Only if no event is found
/// after that one, all events are searched, within `timeout`.
///
/// # Errors
/// Also if the search was cut off; the error says how far it went.
pub(crate) async fn locate(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    timeout: Duration,
) -> Result<LocatedOperation, SourceError> {
    let by_id = LocatedOperation::by_id(operation);
    let events = events::visible(layout)?.filter(|events| events.ids_grow);
    let (Some(after), Some(events)) = (operation.after, events) else { return Ok(by_id) };
    let Some(data) = &events.data else { return Ok(by_id) };
    let (data, job_events) = (ident(data), &events.relation);
    let ours = format!("{data} ->> 'operation' = $1");
    let newer =
        format!("select id::bigint as id from {job_events} where id > {after} and {ours} limit 1");
    if !query_operation(db, &newer, operation, timeout).await?.is_empty() {
        return Ok(by_id);
    }
    let all = format!("select min(id)::bigint as id from {job_events} where {ours}");
    match query_operation(db, &all, operation, timeout).await {
        Ok(rows) => {
            let first: Option<i64> = rows.first().and_then(|row| row.get("id"));
            let after = first.map_or(after, |first| first - 1);
            Ok(LocatedOperation { after: Some(after), ..by_id })
        }
        Err(error) if error.kind == SourceErrorKind::Timeout => Err(SourceError::new(
            SourceErrorKind::Timeout,
            format!(
                "operation {operation} was not found: it has no event with an id above {after}, and the search \
                 of all others ended after {} s",
                timeout.as_secs_f64()
            ),
        )
        .hint("a longer --timeout searches further")),
        Err(error) => Err(error),
    }
}

/// Returns which of these jobs a worker claimed, failed or finished since the operation began.
pub(crate) async fn touched(
    db: &Database,
    layout: &Layout,
    operation: &LocatedOperation,
    jobs: &[String],
    timeout: Duration,
) -> Result<HashSet<String>, SourceError> {
    let Some(events) = events::visible(layout)?.filter(|_| !jobs.is_empty()) else {
        return Ok(HashSet::new());
    };
    let (since, data) = events_since(events, operation)?;
    let statement = format!(
        "select distinct job_id::text as job from {job_events}
          where {since} and job_id = any($1::text[]::{id}[])
            and ({stage}::text in ('claimed', 'failed', 'finished')
                 or {data} ->> 'worker_id' is not null and {data} ->> 'operation' is null)",
        job_events = events.relation,
        id = layout.id.sql(),
        stage = ident(&events.stage),
    );
    let rows = db.rows(timeout, &statement, &[(&jobs, Type::TEXT_ARRAY)]).await?;
    Ok(rows.iter().map(|row| row.get("job")).collect())
}

/// Returns whether an undo of the operation wrote an event after this id, or since this time if ids do not
/// ascend.
pub(crate) async fn has_undo_since(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    (after, since): (i64, Timestamp),
    timeout: Duration,
) -> Result<bool, SourceError> {
    let Some(events) = events::visible(layout)? else { return Ok(false) };
    let id = OperationId { at: since, ..operation.clone() };
    let position = LocatedOperation { id, after: Some(after) };
    let (since, data) = events_since(events, &position)?;
    let statement = format!(
        "select 1 from {job_events} where {since} and {data} ->> 'undoes' = $1 limit 1",
        job_events = events.relation,
    );
    Ok(!query_operation(db, &statement, operation, timeout).await?.is_empty())
}

/// How a transaction of a journal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatus {
    /// It was committed.
    Committed,
    /// It was not.
    Aborted,
    /// It is still open.
    Open,
    /// The server no longer knows.
    Unknown,
}

/// Returns how these transactions ended.
pub(crate) async fn transaction_statuses(
    db: &Database,
    transactions: &[String],
    timeout: Duration,
) -> Result<HashMap<String, TransactionStatus>, SourceError> {
    // A later id than any of this server belongs to a time that a restore has undone.
    let statement = "select x, case when x::xid8 < pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
                             then pg_catalog.pg_xact_status(x::xid8) else 'aborted' end as status
                       from pg_catalog.unnest($1::text[]) x";
    let rows = db.rows(timeout, statement, &[(&transactions, Type::TEXT_ARRAY)]).await?;
    let status = |row: &Row| match row.get::<_, Option<&str>>("status") {
        Some("committed") => TransactionStatus::Committed,
        Some("aborted") => TransactionStatus::Aborted,
        Some(_) => TransactionStatus::Open,
        None => TransactionStatus::Unknown,
    };
    Ok(rows.iter().map(|row| (row.get("x"), status(row))).collect())
}

/// Returns which of these jobs are dead letters.
pub(crate) async fn dead_ids(
    db: &Database,
    layout: &Layout,
    jobs: &[JobId],
    timeout: Duration,
) -> Result<HashSet<JobId>, SourceError> {
    let ids: Vec<_> = jobs.iter().map(ToString::to_string).collect();
    let statement = format!(
        "select id::text as id from {jobs} where id = any($1::text[]::{id}[]) and {dead}",
        jobs = layout.relation,
        id = layout.id.sql(),
        dead = state_in(layout, &layout.state_names.dead),
    );
    let mut dead = HashSet::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = db.rows(timeout, &statement, &[(&chunk, Type::TEXT_ARRAY)]).await?;
        for row in rows {
            dead.insert(id(row.get("id"), layout.id)?);
        }
    }
    Ok(dead)
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
    let rows = matching_rows(db, statements, keys, timeout).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

/// A job that can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UndoableJob {
    /// Id of the job.
    pub(crate) id: String,
    /// Whether no other transaction has written its row since the requeue. Otherwise its columns are as the
    /// requeue left them, which does not exclude a claim.
    pub(crate) untouched: bool,
}

/// Returns the jobs that can be undone as far as their rows tell.
pub(crate) async fn undoable(
    db: &Database,
    statements: &Statements,
    keys: &[String],
    timeout: Duration,
) -> Result<Vec<UndoableJob>, SourceError> {
    let rows = matching_rows(db, statements, keys, timeout).await?;
    let job = |row: &Row| UndoableJob { id: row.get("id"), untouched: row.get("untouched") };
    Ok(rows.iter().map(job).collect())
}

async fn matching_rows(
    db: &Database,
    statements: &Statements,
    keys: &[String],
    timeout: Duration,
) -> Result<Vec<Row>, SourceError> {
    let mut rows = vec![];
    for chunk in keys.chunks(CHUNK) {
        rows.extend(db.rows(timeout, &statements.matching, &[(&chunk, Type::TEXT_ARRAY)]).await?);
    }
    Ok(rows)
}
