//! SQL statements of a requeue and an undo, and the queries for jobs that could still be written.
//!
//! A statement locks the requested rows, skips rows that other sessions have locked, and repeats
//! its guard on the target row of the UPDATE, so that a row that changed between the snapshot and
//! the lock is not written. The same statement writes the event, so that a job and its event are
//! committed together.

use super::columns::{EventStage, RequeueColumns};
use super::declared;
use super::journal::REDACTED;
pub(crate) use super::operation_sql::{Statements, object};
use crate::queue::Layout;
use crate::queue::sql::{ident, literal};

/// Returns the statements that requeue dead letters. Keys are job ids. The UPDATE finds a locked
/// row by its `ctid`, which cannot change and is faster than the id.
pub(crate) fn requeue(layout: &Layout, columns: &RequeueColumns) -> Statements {
    if let Some(table) = &layout.declared {
        return declared::requeue(layout, table, columns);
    }
    let jobs = &layout.relation;
    let id = layout.id.sql();
    let guard =
        |row: &str| format!("{row}.{} = {}", ident(&layout.state_column), literal(&columns.dead));
    let asked = format!("job.id = any($1::text[]::{id}[]) and {}", guard("job"));
    let job_columns = columns.columns.iter().map(|column| format!("job.{}", ident(column)));
    let job_columns = job_columns.collect::<Vec<_>>().join(", ");
    // In a partitioned table a ctid is unique only within its partition, and a search by ctid would
    // scan every partition.
    let (place, same_place) = if layout.partitions.is_empty() {
        ("job.ctid as place", "job.ctid = locked.place")
    } else {
        ("job.tableoid as part", "job.tableoid = locked.part")
    };
    let write = format!(
        "with locked as materialized (
           select job.id, {place}, {columns} from {jobs} job where {asked}
              for no key update skip locked
         ), updated as (
           update {jobs} as job set {set} from locked
            where {there} and job.id = locked.id and {target}
           returning job.id{workspace}, {before} as previous, {after} as written
         ){logged}
         select id::text as id, {told} from updated",
        columns = job_columns,
        there = same_place,
        set = assignments(layout, columns),
        target = guard("job"),
        workspace = workspace(layout),
        before = object("locked", &columns.columns),
        after = written_json(layout, columns),
        // Only a local journal needs the columns; otherwise they are stored in the event.
        told = if columns.enqueued.is_some() {
            "null::text as previous, null::text as written"
        } else {
            "previous::text as previous, written::text as written"
        },
        logged = event(
            layout,
            columns.enqueued.as_ref(),
            "jsonb_build_object('previous_attempts', previous -> 'attempts', 'requeued_at', now(), \
             'previous', previous, 'written', written)",
        ),
    );
    let matching = format!("select job.id::text as id from {jobs} job where {asked}");
    Statements { write, matching, keys: None }
}

/// Returns the statements that return requeued jobs to dead letters if they have not changed since.
/// Keys are event ids, or journal entries.
pub(crate) fn undo(layout: &Layout, columns: &RequeueColumns) -> Statements {
    if let Some(table) = &layout.declared {
        return declared::undo(layout, table, columns);
    }
    let jobs = &layout.relation;
    let asked = requested_undos(layout, columns);
    let records = |row: &str| {
        format!(
            "cross join lateral jsonb_populate_record(null::{jobs}, {row}.p) as was
             cross join lateral jsonb_populate_record(null::{jobs}, {row}.p || {row}.w) as wrote"
        )
    };
    let unchanged = |row: &str| {
        let conditions: Vec<_> = columns
            .columns
            .iter()
            .map(|column| unchanged_since_requeue(layout, column, row))
            .collect();
        conditions.join(" and ")
    };
    let set: Vec<_> = columns.columns.iter().map(|column| restored_value(layout, column)).collect();
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.id, asked.p, asked.w from asked
             join {jobs} job on job.id = asked.id {joined}
            where {unlocked} for no key update of job skip locked
         ), updated as (
           update {jobs} as job set {set} from locked {target}
            where job.id = locked.id and {unchanged}
           returning job.id{workspace}
         ){logged}
         select id::text as id, null::text as previous, null::text as written from updated",
        joined = records("asked"),
        unlocked = unchanged("asked"),
        target = records("locked"),
        unchanged = unchanged("locked"),
        set = set.join(", "),
        workspace = workspace(layout),
        logged = event(layout, columns.progress.as_ref(), "jsonb_build_object('undone_at', now())"),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.id::text as id from asked join {jobs} job on job.id = asked.id {}
          where {}",
        records("asked"),
        unchanged("asked")
    );
    Statements { write, matching, keys: None }
}

/// Returns the query for the requested jobs of an undo: `id`, and the columns before (`p`) and
/// after (`w`) the requeue.
fn requested_undos(layout: &Layout, columns: &RequeueColumns) -> String {
    match layout.events.as_ref().filter(|_| columns.enqueued.is_some()) {
        Some(events) => format!(
            "select e.job_id as id, e.{data} -> 'previous' as p, e.{data} -> 'written' as w
               from {job_events} e where e.id = any($1::text[]::{id}[])",
            job_events = events.relation,
            data = ident(events.data.as_deref().unwrap_or("data")),
            id = if events.ids_grow { "bigint" } else { "uuid" },
        ),
        None => format!(
            "select (entry::jsonb ->> 'id')::{id} as id, entry::jsonb -> 'previous' as p,
                    entry::jsonb -> 'written' as w
               from unnest($1::text[]) entry",
            id = layout.id.sql()
        ),
    }
}

