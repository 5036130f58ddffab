//! Requeue and undo of a declared jobs table.
//!
//! No expression of a declaration is part of a statement that writes; the SQL of a package, which is part of this
//! program, may be. A read-only transaction finds the jobs that are
//! still dead letters, with the version of each row (`xmin`), and the write repeats that version on the row: it changes
//! the row that was evaluated, or none. The values come from bound parameters, and the server converts them to the
//! types of their columns. An undo compares the version that the requeue wrote in the same way.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::columns::RequeueColumns;
use super::copies::CopyStatements;
use super::declared_row::{id_column, same_version};
use super::operation_sql::{KeyQuery, Statements, object, write_end};
use super::state_rows::StateRowStatements;
use crate::facts::job_id::JobId;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::package::{OwnLock, PLACE, PackageTraits};
use crate::queue::sql::{ident, literal, literals, state_in};
use crate::queue::{Declared, DeclaredRequeue, DeclaredValue, Layout};
use crate::sources::postgres::{Database, row_types};

/// Maximum number of jobs of one query.
const CHUNK: usize = 5_000;

/// Returns why the table cannot be written.
pub(crate) fn obstacle(declared: &Declared) -> Option<&str> {
    if let Some(package) = &declared.package {
        package.read_only.as_deref()
    } else if !declared.is_table {
        Some("the declared relation is a view: declare the table below it for writes")
    } else if declared.requeue.is_none() {
        Some("the declaration does not say what a requeue sets: add [context.NAME.queue.requeue]")
    } else if declared.id_column.is_none() {
        Some("the declared id is an expression, and a write finds its rows by a column")
    } else {
        None
    }
}

/// Returns the statements of a requeue. Keys are from [`keys`].
pub(crate) fn requeue(
    layout: &Layout,
    declared: &Declared,
    columns: &RequeueColumns,
) -> Statements {
    let (jobs, id) = (&layout.relation, id_column(declared));
    let asked = format!(
        "select (entry::jsonb ->> 'id')::{} as id, entry::jsonb ->> 'version' as version,
                entry::jsonb -> 'set' as values, entry::jsonb -> 'was' as was, entry::jsonb ->> 'place' as place
           from unnest($1::text[]) entry",
        layout.id.sql()
    );
    let written = object("job", &columns.columns);
    let copies = CopyStatements::new(layout, declared);
    let state_rows = StateRowStatements::new(layout, declared);
    let own_lock = OwnLockParts::new(declared);
    let write = format!(
        "with asked as materialized ({asked}), {locked} as materialized (
           select job.{id} as id, asked.version, asked.values, asked.was, asked.place, {before} as columns,
                  {found_copies} as copies{dead_column}
             from asked {join_asked} for no key update of {locked_rows} skip locked
         ){take_lock}{cancel_copies}{move_to_queued}, rewritten as (
           update {jobs} as job set {set} from locked
             cross join lateral jsonb_populate_record(null::{jobs}, locked.values) as new
            where {same}
           returning job.{id} as id, locked.was || jsonb_build_object('columns', locked.columns) as previous,
                     jsonb_build_object('columns', {written}, 'version', job.xmin::text, 'place', locked.place,
                                        'copies', locked.copies{dead_pair}) as written,
                     {is_stored} as is_stored, locked.copies
         ), updated as (
           select id, previous, written, is_stored and {all_copies} and {has_moved} as is_stored from rewritten
         ){end}",
        end = write_end(layout, None, ""),
        before = object("job", &columns.columns),
        found_copies = copies.found(),
        cancel_copies = copies.cancel(),
        all_copies = copies.all_canceled(),
        is_stored = is_requeued(layout, declared, columns),
        join_asked = state_rows.join_dead("asked"),
        locked = own_lock.name(),
        take_lock = own_lock.take(),
        locked_rows = state_rows.locked(),
        dead_column = state_rows.dead_column(),
        dead_pair = state_rows.dead_pair(),
        move_to_queued = state_rows.move_to_queued(columns),
        has_moved = state_rows.has_moved(),
        same = state_rows.same_job("locked"),
        set = assignments(declared, columns),
    );
    let matching = format!(
        "with asked as materialized ({asked}) select job.{id}::text as id from asked {}",
        state_rows.join_dead("asked")
    );
    let held = own_lock.0.map(|lock| format!("{matching} where {}", lock.is_held));
    let keys = Some(key_query(layout, declared));
    Statements { write, verify: None, after_commit: None, matching, held, keys }
}

