//! Rescue of stuck jobs: finds them, and unlocks them only if lock, heartbeat and attempts are
//! unchanged.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::columns::{EventStage, stage};
use super::package_rescue;
use super::statements::{Statements, object, workspace, write_end};
use super::stored::Stored;
use crate::facts::job::running_attempt;
use crate::facts::stuck_job::{RescueResult, SignOfLife, StuckJob, StuckJobs, StuckRule};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::declared::in_relation;
use crate::queue::package::{BEYOND_LIMIT, HOLDER, OVERDUE, PLACE, PackageTraits};
use crate::queue::sql::{
    age, column_or_null, ident, is_stuck, last_heartbeat, literal, past_time, rfc3339, state_in,
    time_or_null,
};
use crate::queue::{Counting, Layout};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types;
use crate::sources::postgres::row_types::id;

/// Event stages for a rescue, preferred first: a lost attempt counts as failed, as in
/// `worker_fail`.
const RESCUE_STAGES: [&str; 3] = ["failed", "progress", "enqueued"];

/// Maximum number of jobs of one rescue.
const MAX_JOBS: usize = 10_000;

/// State values and event that a rescue writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RescueColumns {
    /// State value of queued jobs.
    pub(crate) queued: String,
    /// State value of dead letters, if the layout has one.
    pub(crate) dead: Option<String>,
    /// When an attempt is counted: a rescue does not count again what the claim counted.
    pub(crate) counting: Counting,
    /// Event of a rescue; `None` if events cannot be written.
    pub(crate) event: Option<EventStage>,
    /// Age in seconds that a claim gets if the package's own code frees the job: beyond its default limit.
    pub(crate) claim_age: u64,
}

impl RescueColumns {
    /// Derives the columns from a layout.
    ///
    /// # Errors
    /// [`SourceErrorKind::UnknownLayout`] if the layout has no heartbeat or lock column, or no
    /// claimed or queued state, or if it is not known when attempts are counted.
    pub(crate) fn new(layout: &Layout, counting: Counting) -> Result<Self, SourceError> {
        let unknown_layout =
            |reason: String| Err(SourceError::new(SourceErrorKind::UnknownLayout, reason));
        if let Some(reason) = layout.rescue_refused() {
            return unknown_layout(reason);
        }
        if !layout.has_heartbeats() {
            return unknown_layout(
                "jobs of this database have neither heartbeat nor lock time: not known which of them are stuck"
                    .to_owned(),
            );
        }
        if let Some(reason) = counting_unknown(layout, counting) {
            return unknown_layout(reason);
        }
        if layout.state_names.claimed.is_empty() {
            return unknown_layout(format!(
                "no value of column {} means claimed",
                layout.state_column
            ));
        }
        let queued = &layout.state_names.queued;
        let Some(queued) = queued.iter().find(|value| *value == "queued").or(queued.first()) else {
            return unknown_layout(format!(
                "no value of column {} means queued",
                layout.state_column
            ));
        };
        Ok(Self {
            queued: queued.clone(),
            dead: layout.state_names.dead.first().cloned(),
            counting,
            event: layout.events.as_ref().and_then(|events| stage(events, &RESCUE_STAGES)),
            claim_age: u64::from(package_limit(layout).unwrap_or_default() + BEYOND_LIMIT),
        })
    }

    /// Returns the columns that a rescue assigns.
    pub(crate) fn written_columns(&self, layout: &Layout) -> Vec<String> {
        if let Some(rescue) = layout.package().and_then(|package| package.rescue.as_ref()) {
            return rescue.set.keys().cloned().collect();
        }
        let mut columns = next_columns(layout, self);
        columns.extend(layout.attempts.clone().filter(|_| self.counting != Counting::AtClaim));
        columns.extend(layout.due.iter().chain(&layout.updated).map(|c| c.name.clone()));
        columns.extend(layout.locked_by.clone());
        columns.extend(layout.locked_at.as_ref().map(|column| column.name.clone()));
        columns
    }
}

