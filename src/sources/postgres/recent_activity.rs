//! Reads recent dead letters, throughput, operations and stuck jobs within fixed bounds: the newest
//! rows of an index and the newest events by primary key. If a large table has no suitable index,
//! nothing is read and the error names the command that scans the table.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::events;
use super::selection::{fingerprint, fingerprint_columns};
use super::{Database, dead_letters};
use crate::facts::operation::{OperationId, OperationType, STATE_CHANGED_SINCE, STATE_UNDONE};
use crate::facts::queue::Throughput;
use crate::facts::recent_activity::{
    Activity, MOST_STUCK, NAMED, RecentDeadLetters, RecentGroup, RecentOperation, RecentStuckJob,
    WINDOW,
};
use crate::facts::stuck_job::SignOfLife;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::sql::{
    age, column_or_null, dead_since, ident, is_stuck, kind_of_sign, last_heartbeat, state_in,
};
use crate::queue::{Events, Layout, TimeColumn};
use crate::redact;
use crate::sources::postgres::row_types;
use crate::suggest::{CommandText, ShellCommand};

/// Maximum number of dead letters that are read, newest first.
const MAX_DEAD_LETTERS: usize = 1_000;
/// Maximum number of events that are read, newest first.
const EVENTS: i64 = 5_000;
/// Period over which throughput is measured, in seconds.
const THROUGHPUT: f64 = 300.0;
/// Maximum number of operations.
const OPERATIONS: i64 = 10;
/// Timeout of each query.
const BUDGET: Duration = Duration::from_secs(1);