/// Returns the statements of an undo. Keys are journal entries.
pub(crate) fn undo(layout: &Layout, declared: &Declared, columns: &RequeueColumns) -> Statements {
    let (jobs, id) = (&layout.relation, id_column(declared));
    let names: Vec<_> = columns.columns.iter().map(|name| literal(name)).collect();
    let state_rows = StateRowStatements::new(layout, declared);
    // A declaration with other columns than that of the requeue cannot restore the row.
    let asked = format!(
        "select (entry::jsonb ->> 'id')::{id_type} as id, entry::jsonb -> 'written' ->> 'version' as version,
                entry::jsonb -> 'previous' -> 'columns' as columns, entry::jsonb -> 'written' ->> 'place' as place,
                entry::jsonb -> 'written' -> 'copies' as copies{dead_of_entry}
           from unnest($1::text[]) entry
          where array(select jsonb_object_keys(entry::jsonb -> 'previous' -> 'columns') order by 1)
              = array(select unnest(array[{names}]::text[]) order by 1)",
        id_type = layout.id.sql(),
        names = names.join(", "),
        dead_of_entry = state_rows.dead_of_entry(),
    );
    let own_lock = OwnLockParts::new(declared);
    let set: Vec<_> =
        columns.columns.iter().map(|name| format!("{0} = was.{0}", ident(name))).collect();
    let write = format!(
        "with asked as materialized ({asked}), {locked} as materialized (
           select job.{id} as id, asked.version, asked.columns, asked.place, asked.copies{dead_of_asked}
             from asked join {jobs} job on {same_as_asked} for no key update of job skip locked
         ){take_lock}{restore_copies}{move_back}, updated as (
           update {jobs} as job set {set} from locked
             cross join lateral jsonb_populate_record(null::{jobs}, locked.columns) as was
            where {same} and {has_moved_back}
           returning job.{id} as id, null::jsonb as previous, null::jsonb as written, true as is_stored
         ){end}",
        end = write_end(layout, None, ""),
        restore_copies = CopyStatements::new(layout, declared).restore(),
        locked = own_lock.name(),
        take_lock = own_lock.take(),
        dead_of_asked = state_rows.dead_of_asked(),
        move_back = state_rows.move_back(),
        has_moved_back = state_rows.has_moved_back(),
        same_as_asked = same_version(declared, &id, "asked"),
        same = same_version(declared, &id, "locked"),
        set = set.join(", "),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.{id}::text as id, true as untouched from asked join {jobs} job on {} where {} and not {}",
        same_version(declared, &id, "asked"),
        state_rows.is_still_queued("asked"),
        own_lock.is_held(),
    );
    Statements { write, verify: None, after_commit: None, matching, held: None, keys: None }
}

/// Reads the keys of these jobs, in their order. `planned` are the keys of the plan, which contain the version of each
/// row then. The key of a job that changed since, or that is not a dead letter any more, matches no row.
///
/// # Errors
/// Also if the declared requeue would not make one of them queued, so that nothing is written.
pub(crate) async fn keys(
    db: &Database,
    query: &KeyQuery,
    (jobs, planned): (&[JobId], &[String]),
    timeout: Duration,
) -> Result<Vec<String>, SourceError> {
    let mut keys = Vec::with_capacity(jobs.len());
    for (chunk, planned) in jobs.chunks(CHUNK).zip(planned.chunks(CHUNK)) {
        let ids: Vec<_> = chunk.iter().map(ToString::to_string).collect();
        let set = query.set.to_string();
        let mut places: Vec<_> = planned.iter().filter_map(|key| place_of(key)).collect();
        places.sort_unstable();
        places.dedup();
        let params: [(&(dyn ToSql + Sync), Type); 3] =
            [(&ids, Type::TEXT_ARRAY), (&set, Type::TEXT), (&places, Type::TEXT_ARRAY)];
        let rows = db.rows(timeout, &query.statement, &params).await?;
        let text = |row: &Row, column| row.get::<_, Option<String>>(column);
        if let Some(row) = rows.iter().find(|row| !query.makes_queued(row)) {
            return Err(not_queued(row));
        }
        if let Some(twice) = rows
            .windows(2)
            .find(|rows| rows[0].get::<_, &str>("id") == rows[1].get::<_, &str>("id"))
        {
            return Err(in_two_queues(&twice[0]));
        }
        let mut found: HashMap<String, (Option<String>, Option<String>)> = rows
            .iter()
            .map(|row| (row.get("id"), (text(row, "version"), text(row, "was"))))
            .collect();
        for (id, planned) in ids.into_iter().zip(planned) {
            let (version, was) = found.remove(&id).unwrap_or_default();
            let version = version.filter(|version| planned.split(' ').nth(1) == Some(version));
            let was: Value =
                was.and_then(|was| serde_json::from_str(&was).ok()).unwrap_or_default();
            let place = place_of(planned);
            let key = json!({
                "id": id, "version": version, "set": query.set, "was": was, "place": place,
            });
            keys.push(key.to_string());
        }
    }
    Ok(keys)
}