/// Why no rescue knows how many attempts a job has left, if that is so.
pub(crate) fn counting_unknown(layout: &Layout, counting: Counting) -> Option<String> {
    let attempts = layout.attempts.as_ref().filter(|_| counting == Counting::Unknown)?;
    Some(format!(
        "neither functions nor jobs show whether \"{attempts}\" is counted at the claim or at the failure: set \
         attempts_counted = \"at_claim\" or \"at_failure\" in the context"
    ))
}

/// Seconds after the claim when a package frees jobs by default.
pub(crate) fn package_limit(layout: &Layout) -> Option<u32> {
    layout.package()?.rescue.as_ref()?.after
}

/// Reads the claimed jobs that are stuck, by the database's clock.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    rescue_columns: &RescueColumns,
    rule: StuckRule,
    timeout: Duration,
) -> Result<StuckJobs, SourceError> {
    let statement = stuck_jobs_statement(layout, rescue_columns, rule);
    let seconds = rule.after().as_secs_f64();
    let params: [(&(dyn ToSql + Sync), Type); 1] = [(&seconds, Type::FLOAT8)];
    let rows = db.rows(timeout, &statement, &params).await?;
    let one_more = rows.get(MAX_JOBS).and_then(|row| row.get::<_, Option<f64>>("silent"));
    let mut stuck = StuckJobs { truncated: one_more.is_some(), ..StuckJobs::default() };
    for row in rows.iter().take(MAX_JOBS) {
        stuck.without_heartbeat = u64::try_from(row.get::<_, i64>("never")).unwrap_or(0);
        if let Some(heartbeat_age) = row.get::<_, Option<f64>>("silent") {
            stuck.jobs.push(stuck_job(layout, rescue_columns, row, heartbeat_age)?);
        }
    }
    Ok(stuck)
}

/// Returns the statement that finds stuck jobs, with a key for each that the write compares with
/// its row. `$1` is the age of the heartbeat in seconds.
fn stuck_jobs_statement(
    layout: &Layout,
    rescue_columns: &RescueColumns,
    rule: StuckRule,
) -> String {
    let jobs = layout.rows_as("jobs");
    let declared = layout.declared.as_ref();
    let has = |column: &str| declared.is_some_and(|declared| declared.has_column(column));
    let rescuer = layout.package().and_then(PackageTraits::rescuer);
    let active = rescuer.and_then(|rescuer| rescuer.active.as_ref());
    let number =
        |column: &Option<String>| format!("{}::bigint", column_or_null(column.as_ref(), "bigint"));
    let exhausted = match (&layout.attempts, &layout.max_attempts) {
        (Some(attempts), Some(max)) if rescue_columns.counting == Counting::AtClaim => {
            format!("{} >= {}", ident(attempts), ident(max))
        }
        // One row with the largest number must not fail the query.
        (Some(attempts), Some(max)) => {
            format!("{}::bigint + 1 >= {}", ident(attempts), ident(max))
        }
        _ => "false".to_owned(),
    };
    format!(
        "with running as materialized (
           select *, {silent} as life_age, {worker}::text as worker_name, {holder}::text as holder_name,
                  coalesce({exhausted}, false) as is_exhausted, {active} as is_active, {overdue} as is_past
             from {jobs} where {in_progress}
         ), alive as (
           select holder_name, min(life_age) as beat_age from running
            where life_age <= $1 group by holder_name
         )
         select running.id::text as id, {kind}::text as kind, running.worker_name as worker, {place} as place,
                is_active, is_past,
                life_age as silent, ({heartbeat}) is not null as beat, ({locked}) is not null as locked, {attempts} as attempts,
                {max_attempts} as max_attempts,
                count(*) filter (where life_age is null) over () as never, beat_age as elsewhere, is_exhausted as exhausted,
                {key} as key
           from running left join alive on alive.holder_name = running.holder_name
          where {stuck} or life_age is null
          order by life_age desc nulls last, running.id limit {limit}",
        limit = MAX_JOBS + 1,
        silent = age(&last_heartbeat(layout)),
        worker = column_or_null(layout.locked_by.as_ref(), "text"),
        holder = match has(HOLDER) {
            true => HOLDER.to_owned(),
            false => column_or_null(layout.locked_by.as_ref(), "text"),
        },
        active = active.map_or_else(|| "false".to_owned(), |sql| in_relation(sql, &layout.relation)),
        overdue = if has(OVERDUE) { format!("coalesce({OVERDUE}, false)") } else { "false".to_owned() },
        place = if has(PLACE) { format!("running.{PLACE}") } else { "null::text".to_owned() },
        stuck = match rule {
            StuckRule::Age(_) => "life_age > $1".to_owned(),
            StuckRule::OwnLimit(_) => is_stuck(layout, "$1"),
        },
        in_progress = state_in(layout, &layout.state_names.claimed),
        kind = column_or_null(layout.kind.as_ref(), "text"),
        heartbeat = past_time(&time_or_null(layout.heartbeat.as_ref())),
        locked = past_time(&time_or_null(layout.locked_at.as_ref())),
        attempts = number(&layout.attempts),
        max_attempts = number(&layout.max_attempts),
        key = match layout.declared {
            Some(_) => package_rescue::key(layout),
            None => fence_key(layout, rescue_columns),
        },
    )
}

