//! The two statements that write, and those that look whether they still would.
//!
//! Each locks the rows it was asked for, skipping those that others hold, and repeats the guard on
//! the UPDATE's target row: a row that changed between the snapshot and the lock is left alone. The
//! event is written by the same statement, so that a job and its event commit together.

use super::columns::{EventStage, RequeueColumns};
use super::journal::REDACTED;
use crate::queue::Layout;
use crate::queue::sql::{ident, literal};

/// What a batch runs: `$1` holds its keys (text[]), `$2` what every event says (JSON as text).
#[derive(Debug, Clone)]
pub struct Statements {
    /// Writes; answers with the ids that were written.
    pub write: String,
    /// Answers with the ids that could still be written.
    pub matching: String,
}

impl Statements {
    /// Locks what could still be written, and does not wait for others.
    #[must_use]
    pub fn locks(&self) -> String {
        // Its second parameter is the event, which nobody needs here.
        format!("{} for no key update of job nowait", self.matching)
    }
}

/// Dead → waiting. Keys are job ids. A row that is locked stays where it lies: its place finds it
/// sooner than its id.
pub fn requeue(layout: &Layout, shape: &RequeueColumns) -> Statements {
    let id = layout.id.sql();
    let guard =
        |row: &str| format!("{row}.{} = {}", ident(&layout.state_column), literal(&shape.dead));
    let asked = format!("job.id = any($1::text[]::{id}[]) and {}", guard("job"));
    let columns = shape.columns.iter().map(|c| format!("job.{}", ident(c)));
    let columns = columns.collect::<Vec<_>>().join(", ");
    // In partitions a place is none without its part, and every part would be looked through for it.
    let (place, there) = if layout.partitions.is_empty() {
        ("job.ctid as place", "job.ctid = locked.place")
    } else {
        ("job.tableoid as part", "job.tableoid = locked.part")
    };
    let write = format!(
        "with locked as materialized (
           select job.id, {place}, {columns} from public.jobs job where {asked}
              for no key update skip locked
         ), updated as (
           update public.jobs as job set {set} from locked
            where {there} and job.id = locked.id and {target}
           returning job.id{workspace}, {before} as previous, {after} as written
         ){logged}
         select id::text as id, {told} from updated",
        set = assignments(layout, shape),
        target = guard("job"),
        workspace = workspace(layout),
        before = object("locked", &shape.columns),
        after = written_json(layout, shape),
        // Only a journal on this side needs to be told what the event would hold.
        told = if shape.enqueued.is_some() {
            "null::text as previous, null::text as written"
        } else {
            "previous::text as previous, written::text as written"
        },
        logged = event(
            layout,
            shape.enqueued.as_ref(),
            "jsonb_build_object('previous_attempts', previous -> 'attempts', 'requeued_at', now(), \
             'previous', previous, 'written', written)",
        ),
    );
    let matching = format!("select job.id::text as id from public.jobs job where {asked}");
    Statements { write, matching }
}

/// Back to dead, where nothing happened since. Keys are event ids, or journal entries.
pub fn undo(layout: &Layout, shape: &RequeueColumns) -> Statements {
    let asked = asked_for_undo(layout, shape);
    let records = |row: &str| {
        format!(
            "cross join lateral jsonb_populate_record(null::public.jobs, {row}.p) as was
             cross join lateral jsonb_populate_record(null::public.jobs, {row}.p || {row}.w) as wrote"
        )
    };
    let unchanged = |row: &str| {
        let columns: Vec<_> =
            shape.columns.iter().map(|c| unchanged_since_requeue(layout, c, row)).collect();
        columns.join(" and ")
    };
    let set: Vec<_> = shape.columns.iter().map(|c| restored_value(layout, c)).collect();
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.id, asked.p, asked.w from asked
             join public.jobs job on job.id = asked.id {joined}
            where {unlocked} for no key update of job skip locked
         ), updated as (
           update public.jobs as job set {set} from locked {target}
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
        logged = event(layout, shape.progress.as_ref(), "jsonb_build_object('undone_at', now())"),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.id::text as id from asked join public.jobs job on job.id = asked.id {}
          where {}",
        records("asked"),
        unchanged("asked")
    );
    Statements { write, matching }
}

