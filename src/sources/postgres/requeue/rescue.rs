//! Jobs of silent workers: found with their evidence, and written only while it still holds.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::columns::{EventStage, stage};
use super::statements::{Statements, event, object, workspace};
use crate::facts::stuck_job::{RescueResult, StuckJob, StuckJobs};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::Layout;
use crate::queue::sql::{age, column_or_null, ident, last_heartbeat, literal, rfc3339, state_in};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types::id;

/// Stages of a rescue, best first: a lost attempt is a failed one, as `worker_fail` writes it.
const FAILED: [&str; 3] = ["failed", "progress", "enqueued"];

/// Silent jobs that one rescue takes.
const MOST: usize = 10_000;

/// What a layout means for a rescue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RescueColumns {
    /// The value of waiting jobs.
    pub waiting: String,
    /// The value of dead jobs, where there is one.
    pub dead: Option<String>,
    /// The event; none where events cannot be written.
    pub event: Option<EventStage>,
}

impl RescueColumns {
    /// Reads a layout.
    ///
    /// # Errors
    /// [`SourceErrorKind::UnknownLayout`] where silence cannot be seen or nothing can be put back.
    pub fn new(layout: &Layout) -> Result<Self, SourceError> {
        let unfit = |why: String| Err(SourceError::new(SourceErrorKind::UnknownLayout, why));
        if !layout.has_heartbeats() {
            return unfit(
                "this database's jobs have neither heartbeat nor lock: nobody can say which worker is silent"
                    .to_owned(),
            );
        }
        if layout.vocabulary.in_progress.is_empty() {
            return unfit(format!("no value of \"{}\" means in progress", layout.state_column));
        }
        let waiting = &layout.vocabulary.waiting;
        let Some(waiting) = waiting.iter().find(|w| *w == "queued").or(waiting.first()) else {
            return unfit(format!("no value of \"{}\" means waiting", layout.state_column));
        };
        Ok(Self {
            waiting: waiting.clone(),
            dead: layout.vocabulary.dead.first().cloned(),
            event: layout.events.as_ref().and_then(|events| stage(events, &FAILED)),
        })
    }
}

/// The jobs in progress without a sign of life for this long, by the database's clock.
///
/// # Errors
/// The database's.
pub async fn read(
    db: &Database,
    layout: &Layout,
    words: &RescueColumns,
    stale: Duration,
    timeout: Duration,
) -> Result<StuckJobs, SourceError> {
    let statement = finding(layout, words);
    let seconds = stale.as_secs_f64();
    let params: [(&(dyn ToSql + Sync), Type); 1] = [(&seconds, Type::FLOAT8)];
    let rows = db.rows(timeout, &statement, &params).await?;
    let beyond = rows.get(MOST).and_then(|row| row.get::<_, Option<f64>>("silent"));
    let mut found = StuckJobs { truncated: beyond.is_some(), ..StuckJobs::default() };
    for row in rows.iter().take(MOST) {
        found.without_heartbeat = u64::try_from(row.get::<_, i64>("never")).unwrap_or(0);
        if let Some(silent) = row.get::<_, Option<f64>>("silent") {
            found.jobs.push(job(layout, words, row, silent)?);
        }
    }
    Ok(found)
}

fn finding(layout: &Layout, words: &RescueColumns) -> String {
    let number =
        |column: &Option<String>| format!("{}::bigint", column_or_null(column.as_ref(), "bigint"));
    let exhausted = match (&layout.attempts, &layout.max_attempts) {
        (Some(made), Some(allowed)) => format!("{} + 1 >= {}", ident(made), ident(allowed)),
        _ => "false".to_owned(),
    };
    let dead = words.dead.as_ref().unwrap_or(&words.waiting);
    format!(
        "with running as materialized (
           select *, {silent} as life_age, {holder}::text as holder_name,
                  coalesce({exhausted}, false) as is_exhausted
             from public.jobs where {in_progress}
         ), alive as (
           select holder_name, min(life_age) as beat_age from running
            where life_age <= $1 group by holder_name
         )
         select running.id::text as id, {kind}::text as kind, running.holder_name as worker,
                life_age as silent, {heartbeat} is not null as beat, {attempts} as attempts,
                {max_attempts} as max_attempts,
                count(*) filter (where life_age is null) over () as never, beat_age as elsewhere, is_exhausted as exhausted,
                jsonb_build_object('id', running.id, 'saw', {saw}, 'next',
                  jsonb_build_object({live}, case when is_exhausted then {dead} else {waiting} end)
                )::text as key
           from running left join alive on alive.holder_name = running.holder_name
          where life_age > $1 or life_age is null
          order by life_age desc nulls last, running.id limit {limit}",
        limit = MOST + 1,
        silent = age(&last_heartbeat(layout)),
        holder = column_or_null(layout.locked_by.as_ref(), "text"),
        in_progress = state_in(layout, &layout.vocabulary.in_progress),
        kind = column_or_null(layout.kind.as_ref(), "text"),
        heartbeat = column_or_null(layout.heartbeat.as_ref(), "timestamptz"),
        attempts = number(&layout.attempts),
        max_attempts = number(&layout.max_attempts),
        saw = object("running", &fence(layout)),
        live = literal(&layout.state_column),
        dead = literal(dead),
        waiting = literal(&words.waiting),
    )
}