/// Reads the newest dead letters and groups them by cause.
///
/// # Errors
/// Also if only a scan of a large table could answer, or if the schema has no dead letters.
pub(crate) async fn recent_dead_letters(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<RecentDeadLetters, SourceError> {
    let jobs = layout.rows_as("jobs");
    dead_letters::required(layout)?;
    let dead = &layout.state_names.dead;
    let order_columns: Vec<_> =
        layout.updated.as_ref().map(|column| column.name.as_str()).into_iter().collect();
    let indexed = !layout.updated_nullable && layout.has_partial_index(dead, &order_columns);
    if !indexed && !layout.is_small() {
        return Err(needs_scan("dlq groups"));
    }
    let statement = format!(
        "select id::text as id, {}, {} from {jobs} where {} order by {} desc limit {MAX_DEAD_LETTERS}",
        fingerprint_columns(layout),
        dead_letters::dead_since_columns(layout),
        state_in(layout, dead),
        dead_since(layout),
    );
    let rows = db.rows(timeout.min(BUDGET), &statement, &[]).await?;
    let mut groups: HashMap<String, RecentGroup> = HashMap::new();
    for row in &rows {
        add_to_group(&mut groups, row);
    }
    let mut causes: Vec<_> = groups.into_values().collect();
    causes.sort_by(|a, b| b.jobs.cmp(&a.jobs).then_with(|| a.group.cmp(&b.group)));
    Ok(RecentDeadLetters {
        causes,
        read: rows.len() as u64,
        is_complete: rows.len() < MAX_DEAD_LETTERS,
    })
}

/// Counts a dead letter in its group.
fn add_to_group(groups: &mut HashMap<String, RecentGroup>, row: &Row) {
    let fingerprint = fingerprint(row);
    let age = dead_letters::dead_since_of(row).map(|dead_since| dead_since.age);
    let group = groups.entry(fingerprint.hash.clone()).or_insert_with(|| RecentGroup {
        group: fingerprint.hash,
        kind: row_types::text(row, "fp_kind").unwrap_or_else(|| "-".to_owned()),
        cause: fingerprint.template,
        jobs: 0,
        recent: 0,
        before: 0,
        newest: None,
        ids: vec![],
    });
    group.jobs += 1;
    if let Some(age) = age {
        group.recent += u64::from(age < WINDOW);
        group.before += u64::from((WINDOW..2.0 * WINDOW).contains(&age));
        group.newest = Some(group.newest.map_or(age, |newest| newest.min(age)));
    }
    if group.ids.len() < NAMED {
        group.ids.push(row_types::shown_id(row));
    }
}

/// Reads throughput and recent operations.
pub(crate) async fn activity(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Activity, SourceError> {
    let Some((events, at)) = events::in_order(layout)? else { return Ok(Activity::default()) };
    let operations = operations_statement(layout, events, at);
    let budget = timeout.min(BUDGET);
    let throughput = throughput(db, layout, timeout).await?;
    let finished_per_minute = throughput.map(|throughput| throughput.finished_per_minute);
    let mut activity = Activity { finished_per_minute, operations: Vec::new() };
    if let Some(statement) = &operations {
        let rows = db.rows(budget, statement, &[(&OPERATIONS, Type::INT8)]).await?;
        activity.operations = rows.iter().filter_map(recent_operation).collect();
    }
    Ok(activity)
}

/// Reads the throughput of the last minutes; `None` if the events do not show it.
pub(crate) async fn throughput(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Option<Throughput>, SourceError> {
    let Some((events, at)) = events::in_order(layout)? else { return Ok(None) };
    let row = db.row(timeout.min(BUDGET), &throughput_statement(events, at), &[]).await?;
    let rate = |column: &str| row.get::<_, i64>(column) as f64 * 60.0 / measured_seconds(&row);
    Ok(Some(Throughput {
        finished_per_minute: rate("finished"),
        enqueued_per_minute: rate("enqueued"),
    }))
}

/// Returns the statement that counts the finished and the new jobs of the period.
fn throughput_statement(events: &Events, at: &TimeColumn) -> String {
    let job_events = &events.relation;
    format!(
        "select count(*) filter (where stage = 'finished' and age < {THROUGHPUT}) as finished, \
                count(*) filter (where stage = 'enqueued' and age < {THROUGHPUT}) as enqueued, \
                count(*) as read, max(age) as span \
           from (select {stage}::text as stage, {age} as age from {job_events} \
                  order by id desc limit {EVENTS}) newest",
        stage = ident(&events.stage),
        age = age(&at.sql()),
    )
}

/// Returns the time that the counted events cover, seconds: less than the period if there are many events.
fn measured_seconds(row: &Row) -> f64 {
    let covered = row.get::<_, Option<f64>>("span").unwrap_or(THROUGHPUT);
    if row.get::<_, i64>("read") >= EVENTS { covered.clamp(1.0, THROUGHPUT) } else { THROUGHPUT }
}

/// Returns the statement that reads the operations among the newest events, with the states of
/// their jobs.
fn operations_statement(layout: &Layout, events: &Events, at: &TimeColumn) -> Option<String> {
    let jobs = layout.rows_as("job");
    let data = ident(events.data.as_deref()?);
    let job_events = &events.relation;
    Some(format!(
        "with recent as materialized (
           select id, job_id, {data}::jsonb as data, {age} as age from {job_events}
            order by id desc limit {EVENTS}
         ), ours as materialized (
           select job_id, age, data ->> 'operation' as operation,
                  lag(data ->> 'operation') over later as next_operation,
                  lag(data ->> 'undoes') over later as undone,
                  data ->> 'reason' as deed, data ->> 'actor' as actor,
                  data ->> 'host' as host, data ->> 'operator_reason' as reason
             from recent where data ? 'operation' and data ->> 'tool' like 'cliplyctl %'
           window later as (partition by job_id order by id desc)
         ), by_author as (
           select operation,
                  case when undone = operation then '{STATE_UNDONE}'
                       when next_operation <> operation then '{STATE_CHANGED_SINCE}'
                       else job.{live}::text end as state, actor, host, reason, count(*) as n,
                  max(deed) as deed, max(age) as first, min(age) as last
             from ours join {jobs} on job.id = ours.job_id group by 1, 2, 3, 4, 5
         ), by_state as (
           select operation, state, sum(n)::bigint as n, max(deed) as deed,
                  max(first) as first, min(last) as last
             from by_author group by 1, 2
         ), latest as (
           select distinct on (operation) operation, actor, host, reason
             from by_author order by operation, last
         )
         select operation, max(deed) as deed, actor, host, reason, sum(n)::bigint as jobs,
                max(first) as first, min(last) as last,
                json_agg(json_build_array(state, n) order by n desc, state)::text as states
           from by_state join latest using (operation)
          group by operation, actor, host, reason order by min(last) limit $1",
        age = age(&at.sql()),
        live = ident(&layout.state_column),
    ))
}

/// Returns an operation; `None` if this program cannot have written its id.
fn recent_operation(row: &Row) -> Option<RecentOperation> {
    let text = |column: &str| row.get::<_, Option<String>>(column);
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "?".to_owned());
    Some(RecentOperation {
        operation: OperationId::parse(row.get("operation"))?,
        operation_type: OperationType::from_reason(row.get("deed")),
        who: format!("{}@{}", or_unknown(text("actor")), or_unknown(text("host"))),
        reason: text("reason").map(|reason| redact::text(&reason)),
        jobs: u64::try_from(row.get::<_, i64>("jobs")).unwrap_or(0),
        first: row.get::<_, Option<f64>>("first").unwrap_or_default(),
        last: row.get::<_, Option<f64>>("last").unwrap_or_default(),
        now: serde_json::from_str(row.get("states")).unwrap_or_default(),
    })
}

/// Reads the claimed jobs without a heartbeat for `after` seconds.
///
/// # Errors
/// Also if only a scan of a large table could answer.
pub(crate) async fn stuck(
    db: &Database,
    layout: &Layout,
    after: f64,
    timeout: Duration,
) -> Result<Vec<RecentStuckJob>, SourceError> {
    let jobs = layout.rows_as("jobs");
    let claimed = &layout.state_names.claimed;
    if !layout.has_heartbeats() || claimed.is_empty() {
        return Ok(vec![]);
    }
    if !layout.is_small() && !layout.has_partial_index(claimed, &[]) {
        return Err(needs_scan("queue"));
    }
    let heartbeat = last_heartbeat(layout);
    let statement = format!(
        "select id::text as id, {kind}::text as kind, {worker}::text as worker, {silent} as silent, {sign} as sign \
           from {jobs} where {in_progress} \
            and {stuck} \
          order by {life} nulls first, id limit {MOST_STUCK}",
        kind = column_or_null(layout.kind.as_ref(), "text"),
        worker = column_or_null(layout.locked_by.as_ref(), "text"),
        silent = age(&format!("({heartbeat})")),
        sign = kind_of_sign(layout),
        in_progress = state_in(layout, claimed),
        stuck = is_stuck(layout, "$1"),
        life = heartbeat,
    );
    let rows = db.rows(timeout.min(BUDGET), &statement, &[(&after, Type::FLOAT8)]).await?;
    let text = |row: &Row, column: &str| {
        row.get::<_, Option<String>>(column).unwrap_or_else(|| "?".to_owned())
    };
    let job = |row: &Row| RecentStuckJob {
        id: row_types::shown_id(row),
        kind: text(row, "kind"),
        worker: text(row, "worker"),
        heartbeat_age: row.get("silent"),
        sign: row.get::<_, &str>("sign").parse().unwrap_or(SignOfLife::Change),
    };
    Ok(rows.iter().map(job).collect())
}

/// Returns the error for facts that only a scan of a large table could provide.
fn needs_scan(command: &'static str) -> SourceError {
    SourceError::new(SourceErrorKind::Other, "needs a scan of a large table")
        .hint(CommandText::to("run it once", ShellCommand::new(command)))
}
