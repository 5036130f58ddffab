//! SQL statements of a requeue and an undo, and the queries for jobs that could still be written.
//!
//! A statement locks the requested rows, skips rows that other sessions have locked, and repeats
//! its guard on the target row of the UPDATE, so that a row that changed between the snapshot and
//! the lock is not written. The same statement writes the event, so that a job and its event are
//! committed together.

use super::columns::RequeueColumns;
use super::declared;
use super::journal::REDACTED;
pub(crate) use super::operation_sql::{Statements, object, write_end};
use super::stored::{Stored, TableTraits};
use crate::facts::job_id::JobId;
use crate::queue::Layout;
use crate::queue::sql::{ident, literal, literals};

/// Returns the statements that requeue dead letters. Keys are those of [`planned_key`]. The UPDATE finds a
/// locked row by its `ctid`, which cannot change and is faster than the id.
pub(crate) fn requeue(layout: &Layout, columns: &RequeueColumns, stored: &Stored) -> Statements {
    if let Some(table) = &layout.declared {
        return declared::requeue(layout, table, columns);
    }
    let jobs = &layout.relation;
    let asked = requested_jobs(layout, &stored.traits);
    // Values of the partition key let the server find each job's partition; otherwise it searches all of them.
    let same_partition = |place: &str| match &stored.traits.partition_key {
        Some(key) => format!("and job.{} = {place}", ident(&key.column)),
        None => String::new(),
    };
    let planned = |row: &str, mark: &str| {
        format!(
            "{row}.{} = {} and {} = {mark}",
            ident(&layout.state_column),
            literal(&columns.dead),
            change_mark(layout, row, &columns.columns)
        )
    };
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
        "with asked as materialized ({asked}), locked as materialized (
           select job.id, asked.mark as planned_mark, asked.place as planned_place, {place}, {columns}
             from asked join {jobs} job on job.id = asked.id {asked_partition}
            where {unchanged} for no key update of job skip locked
         ), updated as (
           update {jobs} as job set {set} from locked
            where {there} and job.id = locked.id {locked_partition} and {target}
           returning job.id{workspace}, {before} as previous, {after} as written, {is_stored} as is_stored
         ){end}",
        columns = job_columns,
        asked_partition = same_partition("asked.place"),
        locked_partition = same_partition("locked.planned_place"),
        unchanged = planned("job", "asked.mark"),
        there = same_place,
        set = assignments(layout, columns),
        target = planned("job", "locked.planned_mark"),
        workspace = workspace(layout),
        before = object("locked", &columns.columns),
        after = written_json(layout, columns),
        is_stored = stored.condition,
        end = write_end(
            layout,
            columns.enqueued.as_ref(),
            "jsonb_build_object('previous_attempts', previous -> 'attempts', 'requeued_at', now(), \
             'transaction', pg_current_xact_id()::text, 'previous', previous, 'written', written)",
        ),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.id::text as id from asked join {jobs} job on job.id = asked.id {partition} where {planned}",
        partition = same_partition("asked.place"),
        planned = planned("job", "asked.mark")
    );
    Statements {
        write,
        verify: stored.verify(layout, columns.enqueued.is_some()),
        after_commit: stored.after_commit(layout),
        matching,
        held: None,
        keys: None,
    }
}

/// Returns the key of a planned job for [`requeue`]: its id, its [`change_mark`] at the time of the plan, and the
/// value of its partition key.
pub(crate) fn planned_key(id: JobId, mark: i64, place: Option<&str>) -> String {
    match place {
        Some(place) => format!("{id} {mark} {place}"),
        None => format!("{id} {mark}"),
    }
}