fn job(
    layout: &Layout,
    words: &RescueColumns,
    row: &Row,
    silent: f64,
) -> Result<StuckJob, SourceError> {
    let fate = match (row.get::<_, bool>("exhausted"), &words.dead) {
        (false, _) => RescueResult::Queued,
        (true, Some(_)) => RescueResult::DeadLetter,
        (true, None) => RescueResult::Skipped,
    };
    Ok(StuckJob {
        id: id(row.get("id"), layout.id)?,
        kind: row.get("kind"),
        worker: row.get("worker"),
        heartbeat_age: silent,
        has_heartbeat: row.get("beat"),
        attempts: row.get("attempts"),
        max_attempts: row.get("max_attempts"),
        other_job_heartbeat_age: row.get("elsewhere"),
        result: fate,
        fence_key: row.get("key"),
    })
}

/// Silent → waiting or dead, as the backend's own recovery: one attempt more, the lock gone, the
/// heartbeat kept. Keys are those of [`Silent`]; lock, heartbeat and attempts must be what they say.
pub fn statements(layout: &Layout, words: &RescueColumns) -> Statements {
    let asked = format!(
        "select (entry::jsonb ->> 'id')::{id} as id, entry::jsonb -> 'saw' as s,
                entry::jsonb -> 'next' as n
           from unnest($1::text[]) entry",
        id = layout.id.sql()
    );
    let saw = |row: &str| {
        format!("cross join lateral jsonb_populate_record(null::public.jobs, {row}.s) as saw")
    };
    let (fence, columns) = (fence(layout), columns(layout));
    let same: Vec<_> =
        fence.iter().map(|c| format!("job.{0} is not distinct from saw.{0}", ident(c))).collect();
    let same = same.join(" and ");
    let before: Vec<_> = columns.iter().map(|c| format!("job.{}", ident(c))).collect();
    let write = format!(
        "with asked as materialized ({asked}), locked as materialized (
           select job.id, {before}, asked.s, asked.n from asked
             join public.jobs job on job.id = asked.id {joined}
            where {same} for no key update of job skip locked
         ), updated as (
           update public.jobs as job set {set} from locked {target}
             cross join lateral jsonb_populate_record(null::public.jobs, locked.n) as next
            where job.id = locked.id and {same}
           returning job.id{workspace}, {previous} as previous, {after} as written
         ){logged}
         select id::text as id, previous::text as previous, written::text as written from updated",
        before = before.join(", "),
        joined = saw("asked"),
        target = saw("locked"),
        set = assignments(layout),
        workspace = workspace(layout),
        previous = object("locked", &columns),
        after = object("job", &columns),
        logged = event_cte(layout, words),
    );
    let matching = format!(
        "with asked as materialized ({asked})
         select job.id::text as id from asked join public.jobs job on job.id = asked.id {}
          where {same}",
        saw("asked")
    );
    Statements { write, matching }
}

fn event_cte(layout: &Layout, words: &RescueColumns) -> String {
    let live = literal(&layout.state_column);
    let dies = words
        .dead
        .as_ref()
        .map_or("false".to_owned(), |dead| format!("written ->> {live} = {}", literal(dead)));
    let data = format!(
        "jsonb_build_object('stage', case when {dies} then 'dead_letter' else 'retry_scheduled' end, \
         'rescued_at', {now}, 'previous', previous, 'written', written)",
        now = rfc3339("now()"),
    );
    event(layout, words.event.as_ref(), &data)
}

/// What must be as it was shown.
fn fence(layout: &Layout) -> Vec<String> {
    let columns = [
        &layout.locked_by,
        &layout.locked_at,
        &layout.heartbeat,
        &layout.attempts,
        &layout.max_attempts,
    ];
    let mut fence = vec![layout.state_column.clone()];
    fence.extend(columns.into_iter().flatten().cloned());
    fence
}

/// What the event remembers.
fn columns(layout: &Layout) -> Vec<String> {
    let mut columns = fence(layout);
    columns.extend(layout.due.iter().chain(&layout.updated).cloned());
    columns
}

fn assignments(layout: &Layout) -> String {
    let mut set = vec![format!("{0} = next.{0}", ident(&layout.state_column))];
    set.extend(layout.attempts.iter().map(|c| format!("{0} = job.{0} + 1", ident(c))));
    let now = layout.due.iter().chain(&layout.updated);
    set.extend(now.map(|c| format!("{} = now()", ident(c))));
    let cleared = [&layout.locked_by, &layout.locked_at];
    set.extend(cleared.into_iter().flatten().map(|c| format!("{} = null", ident(c))));
    set.join(", ")
}