/// The value of the partition key in the key of a plan: what follows the second space.
fn place_of(planned: &str) -> Option<&str> {
    planned.splitn(3, ' ').nth(2)
}

impl KeyQuery {
    /// Whether the job of this row would be queued.
    fn makes_queued(&self, row: &Row) -> bool {
        // The lock of a worker decides about the row that is written, not about its values.
        let next = row_types::raw(row, "state");
        self.has_own_lock
            || next.is_some_and(|state| self.queued.iter().any(|queued| *queued == state))
    }
}

fn in_two_queues(row: &Row) -> SourceError {
    let id: &str = row.get("id");
    let message = format!(
        "job id {id} is in several queues; requeue the jobs of one queue at a time with --queue NAME"
    );
    SourceError::new(SourceErrorKind::Refused, message)
}

fn not_queued(row: &Row) -> SourceError {
    let state = row_types::text(row, "state").unwrap_or_else(|| "NULL".to_owned());
    let message = format!(
        "the declared requeue would leave job {} in the state {state}, which is not one of the queued states",
        row.get::<_, &str>("id")
    );
    SourceError::new(SourceErrorKind::UnknownLayout, message)
        .hint("correct [context.NAME.queue.requeue]: it has to change what the state depends on")
}

fn key_query(layout: &Layout, declared: &Declared) -> KeyQuery {
    // What a follow compares with the row: the errors and the last change.
    let error = layout.error.as_ref().map(|error| &error.name);
    let updated = layout.updated.as_ref().map(|column| &column.name);
    // The kind, too: of a job that was deleted when it had finished, the row does not tell it any more.
    let of_package = layout.attempts.iter().chain(&layout.kind);
    let of_package = of_package.filter(|_| declared.package.is_some());
    let names = layout.last_error.iter().chain(error).chain(updated).chain(of_package);
    let names: Vec<_> = names.cloned().collect();
    let none = DeclaredRequeue::default();
    let requeue = declared.requeue.as_ref().unwrap_or(&none);
    let times = requeue.now.iter();
    let times = times
        .map(|name| format!("{}, to_jsonb({})", literal(name), declared.time_value(name, "now()")));
    let times: Vec<_> = times.collect();
    let place = declared.package.as_ref().and_then(|package| package.place.as_ref());
    let new = format!("$2::text::jsonb || jsonb_build_object({})", times.join(", "));
    let statement = format!(
        "select job.id::text as id, job.{version} as version, {was}::text as was, next.next_state as state
           from {jobs}
           left join lateral (select {next_state}::text as next_state from {relation} t
                               where t.{key} = job.id{place}) as next on true
          where job.id = any($1::text[]::{id}[]) and {same_place} and {dead} order by job.id",
        relation = layout.relation,
        next_state = match declared.package.as_ref().is_some_and(|package| package.state_rows.is_some()) {
            // What rows of other tables will say, the row does not tell.
            true => literal(layout.state_names.queued.first().map_or("", String::as_str)),
            false => declared.state_with(&layout.relation, "t", &new),
        },
        key = id_column(declared),
        place = place
            .map(|place| format!(" and t.{} = job.{PLACE}", ident(place)))
            .unwrap_or_default(),
        same_place = match place {
            Some(_) => format!("job.{PLACE} = any($3::text[])"),
            None => "$3::text[] is not null".to_owned(),
        },
        version = ident(Declared::VERSION),
        was = object("job", &names),
        jobs = layout.rows_as("job"),
        id = layout.id.sql(),
        dead = state_in(layout, &layout.state_names.dead),
    );
    let mut set = serde_json::to_value(&requeue.set).unwrap_or_default();
    if let Some(set) = set.as_object_mut() {
        set.extend(requeue.null.iter().map(|name| (name.clone(), Value::Null)));
    }
    let has_own_lock = OwnLockParts::new(declared).0.is_some();
    KeyQuery { statement, set, queued: requeued_states(layout, declared), has_own_lock }
}