fn asked_for_undo(layout: &Layout, shape: &RequeueColumns) -> String {
    match layout.events.as_ref().filter(|_| shape.enqueued.is_some()) {
        Some(events) => format!(
            "select e.job_id as id, e.{data} -> 'previous' as p, e.{data} -> 'written' as w
               from public.job_events e where e.id = any($1::text[]::{id}[])",
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

/// What the worker's helper writes: attempts 0, due now, nobody holds it; old errors stay.
fn assignments(layout: &Layout, shape: &RequeueColumns) -> String {
    let mut set = vec![format!("{} = {}", ident(&layout.state_column), literal(&shape.waiting))];
    set.extend(layout.attempts.iter().map(|c| format!("{} = 0", ident(c))));
    set.extend(layout.due.iter().map(|c| format!("{} = {}", ident(c), shape.due_at())));
    set.extend(layout.updated.iter().map(|c| format!("{} = now()", ident(c))));
    let cleared = [&layout.locked_by, &layout.locked_at, &layout.heartbeat];
    set.extend(cleared.into_iter().flatten().map(|c| format!("{} = null", ident(c))));
    set.join(", ")
}

pub(crate) fn object(row: &str, columns: &[String]) -> String {
    let pairs: Vec<_> =
        columns.iter().map(|c| format!("{}, {row}.{}", literal(c), ident(c))).collect();
    format!("jsonb_build_object({})", pairs.join(", "))
}

/// What the row holds afterwards. A requeue keeps the errors, and nothing else is long: they stand
/// here only where a trigger changed them. Whoever reads lays this over what was before.
fn written_json(layout: &Layout, shape: &RequeueColumns) -> String {
    let (errors, others): (Vec<_>, Vec<_>) =
        shape.columns.iter().cloned().partition(|column| is_error(layout, column));
    let written = object("job", &others);
    if errors.is_empty() {
        return written;
    }
    let kept: Vec<_> = errors.iter().map(|c| equals(layout, c, "locked")).collect();
    let kept = kept.join(" and ");
    format!("{written} || case when {kept} then '{{}}' else {} end", object("job", &errors))
}

/// `json` has no equality of its own, and a JSON null comes back from a record as NULL.
fn equals(layout: &Layout, column: &str, other: &str) -> String {
    let name = ident(column);
    if layout.error.as_ref().is_some_and(|e| e.json && e.name == column) {
        let plain = |row: &str| format!("coalesce({row}.{name}::jsonb, 'null')");
        format!("{} = {}", plain("job"), plain(other))
    } else {
        format!("job.{name} is not distinct from {other}.{name}")
    }
}

/// Whether a column is as the requeue left it. An error that a journal knows without its secrets
/// alone cannot be compared.
fn unchanged_since_requeue(layout: &Layout, column: &str, row: &str) -> String {
    let same = equals(layout, column, "wrote");
    if is_error(layout, column) { format!("({} or {same})", redacted(column, row)) } else { same }
}

fn redacted(column: &str, row: &str) -> String {
    format!("coalesce({row}.p -> {} ? {}, false)", literal(REDACTED), literal(column))
}

/// Puts a column back. Errors are kept by a requeue, unless a trigger did something about them.
fn restored_value(layout: &Layout, column: &str) -> String {
    let name = ident(column);
    if is_error(layout, column) {
        let kept = format!("{} or {}", redacted(column, "locked"), equals(layout, column, "was"));
        format!("{name} = case when {kept} then job.{name} else was.{name} end")
    } else {
        format!("{name} = was.{name}")
    }
}

fn is_error(layout: &Layout, column: &str) -> bool {
    layout.last_error.as_deref() == Some(column)
        || layout.error.as_ref().is_some_and(|e| e.name == column)
}

pub(crate) fn workspace(layout: &Layout) -> String {
    match (&layout.events, &layout.workspace) {
        (Some(events), Some(column)) if events.workspace => {
            format!(", job.{} as workspace", ident(column))
        }
        _ => String::new(),
    }
}

/// The CTE that writes one event a job, or nothing where nothing can be written.
pub(crate) fn event(layout: &Layout, stage: Option<&EventStage>, data: &str) -> String {
    let (Some(events), Some(stage)) = (&layout.events, stage) else { return String::new() };
    let (extra, value) = if events.workspace && layout.workspace.is_some() {
        (", workspace_id", ", workspace")
    } else {
        ("", "")
    };
    format!(
        ", logged as (
           insert into public.job_events (job_id, {stage_column}, {data_column}{extra})
           select id, {stage}, $2::text::jsonb || {data}{value} from updated
         )",
        stage_column = ident(&events.stage),
        data_column = ident(&stage.data),
        stage = literal(&stage.word),
    )
}
