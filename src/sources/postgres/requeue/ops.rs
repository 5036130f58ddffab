//! Lists recent operations and the current states of their jobs.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::repeat_failures::EVENTS_READ;
use crate::facts::SourceError;
use crate::facts::operation::{
    AppRequeues, OperationId, OperationStatus, OperationSummary, OperationType, REQUEUED, Reasons,
    STATE_CHANGED_SINCE, STATE_DELETED, STATE_UNDONE,
};
use crate::queue::Layout;
use crate::queue::sql::{ident, literal};
use crate::redact;
use crate::sources::postgres::Database;
use crate::sources::postgres::{events, row_types};

/// Operations in the events.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    /// Operations, newest first.
    pub(crate) operations: Vec<OperationSummary>,
    /// Number of operations whose ids this program cannot have written. They are not listed.
    pub(crate) malformed: usize,
    /// Requeues by the app's own function, which belong to no operation.
    pub(crate) by_app: AppRequeues,
}

/// Reads the newest operations among the newest events. A resumed operation has the author of its
/// last write, and its first and last reason.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    limit: u32,
    timeout: Duration,
) -> Result<Operations, SourceError> {
    events::visible(layout)?;
    let Some(statement) = statement(layout) else { return Ok(Operations::default()) };
    let limit = i64::from(limit);
    let rows = db.rows(timeout, &statement, &[(&limit, Type::INT8)]).await?;
    let summary = |row: &tokio_postgres::Row| {
        Some(OperationSummary {
            operation: OperationId::parse(row.get("operation"))?,
            operation_type: OperationType::from_reason(row.get("deed")),
            actor: row_types::text(row, "actor"),
            host: row_types::text(row, "host"),
            reason: reason(row).as_deref().map(redact::text),
            age: row.get::<_, Option<f64>>("age").unwrap_or_default(),
            jobs: u64::try_from(row.get::<_, i64>("jobs")).unwrap_or(0),
            planned: row.get::<_, Option<i64>>("planned").and_then(|n| u64::try_from(n).ok()),
            pid: row_types::text(row, "pid"),
            kind: row_types::text(row, "kind"),
            group: row_types::text(row, "job_group"),
            status: OperationStatus::Complete,
            resume_flags: None,
            now: serde_json::from_str(row.get("states")).unwrap_or_default(),
        })
    };
    let operations: Vec<_> = rows.iter().filter_map(summary).collect();
    let by_app = match app_requeues_statement(layout) {
        Some(statement) => app_requeues(&db.row(timeout, &statement, &[]).await?),
        None => AppRequeues::default(),
    };
    Ok(Operations { malformed: rows.len() - operations.len(), operations, by_app })
}

/// Returns the operations in the newest events whose ids start with `prefix`.
pub(crate) async fn with_prefix(
    db: &Database,
    layout: &Layout,
    prefix: &str,
    timeout: Duration,
) -> Result<Vec<(OperationId, OperationType)>, SourceError> {
    events::visible(layout)?;
    let Some(events) = layout.events.as_ref() else { return Ok(vec![]) };
    let (Some(data), Some(at)) = (events.data.as_deref().map(ident), events.at.as_ref()) else {
        return Ok(vec![]);
    };
    let at = at.sql();
    let order = if events.ids_grow { "id" } else { at.as_str() };
    let statement = format!(
        "select data ->> 'operation' as operation, min(data ->> 'reason') as deed
           from (select {data} as data from {} order by {order} desc limit {EVENTS_READ}) recent
          where starts_with(data ->> 'operation', $1) and data ->> 'tool' like 'cliplyctl %'
          group by 1",
        events.relation,
    );
    let rows = db.rows(timeout, &statement, &[(&prefix, Type::TEXT)]).await?;
    let operation = |row: &tokio_postgres::Row| {
        let operation_type = OperationType::from_reason(row.get("deed"));
        Some((OperationId::parse(row.get("operation"))?, operation_type))
    };
    Ok(rows.iter().filter_map(operation).collect())
}

fn app_requeues(row: &tokio_postgres::Row) -> AppRequeues {
    AppRequeues {
        jobs: u64::try_from(row.get::<_, i64>("jobs")).unwrap_or(0),
        age: row.get::<_, Option<f64>>("age").unwrap_or_default(),
    }
}

