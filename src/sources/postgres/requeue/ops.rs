//! Lists recent operations and the current states of their jobs.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::repeat_failures::EVENTS_READ;
use crate::facts::SourceError;
use crate::facts::operation::{
    AppRequeues, OperationId, OperationSummary, OperationType, REQUEUED, STATE_CHANGED_SINCE,
    STATE_UNDONE, reasons,
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
    /// Requeues by the app, if there are any.
    pub(crate) app_requeues: Option<AppRequeues>,
    /// Number of operations whose ids this program cannot have written. They are not listed.
    pub(crate) malformed: usize,
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
    let app_requeues = app_requeues(db, layout, timeout).await?;
    let summary = |row: &tokio_postgres::Row| {
        Some(OperationSummary {
            operation: OperationId::parse(row.get("operation"))?,
            operation_type: OperationType::from_reason(row.get("deed")),
            actor: row_types::text(row, "actor"),
            host: row_types::text(row, "host"),
            reason: reason(row).as_deref().map(redact::text),
            age: row.get::<_, Option<f64>>("age").unwrap_or_default(),
            jobs: u64::try_from(row.get::<_, i64>("jobs")).unwrap_or(0),
            unfinished: None,
            now: serde_json::from_str(row.get("states")).unwrap_or_default(),
        })
    };
    let operations: Vec<_> = rows.iter().filter_map(summary).collect();
    Ok(Operations { malformed: rows.len() - operations.len(), app_requeues, operations })
}

/// Returns the first reason, and the reason of the last resume if it differs.
fn reason(row: &tokio_postgres::Row) -> Option<String> {
    let text = |column| row.get::<_, Option<&str>>(column);
    let author =
        |actor, host| format!("{}@{}", text(actor).unwrap_or("?"), text(host).unwrap_or("?"));
    let (first, last) = (author("first_actor", "first_host"), author("actor", "host"));
    reasons((&first, text("first_reason")), (&last, text("reason")))
}

/// Reads the requeues among the newest events that belong to no operation.
async fn app_requeues(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<AppRequeues>, SourceError> {
    let Some(recent) = recent(layout) else { return Ok(None) };
    let statement = format!(
        "with recent as ({recent})
         select count(distinct job_id) as jobs, extract(epoch from now() - min(at))::float8 as first,
                extract(epoch from now() - max(at))::float8 as last
           from recent
          where data ->> 'reason' = {REQUEUED} and not (data ? 'operation' and data ->> 'tool' like 'cliplyctl %')",
        REQUEUED = literal(REQUEUED),
    );
    let row = db.row(timeout, &statement, &[]).await?;
    let jobs = u64::try_from(row.get::<_, i64>("jobs")).unwrap_or(0);
    let age = |column| row.get::<_, Option<f64>>(column).unwrap_or_default();
    Ok((jobs > 0).then(|| AppRequeues { jobs, first_age: age("first"), last_age: age("last") }))
}

/// Returns the query for the newest events: job, data, time and order.
fn recent(layout: &Layout) -> Option<String> {
    let events = layout.events.as_ref()?;
    let (data, at) = (ident(events.data.as_deref()?), events.at.as_ref()?.sql());
    let order = if events.ids_grow { "id" } else { at.as_str() };
    let job_events = &events.relation;
    Some(format!(
        "select job_id, {data}::jsonb as data, {at} as at, {order} as place
           from {job_events} order by {order} desc limit {EVENTS_READ}"
    ))
}

fn statement(layout: &Layout) -> Option<String> {
    let jobs = layout.rows_as("job");
    let recent = recent(layout)?;
    Some(format!(
        "with recent as ({recent}), ours as (
           select job_id, data, at, data ->> 'operation' as operation,
                  lag(data ->> 'operation') over later as next_operation,
                  lag(data ->> 'undoes') over later as undone
             from recent where data ? 'operation' and data ->> 'tool' like 'cliplyctl %'
           window later as (partition by job_id order by place desc)
         ), by_author as (
           select operation, coalesce(data ->> 'reason', '') as deed,
                  case when undone = operation then '{STATE_UNDONE}'
                       when next_operation <> operation then '{STATE_CHANGED_SINCE}'
                       else job.{live}::text end as state, data ->> 'actor' as actor, data ->> 'host' as host,
                  data ->> 'operator_reason' as reason, count(*) as n,
                  min(at) as began, max(at) as at
             from ours join {jobs} on job.id = ours.job_id
            group by 1, 2, 3, 4, 5, 6
         ), by_state as (
           select operation, deed, state, sum(n)::bigint as n from by_author group by 1, 2, 3
         ), latest as (
           select distinct on (operation, deed) operation, deed, actor, host, reason, at
             from by_author order by operation, deed, at desc
         ), first as (
           select distinct on (operation, deed) operation, deed, actor as first_actor,
                  host as first_host, reason as first_reason
             from by_author order by operation, deed, began
         )
         select operation, deed, actor, host, reason, first_actor, first_host, first_reason,
                extract(epoch from now() - at)::float8 as age, sum(n)::bigint as jobs,
                json_agg(json_build_array(state, n) order by n desc, state)::text as states
           from by_state join latest using (operation, deed) join first using (operation, deed)
          group by operation, deed, actor, host, reason, first_actor, first_host, first_reason, at
          order by at desc limit $1",
        live = ident(&layout.state_column),
    ))
}