/// The key of a stuck job: what its row is compared with, and its next state.
fn fence_key(layout: &Layout, rescue_columns: &RescueColumns) -> String {
    let dead = rescue_columns.dead.as_ref().unwrap_or(&rescue_columns.queued);
    format!(
        "jsonb_build_object('id', running.id, 'saw', {saw}, 'next',
           jsonb_build_object({live}, case when is_exhausted then {dead} else {waiting} end{also}))::text",
        saw = object("running", &compared_columns(layout)),
        // A dead letter keeps the other column.
        also = layout.also_claimed_by.as_ref().map_or_else(String::new, |also| {
            format!(
                ", {}, case when is_exhausted then running.{}::text else {} end",
                literal(&also.column),
                ident(&also.column),
                literal(&also.queued)
            )
        }),
        live = literal(&layout.state_column),
        dead = literal(dead),
        waiting = literal(&rescue_columns.queued),
    )
}

/// Converts a row of the statement.
fn stuck_job(
    layout: &Layout,
    rescue_columns: &RescueColumns,
    row: &Row,
    heartbeat_age: f64,
) -> Result<StuckJob, SourceError> {
    let elsewhere: Option<f64> = row.get("elsewhere");
    let is_active = row.get::<_, bool>("is_active") || elsewhere.is_some();
    let is_freed_by_package = layout.package().is_some_and(|package| package.rescuer().is_some());
    let result = match (row.get::<_, bool>("exhausted"), &rescue_columns.dead) {
        _ if is_freed_by_package && is_active => RescueResult::WorkerActive,
        _ if is_freed_by_package => RescueResult::ClaimAged,
        (false, _) => RescueResult::Queued,
        (true, Some(_)) => RescueResult::DeadLetter,
        (true, None) => RescueResult::Skipped,
    };
    Ok(StuckJob {
        id: id(row.get("id"), layout.id)?,
        kind: row_types::text(row, "kind"),
        worker: row_types::text(row, "worker"),
        heartbeat_age,
        sign: match (row.get("beat"), row.get("locked")) {
            (true, _) => SignOfLife::Heartbeat,
            (false, true) => SignOfLife::Lock,
            (false, false) => SignOfLife::Change,
        },
        attempts: row.get("attempts"),
        running_attempt: row
            .get::<_, Option<i64>>("attempts")
            .and_then(|n| running_attempt(n, row.get("max_attempts"), rescue_columns.counting)),
        max_attempts: row.get("max_attempts"),
        other_job_heartbeat_age: elsewhere,
        place: row.get("place"),
        is_past_limit: row.get("is_past"),
        result,
        fence_key: row.get("key"),
    })
}

