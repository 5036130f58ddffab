//! Reads the jobs that an operation requeued, their events since then, and their current rows.
//!
//! Events have no index on the job, so they are read once, by primary key, starting at the event id
//! that is part of the operation's id. Job rows are read by primary key.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::Database;
use super::requeue::operation_events::{LocatedOperation, operation_filter};
use super::requeue::statements::row_transaction;
use super::row_types::{Micros, WorkspaceHash};
use super::selection::{fingerprint, fingerprint_columns};
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, REQUEUED, RESCUED, UNDONE};
use crate::facts::requeued_job::{
    CauseInterner, ErrorMarks, EventKey, JobEvent, JobRow, RequeuedJob,
};
use crate::queue::declared;
use crate::queue::package::{PLACE, PackageTraits};
use crate::queue::{Events, IdType, Layout, Lifecycle, sql};
use crate::sources::postgres::row_types;

/// Maximum number of events of a page.
const PAGE_ROWS: i64 = 20_000;
/// Maximum number of job rows of one query.
pub(crate) const CHUNK: usize = 5_000;
/// Number of newest events that are searched for a claim.
const CLAIM_WINDOW: u32 = 5_000;

/// Page of events.
#[derive(Debug, Default)]
pub(crate) struct EventPage {
    /// Events and their content, by id.
    pub(crate) records: Vec<(EventKey, EventRecord)>,
    /// Id of the last event of the page; unchanged if the page is empty.
    pub(crate) last: i64,
    /// Whether there are more pages.
    pub(crate) more: bool,
}

/// Relevant content of one event.
#[derive(Debug)]
pub(crate) enum EventRecord {
    /// The operation requeued this job.
    Requeued(RequeuedJob),
    /// Another event of a job, which need not belong to the operation.
    Happened(JobId, JobEvent),
}

/// Reads a page of events after the event `after`. Requires ascending event ids.
pub(crate) async fn events(
    db: &Database,
    layout: &Layout,
    operation: &OperationId,
    after: i64,
    causes: &mut CauseInterner,
    timeout: Duration,
) -> Result<EventPage, SourceError> {
    let mut page = EventPage { last: after, ..EventPage::default() };
    let visible = super::events::visible(layout)?;
    let Some(statement) = visible.and_then(|e| page_statement(layout, e)) else {
        return Ok(page);
    };
    let name = operation.to_string();
    let params: [(&(dyn ToSql + Sync), Type); 2] = [(&after, Type::INT8), (&name, Type::TEXT)];
    let rows = db.rows(timeout, &statement, &params).await?;
    page.more = rows.len() as i64 == PAGE_ROWS;
    for row in &rows {
        page.last = row.get("event");
        let at = row.get::<_, Option<Micros>>("at").and_then(Micros::finite);
        let key = EventKey { at, id: page.last };
        if row.get::<_, Option<bool>>("ours") == Some(true) {
            page.records.push((key, EventRecord::Requeued(requeued_job(row, layout.id, causes)?)));
        } else if let Some(event) = job_event(row) {
            let job = super::row_types::id(row.get("job"), layout.id)?;
            page.records.push((key, EventRecord::Happened(job, event)));
        }
    }
    Ok(page)
}

/// Returns the statement for a page: `$1` is the event to start after, `$2` the operation's id.
fn page_statement(layout: &Layout, events: &Events) -> Option<String> {
    let jobs = layout.rows_as("job");
    let data = sql::ident(events.data.as_deref()?);
    let job_events = &events.relation;
    Some(format!(
        // The details of other events may have any shape: only those of the operation are converted.
        "with page as (
           select id::bigint as event, {at} as at, job_id, {stage}::text as stage,
                  left({data} ->> 'reason', 100) as reason,
                  left(coalesce({data} ->> 'worker_id', {data} ->> 'locked_by'), 200) as worker,
                  {data} ->> 'reason' = {requeued} and {data} ->> 'operation' = $2 as ours, {data} as data
             from {job_events} where id > $1 order by id limit {PAGE_ROWS}
         ), known as (
           select event, at, job_id, stage, reason, worker, ours,
                  case when ours then {transaction} end as transaction,
                  case when ours then (data -> 'previous')::jsonb end as previous,
                  case when ours then (data -> 'written')::jsonb end as written
             from page
         )
         select event, at, known.job_id::text as job, null::text as place, stage, ours, reason, worker, transaction, {columns}
           from known left join {jobs} on ours and job.id = known.job_id
          order by event",
        at = events.at.as_ref().map_or("null::timestamptz".to_owned(), |at| at.sql()),
        transaction = row_transaction("data ->> 'transaction'"),
        stage = sql::ident(&events.stage),
        requeued = sql::literal(REQUEUED),
        columns = previous_columns(layout, "known.previous", "known.written"),
    ))
}