/// Returns the query for the requested jobs of a requeue: `id`, `mark` and `place`.
fn requested_jobs(layout: &Layout, traits: &TableTraits) -> String {
    let place = match &traits.partition_key {
        // What follows the second space; the value itself may contain spaces.
        Some(key) => format!(
            "substr(key, length(split_part(key, ' ', 1)) + length(split_part(key, ' ', 2)) + 3)::{}",
            key.sql_type
        ),
        None => "null::text".to_owned(),
    };
    format!(
        "select split_part(key, ' ', 1)::{id} as id, split_part(key, ' ', 2)::bigint as mark, {place} as place
           from unnest($1::text[]) key",
        id = layout.id.sql()
    )
}

/// Returns the SQL for the change mark of a row: a hash of the columns that a requeue writes or an undo
/// compares. A job whose mark is the same was neither claimed nor edited since.
pub(crate) fn change_mark(layout: &Layout, row: &str, columns: &[String]) -> String {
    let comparable = columns.iter().map(|column| match &layout.error {
        // The type json has no hash.
        Some(error) if error.unchecked && error.name == *column => {
            format!("{row}.{}::text", ident(column))
        }
        _ => format!("{row}.{}", ident(column)),
    });
    let comparable = comparable.collect::<Vec<_>>().join(", ");
    format!("pg_catalog.hash_record_extended(row({comparable}), 0)")
}

/// Returns the statements that return requeued jobs to dead letters if they have not changed since.
/// Keys are event ids, or journal entries.
///
/// A row is unchanged if the transaction of the requeue is still the last one that wrote it, or if every
/// column that the requeue wrote still has its value.
pub(crate) fn undo(layout: &Layout, columns: &RequeueColumns, stored: &Stored) -> Statements {
    if let Some(table) = &layout.declared {
        return declared::undo(layout, table, columns);
    }
    let jobs = &layout.relation;
    let asked = requested_undos(layout, columns);
    // The row itself is the base of the records: a column with a NOT NULL domain has no NULL.
    let records = "cross join lateral jsonb_populate_record(job, asked.p) as was
         cross join lateral jsonb_populate_record(job, asked.p || asked.w) as wrote";
    let each = |part: &dyn Fn(&String) -> String, separator: &str| {
        columns.columns.iter().map(part).collect::<Vec<_>>().join(separator)
    };
    let carried = each(
        &|column| {
            let name = ident(column);
            format!("was.{name} as {}, wrote.{name} as {}", was(column), wrote(column))
        },
        ", ",
    );
    let unlocked =
        is_unchanged(layout, columns, stored, "asked", |c| format!("wrote.{}", ident(c)));
    let unchanged =
        is_unchanged(layout, columns, stored, "locked", |c| format!("locked.{}", wrote(c)));
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.id, asked.p, asked.x, {carried} from asked
             join {jobs} job on job.id = asked.id {records}
            where {unlocked} for no key update of job skip locked
         ), updated as (
           update {jobs} as job set {set} from locked
            where job.id = locked.id and {unchanged}
           returning job.id{workspace}, {before} as previous, {after} as written, {is_stored} as is_stored
         ){end}",
        set = each(&|column| restored_value(layout, column), ", "),
        workspace = workspace(layout),
        before = "null::jsonb",
        after = "null::jsonb",
        is_stored = stored.condition,
        end = write_end(
            layout,
            columns.progress.as_ref(),
            "jsonb_build_object('undone_at', now())"
        ),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.id::text as id, {untouched} as untouched
           from asked join {jobs} job on job.id = asked.id {records}
          where {unlocked}",
        untouched = is_untouched(layout, stored, "asked"),
    );
    Statements {
        write,
        verify: stored.verify(layout, columns.progress.is_some()),
        after_commit: stored.after_commit(layout),
        matching,
        held: None,
        keys: None,
    }
}

/// The condition that no transaction has written the row since the requeue, whose id is in `row`.
fn is_untouched(layout: &Layout, stored: &Stored, row: &str) -> String {
    if !stored.traits.has_transactions {
        return "false".to_owned();
    }
    format!(
        "coalesce(job.xmin::text = {row}.x and job.{state}::text in ({queued}), false)",
        state = ident(&layout.state_column),
        queued = literals(&layout.state_names.queued),
    )
}