/// Returns the statements that make stuck jobs queued again, or dead letters after their last
/// attempt. As in the backend's own recovery, attempts are incremented (unless the claim did so), the lock
/// is cleared and the heartbeat is kept. Keys are [`StuckJob::fence_key`]; lock, heartbeat and attempts of the row
/// must equal those in the key.
pub(crate) fn statements(
    layout: &Layout,
    rescue_columns: &RescueColumns,
    stored: &Stored,
) -> Statements {
    if let Some(declared) = &layout.declared
        && let Some(package) = &declared.package
        && let Some(rescue) = &package.rescue
    {
        let claim_age = rescue_columns.claim_age;
        return package_rescue::statements(layout, (declared, package, rescue), claim_age);
    }
    let jobs = &layout.relation;
    let asked = format!(
        "select (entry::jsonb ->> 'id')::{id} as id, entry::jsonb -> 'saw' as s,
                entry::jsonb -> 'next' as n
           from unnest($1::text[]) entry",
        id = layout.id.sql()
    );
    // The row itself is the base of the records: a column with a NOT NULL domain has no NULL.
    let records = format!(
        "cross join lateral jsonb_populate_record(job, asked.s) as saw
         cross join lateral jsonb_populate_record(job, asked.n || {death}) as next",
        death = death(layout)
    );
    let (columns, compared) = (recorded_columns(layout), compared_columns(layout));
    let unchanged = |saw: &dyn Fn(&str) -> String| {
        let same =
            compared.iter().map(|c| format!("job.{} is not distinct from {}", ident(c), saw(c)));
        same.collect::<Vec<_>>().join(" and ")
    };
    let before: Vec<_> = columns.iter().map(|column| format!("job.{}", ident(column))).collect();
    let next = next_columns(layout, rescue_columns);
    let carried =
        compared.iter().map(|column| format!("saw.{} as {}", ident(column), saw(column))).chain(
            next.iter().map(|column| format!("next.{} as {}", ident(column), next_value(column))),
        );
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.id, {before}, {carried} from asked
             join {jobs} job on job.id = asked.id {records}
            where {same} for no key update of job skip locked
         ), updated as (
           update {jobs} as job set {set} from locked
            where job.id = locked.id and {target}
           returning job.id{workspace}, {previous} as previous, {after} as written, {is_stored} as is_stored
         ){end}",
        before = before.join(", "),
        carried = carried.collect::<Vec<_>>().join(", "),
        same = unchanged(&|column| format!("saw.{}", ident(column))),
        target = unchanged(&|column| format!("locked.{}", saw(column))),
        set = assignments(layout, rescue_columns),
        workspace = workspace(layout),
        previous = object("locked", &columns),
        after = object("job", &columns),
        is_stored = stored.condition,
        end = write_end(layout, rescue_columns.event.as_ref(), &event_data(layout, rescue_columns)),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.id::text as id from asked join {jobs} job on job.id = asked.id
          cross join lateral jsonb_populate_record(job, asked.s) as saw
          where {}",
        unchanged(&|column| format!("saw.{}", ident(column))),
    );
    Statements {
        write,
        verify: stored.verify(layout, rescue_columns.event.is_some()),
        after_commit: stored.after_commit(layout),
        matching,
        held: None,
        keys: None,
    }
}

/// The name of the value of a column when the job was found.
fn saw(column: &str) -> String {
    ident(&format!("saw {column}"))
}

/// The name of the value that a column gets.
fn next_value(column: &str) -> String {
    ident(&format!("next {column}"))
}

/// Returns the columns whose new value depends on the job.
fn next_columns(layout: &Layout, rescue_columns: &RescueColumns) -> Vec<String> {
    let mut columns = vec![layout.state_column.clone()];
    columns.extend(layout.also_claimed_by.iter().map(|also| also.column.clone()));
    if rescue_columns.dead.is_some() {
        columns.extend(layout.last_error.clone());
        columns.extend(layout.error.iter().map(|error| error.name.clone()));
    }
    columns
}

/// Returns the details of the event of a rescued job.
fn event_data(layout: &Layout, rescue_columns: &RescueColumns) -> String {
    let state_column = literal(&layout.state_column);
    let is_dead = rescue_columns.dead.as_ref().map_or("false".to_owned(), |dead| {
        format!("written ->> {live} = {}", literal(dead), live = state_column)
    });
    format!(
        "jsonb_build_object('stage', case when {dies} then 'dead_letter' else 'retry_scheduled' end, \
         'rescued_at', {now}, 'previous', previous, 'written', written)",
        now = rfc3339("now()"),
        dies = is_dead,
    )
}