/// Returns the event of a row, or `None` if it is not relevant.
fn job_event(row: &Row) -> Option<JobEvent> {
    let worker = || row_types::text(row, "worker");
    match row.get::<_, Option<&str>>("reason") {
        Some(REQUEUED) => return Some(JobEvent::RequeuedAgain),
        Some(UNDONE) => return Some(JobEvent::Undone),
        Some(RESCUED) => return Some(JobEvent::Rescued),
        _ => {}
    }
    match row.get::<_, Option<&str>>("stage")? {
        "claimed" => Some(JobEvent::Claimed(worker())),
        "failed" => Some(JobEvent::Failed(worker())),
        _ => None,
    }
}

/// Reads all jobs of an operation from its events. Used if event ids do not ascend.
pub(crate) async fn read_from_events(
    db: &Database,
    layout: &Layout,
    operation: &LocatedOperation,
    causes: &mut CauseInterner,
    timeout: Duration,
) -> Result<Vec<RequeuedJob>, SourceError> {
    let jobs = layout.rows_as("job");
    let Some(events) = super::events::visible(layout)? else { return Ok(vec![]) };
    let data = sql::ident(events.data.as_deref().unwrap_or("data"));
    let job_events = &events.relation;
    let statement = format!(
        "with ours as (
           select job_id, ({data} -> 'previous')::jsonb as previous, ({data} -> 'written')::jsonb as written,
                  {} as transaction
             from {job_events} where {}
         )
         select ours.job_id::text as job, null::text as place, transaction, {}
           from ours left join {jobs} on job.id = ours.job_id",
        row_transaction(&format!("{data} ->> 'transaction'")),
        operation_filter(events, operation)?,
        previous_columns(layout, "ours.previous", "ours.written"),
    );
    let name = operation.id.to_string();
    let rows = db.rows(timeout, &statement, &[(&name, Type::TEXT)]).await?;
    rows.iter().map(|row| requeued_job(row, layout.id, causes)).collect()
}

/// Reads the jobs of a journal's entries (JSON texts). Used if the database has no events.
pub(crate) async fn read_from_journal(
    db: &Database,
    layout: &Layout,
    entries: &[String],
    causes: &mut CauseInterner,
    timeout: Duration,
) -> Result<Vec<RequeuedJob>, SourceError> {
    let jobs = layout.rows_as("job");
    let same_place = match has_place(layout) {
        true => same_place("ours.written ->> 'place'"),
        false => String::new(),
    };
    let statement = format!(
        "with ours as (
           select (entry::jsonb ->> 'id')::{} as job_id, entry::jsonb -> 'previous' as previous,
                  entry::jsonb -> 'written' as written,
                  {} as transaction
             from unnest($1::text[]) entry
         )
         select ours.job_id::text as job, ours.written ->> 'place' as place, transaction, {}
           from ours left join {jobs} on job.id = ours.job_id{same_place}",
        layout.id.sql(),
        row_transaction("entry::jsonb ->> 'transaction'"),
        previous_columns(layout, "ours.previous", "ours.written"),
    );
    let mut jobs = Vec::new();
    for chunk in entries.chunks(CHUNK) {
        let params: [(&(dyn ToSql + Sync), Type); 1] = [(&chunk, Type::TEXT_ARRAY)];
        let rows = db.rows(timeout, &statement, &params).await?;
        for row in &rows {
            jobs.push(requeued_job(row, layout.id, causes)?);
        }
    }
    Ok(jobs)
}

fn requeued_job(
    row: &Row,
    id: IdType,
    causes: &mut CauseInterner,
) -> Result<RequeuedJob, SourceError> {
    Ok(RequeuedJob {
        id: super::row_types::id(row.get("job"), id)?,
        place: row.get("place"),
        group: causes.intern(fingerprint(row)),
        errors: error_marks(row),
        updated_hash: hash(row, "changed_mark"),
        transaction: row.get("transaction"),
        attempts: row.get("attempts_before"),
    })
}