/// The condition that a row is as the requeue left it. `wrote` is what the requeue wrote to a column.
fn is_unchanged(
    layout: &Layout,
    columns: &RequeueColumns,
    stored: &Stored,
    row: &str,
    wrote: impl Fn(&str) -> String,
) -> String {
    let columns = columns.columns.iter();
    let same: Vec<_> = columns
        .map(|column| unchanged_since_requeue(layout, column, row, &wrote(column)))
        .collect();
    format!("({} or ({}))", is_untouched(layout, stored, row), same.join(" and "))
}

/// The name of the former value of a column.
fn was(column: &str) -> String {
    ident(&format!("was {column}"))
}

/// The name of the value that the requeue wrote.
fn wrote(column: &str) -> String {
    ident(&format!("wrote {column}"))
}

/// Returns the query for the requested jobs of an undo: `id`, the columns before (`p`) and after (`w`) the
/// requeue, and the end of its transaction id (`x`), which is what a row stores of it.
fn requested_undos(layout: &Layout, columns: &RequeueColumns) -> String {
    match layout.events.as_ref().filter(|_| columns.enqueued.is_some()) {
        Some(events) => format!(
            "select e.job_id as id, (e.{data} -> 'previous')::jsonb as p, (e.{data} -> 'written')::jsonb as w,
                    {transaction} as x
               from {job_events} e where e.id = any($1::text[]::{id}[])",
            job_events = events.relation,
            data = ident(events.data.as_deref().unwrap_or("data")),
            transaction = row_transaction(&format!(
                "e.{} ->> 'transaction'",
                ident(events.data.as_deref().unwrap_or("data"))
            )),
            id = if events.ids_grow { "bigint" } else { "uuid" },
        ),
        None => format!(
            "select (entry::jsonb ->> 'id')::{id} as id, entry::jsonb -> 'previous' as p,
                    entry::jsonb -> 'written' as w, {transaction} as x
               from unnest($1::text[]) entry",
            transaction = row_transaction("entry::jsonb ->> 'transaction'"),
            id = layout.id.sql()
        ),
    }
}

/// Returns the SQL for what a row stores of a transaction: the last 32 bits of its 64-bit id. It is recorded, and not
/// taken from the event's own row: in a restored database one transaction wrote all rows.
pub(crate) fn row_transaction(id: &str) -> String {
    format!("(({id})::numeric % 4294967296)::text")
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
    let same = |column: &String| equals(layout, column, &format!("locked.{}", ident(column)));
    let unchanged: Vec<_> = errors.iter().map(same).collect();
    format!(
        "{written} || case when {kept} then '{{}}' else {} end",
        object("job", &errors),
        kept = unchanged.join(" and "),
    )
}

/// Returns the condition that a column of `job` has the value `other`. The type `json` has no
/// equality operator, and `jsonb_populate_record` turns a JSON null into NULL.
fn equals(layout: &Layout, column: &str, other: &str) -> String {
    let name = ident(column);
    if layout.error.as_ref().is_some_and(|e| e.json && e.name == column) {
        let comparable = |value: &str| format!("coalesce({value}::jsonb, 'null')");
        format!("{} = {}", comparable(&format!("job.{name}")), comparable(other))
    } else {
        format!("job.{name} is not distinct from {other}")
    }
}

/// Returns the condition that a column still has the value `wrote` of the requeue. Errors that are redacted
/// in a journal cannot be compared and count as unchanged.
fn unchanged_since_requeue(layout: &Layout, column: &str, row: &str, wrote: &str) -> String {
    let unchanged = equals(layout, column, wrote);
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
    let (name, former) = (ident(column), format!("locked.{}", was(column)));
    if is_error(layout, column) {
        let kept =
            format!("{} or {}", is_redacted(column, "locked"), equals(layout, column, &former));
        format!("{name} = case when {kept} then job.{name} else {former} end")
    } else {
        format!("{name} = {former}")
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