/// Error of a job that a rescue makes a dead letter.
const LOST: &str = "worker lost: no heartbeat (cliplyctl jobs rescue)";

/// Returns the JSON with the error columns of a job that becomes a dead letter: why, and when.
fn death(layout: &Layout) -> String {
    let mut pairs = vec![];
    if let Some(last_error) = &layout.last_error {
        pairs.push(format!("{}, {}::text", literal(last_error), literal(LOST)));
    }
    if let Some(error) = &layout.error {
        let value = if error.json {
            format!(
                "jsonb_build_object('message', {}::text, 'reason', 'stuck', 'failed_at', {now}, \
                 'recovered_at', {now})",
                literal(LOST),
                now = rfc3339("now()"),
            )
        } else {
            format!("{}::text", literal(LOST))
        };
        pairs.push(format!("{}, {value}", literal(&error.name)));
    }
    format!("jsonb_build_object({})", pairs.join(", "))
}

/// Returns the assignments of the error columns, which only a job that becomes a dead letter loses.
fn error_assignments(layout: &Layout, dead: &str) -> impl Iterator<Item = String> {
    let error = layout.error.as_ref().map(|error| &error.name);
    let dies = format!("locked.{}::text = {}", next_value(&layout.state_column), literal(dead));
    layout.last_error.iter().chain(error).map(move |column| {
        let name = ident(column);
        format!("{name} = case when {dies} then locked.{} else job.{name} end", next_value(column))
    })
}

/// Returns the columns that must be unchanged since the job was found.
fn compared_columns(layout: &Layout) -> Vec<String> {
    let times = [&layout.locked_at, &layout.heartbeat];
    let mut compared = vec![layout.state_column.clone()];
    compared.extend(layout.locked_by.clone());
    compared.extend(times.into_iter().flatten().map(|column| column.name.clone()));
    compared.extend([&layout.attempts, &layout.max_attempts].into_iter().flatten().cloned());
    compared.extend(layout.updated.iter().map(|column| column.name.clone()));
    compared.extend(layout.also_claimed_by.iter().map(|also| also.column.clone()));
    compared
}

/// Returns the columns that the event records.
fn recorded_columns(layout: &Layout) -> Vec<String> {
    let mut columns = compared_columns(layout);
    columns.extend(layout.due.iter().map(|column| column.name.clone()));
    columns
}

/// Counts the lost attempt, but not beyond the maximum.
fn counted_attempt(layout: &Layout, column: &str) -> String {
    let column = ident(column);
    match &layout.max_attempts {
        Some(max) => {
            format!(
                "{column} = least(job.{column} + 1, greatest(job.{column}, job.{}))",
                ident(max)
            )
        }
        None => format!("{column} = job.{column} + 1"),
    }
}

/// Returns the assignments of the UPDATE; `locked` holds the new state.
fn assignments(layout: &Layout, rescue_columns: &RescueColumns) -> String {
    let next = |column: &str| format!("{} = locked.{}", ident(column), next_value(column));
    let mut set = vec![next(&layout.state_column)];
    set.extend(layout.also_claimed_by.iter().map(|also| next(&also.column)));
    set.extend(rescue_columns.dead.iter().flat_map(|dead| error_assignments(layout, dead)));
    if rescue_columns.counting != Counting::AtClaim {
        set.extend(layout.attempts.iter().map(|column| counted_attempt(layout, column)));
    }
    let now = layout.due.iter().chain(&layout.updated);
    set.extend(now.map(|c| format!("{} = {}", ident(&c.name), c.value("now()"))));
    let locked_at = layout.locked_at.as_ref().map(|column| &column.name);
    let cleared = layout.locked_by.iter().chain(locked_at);
    set.extend(cleared.map(|c| format!("{} = null", ident(c))));
    set.join(", ")
}