fn hash(row: &Row, column: &str) -> Option<u64> {
    row.get::<_, Option<WorkspaceHash>>(column).map(|hash| hash.0)
}

fn error_marks(row: &Row) -> ErrorMarks {
    ErrorMarks { text: hash(row, "text_mark"), structured: hash(row, "error_mark") }
}

/// Returns whether rows of jobs and events tell the transaction that wrote them. Those of views do not.
pub(crate) async fn have_transactions(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let relations = [Some(&layout.relation), layout.events.as_ref().map(|events| &events.relation)];
    let relations: Vec<_> = relations.into_iter().flatten().map(ToString::to_string).collect();
    let statement = "select coalesce(bool_and(c.relkind in ('r', 'p')), false) as tables
        from pg_catalog.unnest($1::text[]) name
        left join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(name)";
    Ok(db.row(timeout, statement, &[(&relations, Type::TEXT_ARRAY)]).await?.get("tables"))
}

/// Whether ids are unique only together with another column.
fn has_place(layout: &Layout) -> bool {
    layout.declared.as_ref().is_some_and(|declared| declared.has_column(PLACE))
}

/// Condition that a job is in this place (SQL), if it is known.
fn same_place(place: &str) -> String {
    format!(" and ({place} is null or job.{PLACE} = {place})")
}

/// Reads the current rows of at most [`CHUNK`] jobs, each with its place. Deleted jobs are missing from the result.
pub(crate) async fn read_rows(
    db: &Database,
    layout: &Layout,
    (jobs, has_transactions): (&[(JobId, Option<String>)], bool),
    causes: &mut CauseInterner,
    timeout: Duration,
) -> Result<Vec<JobRow>, SourceError> {
    let ids: Vec<_> = jobs.iter().map(|(id, _)| id.to_string()).collect();
    let places: Vec<_> = jobs.iter().map(|(_, place)| place.as_deref()).collect();
    let statement = rows_statement(layout, has_transactions);
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&ids, Type::TEXT_ARRAY), (&places, Type::TEXT_ARRAY)];
    let rows = db.rows(timeout, &statement, &params).await?;
    let job_row = |row: &Row| {
        Ok(JobRow {
            id: super::row_types::id(row.get("job"), layout.id)?,
            role: role(layout, row.get::<_, Option<&str>>("live").unwrap_or_default()),
            attempts: row.get("attempts"),
            locked_by: row_types::text(row, "holder"),
            failed_by: row_types::text(row, "failed_by"),
            error_has_time: row.get::<_, Option<bool>>("dated").unwrap_or(false),
            group: causes.intern(fingerprint(row)),
            errors: error_marks(row),
            updated_hash: hash(row, "changed_mark"),
            transaction: row.get("transaction"),
        })
    };
    rows.iter().map(job_row).collect()
}

/// The role of a state. A requeued job that waits in the state of a retry is queued: whether an attempt failed since,
/// its attempts tell.
fn role(layout: &Layout, state: &str) -> Lifecycle {
    let is_requeued = |package: &PackageTraits| package.also_requeued.iter().any(|s| s == state);
    match layout.package() {
        Some(package) if is_requeued(package) => Lifecycle::Queued,
        _ => layout.state_names.role(state),
    }
}