fn app_requeues_statement(layout: &Layout) -> Option<String> {
    let events = layout.events.as_ref()?;
    let (data, at) = (ident(events.data.as_deref()?), events.at.as_ref()?.sql());
    let order = if events.ids_grow { "id" } else { at.as_str() };
    Some(format!(
        "select count(*) as jobs, extract(epoch from now() - max(at))::float8 as age
           from (select {data} as data, {at} as at from {job_events}
                  order by {order} desc limit {EVENTS_READ}) recent
          where data ->> 'reason' = {requeued} and data ->> 'operation' is null",
        job_events = events.relation,
        requeued = literal(REQUEUED),
    ))
}

/// Returns the first reason, and the reason of the last resume if it differs.
fn reason(row: &tokio_postgres::Row) -> Option<String> {
    let text = |column| row.get::<_, Option<&str>>(column);
    let author =
        |actor, host| format!("{}@{}", text(actor).unwrap_or("?"), text(host).unwrap_or("?"));
    let (first, last) = (author("first_actor", "first_host"), author("actor", "host"));
    Reasons::of((&first, text("first_reason")), (&last, text("reason"))).text()
}

fn statement(layout: &Layout) -> Option<String> {
    let jobs = &layout.relation;
    let events = layout.events.as_ref()?;
    let (data, at) = (ident(events.data.as_deref()?), events.at.as_ref()?.sql());
    let order = if events.ids_grow { "id" } else { at.as_str() };
    let job_events = &events.relation;
    Some(format!(
        "with recent as (
           select job_id, {data} as data, {at} as at, {order} as place
             from {job_events} order by {order} desc limit {EVENTS_READ}
         ), ours as (
           select job_id, data, at, data ->> 'operation' as operation,
                  lag(data ->> 'operation') over later as next_operation,
                  lag(data ->> 'undoes') over later as undone
             from recent
            where data ->> 'operation' is not null and data ->> 'tool' like 'cliplyctl %'
           window later as (partition by job_id order by place desc)
         ), by_author as (
           select operation, coalesce(data ->> 'reason', '') as deed,
                  case when undone = operation then '{STATE_UNDONE}'
                       when next_operation <> operation then '{STATE_CHANGED_SINCE}'
                       when job.id is null then '{STATE_DELETED}'
                       else job.{live}::text end as state, data ->> 'actor' as actor, data ->> 'host' as host,
                  data ->> 'operator_reason' as reason, count(*) as n,
                  min(at) as began, max(at) as at, max(data ->> 'pid') as pid, max(data ->> 'group') as job_group,
                  max(data ->> 'planned') as planned, min({kind}) as kind, max({kind}) as last_kind
             from ours left join {jobs} job on job.id = ours.job_id
            group by 1, 2, 3, 4, 5, 6
         ), by_state as (
           select operation, deed, state, sum(n)::bigint as n, max(job_group) as job_group,
                  min(kind) as kind, max(last_kind) as last_kind
             from by_author group by 1, 2, 3
         ), latest as (
           select distinct on (operation, deed) operation, deed, actor, host, reason, at, pid, planned
             from by_author order by operation, deed, at desc
         ), first as (
           select distinct on (operation, deed) operation, deed, actor as first_actor,
                  host as first_host, reason as first_reason
             from by_author order by operation, deed, began
         )
         select operation, deed, actor, host, reason, first_actor, first_host, first_reason,
                pid, substring(planned from '^[0-9]{{1,18}}$')::bigint as planned, max(job_group) as job_group,
                case when min(kind) = max(last_kind) then min(kind) end as kind,
                extract(epoch from now() - at)::float8 as age, sum(n)::bigint as jobs,
                json_agg(json_build_array(state, n) order by n desc, state)::text as states
           from by_state join latest using (operation, deed) join first using (operation, deed)
          group by operation, deed, actor, host, reason, first_actor, first_host, first_reason, at, pid, planned
          order by at desc limit $1",
        live = ident(&layout.state_column),
        kind = match &layout.kind {
            Some(column) => format!("job.{}::text", ident(column)),
            None => "null::text".to_owned(),
        },
    ))
}