/// Returns the assignments of a requeue, the same as in the backend's own function: queued, no
/// attempts, due, unlocked; errors are kept.
fn assignments(layout: &Layout, columns: &RequeueColumns) -> String {
    let mut set = vec![format!("{} = {}", ident(&layout.state_column), literal(&columns.queued))];
    let also = layout.also_claimed_by.iter();
    set.extend(also.map(|also| format!("{} = {}", ident(&also.column), literal(&also.queued))));
    set.extend(layout.attempts.iter().map(|c| format!("{} = 0", ident(c))));
    let due_at = columns.due_at("id");
    set.extend(layout.due.iter().map(|c| format!("{} = {}", ident(&c.name), c.value(&due_at))));
    set.extend(layout.updated.iter().map(|c| format!("{} = {}", ident(&c.name), c.value("now()"))));
    let times = [&layout.locked_at, &layout.heartbeat].into_iter().flatten().map(|c| &c.name);
    let cleared = layout.locked_by.iter().chain(times);
    set.extend(cleared.map(|c| format!("{} = null", ident(c))));
    set.join(", ")
}

/// Returns the SQL for the JSON of the written columns. Error columns, which may be long, are
/// included only if a trigger changed them; readers merge the object into the former columns.
fn written_json(layout: &Layout, columns: &RequeueColumns) -> String {
    let (errors, others): (Vec<_>, Vec<_>) =
        columns.columns.iter().cloned().partition(|column| is_error(layout, column));
    let written = object("job", &others);
    if errors.is_empty() {
        return written;
    }
    let unchanged: Vec<_> = errors.iter().map(|column| equals(layout, column, "locked")).collect();
    format!(
        "{written} || case when {kept} then '{{}}' else {} end",
        object("job", &errors),
        kept = unchanged.join(" and "),
    )
}

/// Returns the condition that a column is equal in `job` and `other`. The type `json` has no
/// equality operator, and `jsonb_populate_record` turns a JSON null into NULL.
fn equals(layout: &Layout, column: &str, other: &str) -> String {
    let name = ident(column);
    if layout.error.as_ref().is_some_and(|e| e.json && e.name == column) {
        let comparable = |row: &str| format!("coalesce({row}.{name}::jsonb, 'null')");
        format!("{} = {}", comparable("job"), comparable(other))
    } else {
        format!("job.{name} is not distinct from {other}.{name}")
    }
}

/// Returns the condition that a column is unchanged since the requeue. Errors that are redacted in
/// a journal cannot be compared and count as unchanged.
fn unchanged_since_requeue(layout: &Layout, column: &str, row: &str) -> String {
    let unchanged = equals(layout, column, "wrote");
    if is_error(layout, column) {
        format!("({} or {same})", is_redacted(column, row), same = unchanged)
    } else {
        unchanged
    }
}

/// Returns the condition that a column is redacted in the journal.
fn is_redacted(column: &str, row: &str) -> String {
    format!("coalesce({row}.p -> {} ? {}, false)", literal(REDACTED), literal(column))
}

/// Returns the assignment that restores a column. Errors are restored only if a trigger changed
/// them, because a requeue keeps them.
fn restored_value(layout: &Layout, column: &str) -> String {
    let name = ident(column);
    if is_error(layout, column) {
        let unchanged =
            format!("{} or {}", is_redacted(column, "locked"), equals(layout, column, "was"));
        format!("{name} = case when {kept} then job.{name} else was.{name} end", kept = unchanged)
    } else {
        format!("{name} = was.{name}")
    }
}

/// Returns whether a column holds an error.
fn is_error(layout: &Layout, column: &str) -> bool {
    layout.last_error.as_deref() == Some(column)
        || layout.error.as_ref().is_some_and(|e| e.name == column)
}

/// Returns the workspace column for RETURNING, or an empty string if events have no workspace.
pub(crate) fn workspace(layout: &Layout) -> String {
    match (&layout.events, &layout.workspace) {
        (Some(events), Some(column)) if events.workspace => {
            format!(", job.{} as workspace", ident(column))
        }
        _ => String::new(),
    }
}

/// Returns the CTE that writes one event per job, or an empty string if events cannot be written.
pub(crate) fn event(layout: &Layout, stage: Option<&EventStage>, data: &str) -> String {
    let (Some(events), Some(stage)) = (&layout.events, stage) else { return String::new() };
    let (extra, value) = if events.workspace && layout.workspace.is_some() {
        (", workspace_id", ", workspace")
    } else {
        ("", "")
    };
    let job_events = &events.relation;
    format!(
        ", logged as (
           insert into {job_events} (job_id, {stage_column}, {data_column}{extra})
           select id, {stage}, $2::text::jsonb || {data}{value} from updated
         )",
        stage_column = ident(&events.stage),
        data_column = ident(&stage.data),
        stage = literal(&stage.stage),
    )
}