/// The states in which a requeued job can wait.
fn requeued_states(layout: &Layout, declared: &Declared) -> Vec<String> {
    let also = declared.package.iter().flat_map(|package| &package.also_requeued);
    layout.state_names.queued.iter().chain(also).cloned().collect()
}

/// The condition that a row is stored as the requeue meant it, after the triggers that run before.
fn is_requeued(layout: &Layout, declared: &Declared, columns: &RequeueColumns) -> String {
    let Some(package) = &declared.package else { return "true".to_owned() };
    if package.state_rows.is_some() {
        return "true".to_owned();
    }
    let column = package.state_column();
    let is_state = |state: &str| format!("job.{}::text = {}", ident(column), literal(state));
    if let Some(later) = state_if_later(declared, columns) {
        return is_state(later);
    }
    let set = declared.requeue.as_ref().and_then(|requeue| requeue.set.get(column));
    match set {
        Some(DeclaredValue::Text(state)) => is_state(state),
        // The state is derived from other columns.
        _ => format!(
            "{} in ({})",
            declared.state_of(&layout.relation, "job"),
            literals(&requeued_states(layout, declared))
        ),
    }
}

/// The state of requeued jobs if they become due one by one, and that is not the usual one.
fn state_if_later<'a>(declared: &'a Declared, columns: &RequeueColumns) -> Option<&'a str> {
    let package = declared.package.as_ref().filter(|_| columns.spread.is_some())?;
    package.state_if_later.as_deref()
}

/// The parts of a statement that take the lock of the package for each job whose row is locked.
struct OwnLockParts<'a>(Option<&'a OwnLock>);

impl<'a> OwnLockParts<'a> {
    fn new(declared: &'a Declared) -> Self {
        Self(declared.package.as_ref().and_then(|package| package.own_lock.as_ref()))
    }

    /// The name of the CTE that locks the rows.
    fn name(&self) -> &'static str {
        if self.0.is_some() { "row_locked" } else { "locked" }
    }

    /// The CTE of the jobs whose lock was free. In the condition of the rows, the planner could lock the whole table.
    fn take(&self) -> String {
        let Some(lock) = self.0 else { return String::new() };
        format!(", locked as materialized (select * from row_locked as locked where {})", lock.take)
    }

    /// The condition that a worker has the lock of the row `job`.
    fn is_held(&self) -> &'a str {
        self.0.map_or("false", |lock| &lock.is_held)
    }
}

/// The assignments of a requeue; `new` holds the values.
fn assignments(declared: &Declared, columns: &RequeueColumns) -> String {
    let none = DeclaredRequeue::default();
    let requeue = declared.requeue.as_ref().unwrap_or(&none);
    let due_at = columns.due_at(&id_column(declared));
    let later = state_if_later(declared, columns);
    let state_column = declared.package.as_ref().map(PackageTraits::state_column);
    let set = requeue.set.keys().map(|name| match later {
        Some(state) if Some(name.as_str()) == state_column => {
            format!("{} = {}", ident(name), literal(state))
        }
        _ => format!("{0} = new.{0}", ident(name)),
    });
    let now = requeue.now.iter();
    let now = now.map(|name| format!("{} = {}", ident(name), declared.time_value(name, &due_at)));
    let null = requeue.null.iter().map(|name| format!("{} = null", ident(name)));
    let package = declared.package.iter().flat_map(|package| {
        package.assignments.keys().map(|name| {
            format!("{} = {}", ident(name), package.value(name, "job", &due_at, "$2::text::jsonb"))
        })
    });
    set.chain(now).chain(null).chain(package).collect::<Vec<_>>().join(", ")
}