fn rows_statement(layout: &Layout, has_transactions: bool) -> String {
    let (jobs, id) = (layout.rows_as("job"), layout.id.sql());
    let continued_by = layout.package().and_then(|package| package.continued_by.as_ref());
    let (job, from) = match continued_by {
        None if has_place(layout) => (
            "id",
            format!(
                "rows from (unnest($1::text[]), unnest($2::text[])) as requeued(requeued_id, requeued_place)
                   join {jobs} on job.id = requeued_id::{id}{}",
                same_place("requeued_place")
            ),
        ),
        None => ("id", format!("{jobs} where id = any($1::text[]::{id}[])")),
        Some(newest) => (
            "requeued_id",
            format!(
                "unnest($1::text[]::{id}[]) as requeued(requeued_id)
                   cross join lateral (select coalesce(({newest}), requeued_id) as newest_id) as continued
                   join {jobs} on job.id = newest_id",
                newest = declared::in_relation(newest, &layout.relation).replace("{id}", "requeued_id"),
            ),
        ),
    };
    let error_field = |key: &str| match &layout.error {
        Some(error) if error.json => format!("({}::jsonb ->> '{key}')", sql::ident(&error.name)),
        _ => "null::text".to_owned(),
    };
    let error = match &layout.error {
        Some(error) if error.json => format!("{}::jsonb::text", sql::ident(&error.name)),
        Some(error) => format!("{}::text", sql::ident(&error.name)),
        None => "null::text".to_owned(),
    };
    let last_error = format!("{}::text", sql::column_or_null(layout.last_error.as_ref(), "text"));
    let changed = sql::time_or_null(layout.updated.as_ref());
    let changed = format!("{changed}::timestamptz::text");
    format!(
        "select {job}::text as job, {live}::text as live, {attempts}::bigint as attempts,
                left({holder}::text, 200) as holder, left({failed_by}, 200) as failed_by,
                {failed_at} is not null as dated, {mark}, {changed} as changed_mark,
                {transaction} as transaction, {fingerprint}
           from {from}",
        live = sql::ident(&layout.state_column),
        attempts = sql::column_or_null(layout.attempts.as_ref(), "bigint"),
        holder = sql::column_or_null(layout.locked_by.as_ref(), "text"),
        failed_by = error_field("worker_id"),
        failed_at = error_field("failed_at"),
        mark = error_marks_of(&last_error, &error),
        transaction =
            if has_transactions && layout.declared.is_none() { "xmin::text" } else { "null::text" },
        fingerprint = fingerprint_columns(layout),
    )
}

/// Returns the columns that [`error_marks`] reads. JSON null and NULL are treated as equal, because
/// `jsonb_populate_record` turns one into the other; so is an empty text, which is no error.
fn error_marks_of(last_error: &str, error: &str) -> String {
    format!(
        "md5(nullif(btrim({last_error}), '')) as text_mark, \
         md5(nullif(nullif(btrim({error}), ''), 'null')) as error_mark"
    )
}

/// Returns the select list that [`requeued_job`] reads, taken from the former columns in an event
/// or a journal (`previous`, JSON) and the kind of the row `job`. A trigger may have changed the errors with the
/// requeue (`written`, JSON).
fn previous_columns(layout: &Layout, previous: &str, written: &str) -> String {
    let text_of = |record: &str, column: Option<&String>| match column {
        Some(name) => format!("({record} ->> {})", sql::literal(name)),
        None => "null::text".to_owned(),
    };
    let error_of = |record: &str| match &layout.error {
        Some(error) if error.json => format!("({record} -> {})::text", sql::literal(&error.name)),
        other => text_of(record, other.as_ref().map(|error| &error.name)),
    };
    let after = format!("({previous} || coalesce({written}, '{{}}'))");
    let mark = error_marks_of(&text_of(&after, layout.last_error.as_ref()), &error_of(&after));
    let last_error = text_of(previous, layout.last_error.as_ref());
    let error = error_of(previous);
    let kind = match &layout.kind {
        Some(name) if layout.package().is_some() => {
            format!("coalesce(job.{}::text, {})", sql::ident(name), text_of(previous, Some(name)))
        }
        Some(name) => format!("job.{}::text", sql::ident(name)),
        None => "null::text".to_owned(),
    };
    format!(
        "{kind} as fp_kind, {last} as fp_last_error, {of_error} as fp_error, {mark}, \
         coalesce({attempts}, 0) as attempts_before, \
         ({changed})::text as changed_mark",
        last = sql::fingerprint_input(&last_error),
        of_error = sql::fingerprint_input(&error),
        // A requeue of a package can give further attempts instead of counting from 0 again.
        attempts = match layout.package().filter(|package| !package.restarts_attempts) {
            Some(_) => format!("({})::bigint", text_of(previous, layout.attempts.as_ref())),
            None => "null::bigint".to_owned(),
        },
        changed = match &layout.updated {
            Some(column) => column.parse(&text_of(previous, Some(&column.name))),
            None => "null::text".to_owned(),
        },
    )
}

/// Returns whether claims are recorded as events. Only then a missing claim event is significant.
pub(crate) async fn claims_have_events(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let Some(events) = layout.events.as_ref().filter(|events| events.ids_grow) else {
        return Ok(false);
    };
    let job_events = &events.relation;
    let statement = format!(
        "select exists (select from (
           select {stage}::text as stage from {job_events} order by id desc limit {CLAIM_WINDOW}
         ) newest where stage = 'claimed') as told",
        stage = sql::ident(&events.stage),
    );
    Ok(db.row(timeout, &statement, &[]).await?.get("told"))
}
