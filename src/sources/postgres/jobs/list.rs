//! Lists jobs of one state, most relevant first.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::{number, sign, text};
use crate::facts::job::{JobLine, JobState, running_attempt};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Counting, Layout, Lifecycle, Meaning, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types;

/// Maximum number of characters of an error that is read.
const ERROR_CHARS: usize = 2_000;

/// Filters and limit of a list of jobs.
#[derive(Debug)]
pub(crate) struct ListCondition<'a> {
    /// State of the jobs.
    pub(crate) state: JobState,
    /// Kind of the jobs; all kinds if `None`.
    pub(crate) kind: Option<&'a str>,
    /// Workspace of the jobs, in lower case; all workspaces if `None`.
    pub(crate) workspace: Option<String>,
    /// Only jobs that were changed since this time.
    pub(crate) changed_since: Option<Timestamp>,
    /// Only jobs whose ids start with this; empty for all.
    pub(crate) id_prefix: String,
    /// Maximum number of jobs.
    pub(crate) limit: u32,
    /// When an attempt is counted.
    pub(crate) counting: Counting,
    /// Age of the heartbeat from which a claimed job is stuck, in seconds.
    pub(crate) stuck_after: f64,
}

/// Lists the jobs that match `condition`.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] if this schema does not have the state.
pub(crate) async fn list(
    db: &Database,
    layout: &Layout,
    condition: &ListCondition<'_>,
    timeout: Duration,
) -> Result<Vec<JobLine>, SourceError> {
    let statement = statement(layout, condition)?;
    let kind = condition.kind;
    let since = condition.changed_since.map(|time| time.to_string());
    let params: [(&(dyn ToSql + Sync), Type); 5] = [
        (&kind, Type::TEXT),
        (&condition.stuck_after, Type::FLOAT8),
        (&condition.workspace, Type::TEXT),
        (&since, Type::TEXT),
        (&condition.id_prefix, Type::TEXT),
    ];
    let rows = db.rows(timeout, &statement, &params).await?;
    Ok(rows.iter().map(|row| line(row, condition)).collect())
}

fn statement(layout: &Layout, condition: &ListCondition<'_>) -> Result<String, SourceError> {
    let jobs = layout.rows_as("jobs");
    let unknown = |why: &str| SourceError::new(SourceErrorKind::UnknownLayout, why);
    let unread = match condition.state {
        JobState::Due | JobState::Scheduled => {
            layout.unread(Lifecycle::Queued, &[Meaning::Due, Meaning::Removal])
        }
        JobState::Running | JobState::Stuck => {
            layout.unread(Lifecycle::Claimed, &[Meaning::Claim, Meaning::Removal])
        }
        _ => None,
    };
    if let Some(reason) = unread {
        return Err(unknown(&reason));
    }
    let (due, heartbeat, changed) =
        (sql::due(layout), sql::last_heartbeat(layout), sql::changed(layout));
    let of = |role| sql::is_role(layout, role);
    let of_claimed = |condition: &str| format!("{} and {condition}", of(Lifecycle::Claimed));
    let newest = || format!("{changed} desc");
    let (role, live, order) = match condition.state {
        // In a large table the index of the queue has the order of the due times, which few jobs lack.
        JobState::Due if layout.is_small() || layout.due.is_empty() => {
            (Lifecycle::Queued, sql::is_due(layout), sql::due_since(layout))
        }
        JobState::Due => (Lifecycle::Queued, sql::is_due(layout), due.clone()),
        JobState::Scheduled => {
            let scheduled = format!("{} and {due} > now()", of(Lifecycle::Queued));
            (Lifecycle::Queued, scheduled, due.clone())
        }
        JobState::Running if layout.has_heartbeats() => {
            let running = of_claimed(&format!("({}) is not true", sql::is_stuck(layout, "$2")));
            (Lifecycle::Claimed, running, heartbeat.clone())
        }
        JobState::Running => (Lifecycle::Claimed, of(Lifecycle::Claimed), heartbeat.clone()),
        JobState::Stuck if !layout.has_heartbeats() => {
            return Err(unknown(
                "jobs of this database have neither heartbeat nor lock: stuck jobs are not known",
            ));
        }
        JobState::Stuck => {
            (Lifecycle::Claimed, of_claimed(&sql::is_stuck(layout, "$2")), heartbeat.clone())
        }
        JobState::Failed => (Lifecycle::Failed, of(Lifecycle::Failed), newest()),
        JobState::Finished => (Lifecycle::Finished, of(Lifecycle::Finished), newest()),
        JobState::Dead => (Lifecycle::Dead, of(Lifecycle::Dead), newest()),
        JobState::Canceled => (Lifecycle::Canceled, of(Lifecycle::Canceled), newest()),
        JobState::Blocked => (Lifecycle::Blocked, of(Lifecycle::Blocked), due.clone()),
        JobState::Unknown => (Lifecycle::Other, sql::state_unknown(layout), newest()),
    };
    let values = layout.state_names.values(role);
    if values.is_empty() && role != Lifecycle::Other {
        return Err(unknown(&no_state(layout, condition.state)));
    }
    // Columns are computed only for the rows that are shown, not for all that are sorted.
    Ok(format!(
        "select id::text as id, {kind} as kind, left({worker}, 200) as worker,
                {attempts} as attempts, {max_attempts} as max_attempts, {due_age} as due_age,
                {life_age} as life_age, {sign} as sign, {changed_age} as changed_age, {error} as error
           from (select * from {jobs}
                  where {live} and ($1 is null or {kind} = $1)
                    and ($3 is null or lower({workspace}) = $3)
                    and ($4 is null or {changed} >= $4::timestamptz)
                    and ($5 = '' or starts_with(id::text, $5))
                  order by {order} nulls last, id limit {limit}) shown
          order by {order} nulls last, id",
        kind = text(layout.kind.as_ref()),
        workspace = text(layout.workspace.as_ref()),
        worker = text(layout.locked_by.as_ref()),
        attempts = number(layout.attempts.as_ref()),
        max_attempts = number(layout.max_attempts.as_ref()),
        due_age = match condition.state {
            JobState::Due => sql::age(&sql::due_since(layout)),
            _ => sql::age(&due),
        },
        life_age = sql::age(&format!("({heartbeat})")),
        sign = sql::kind_of_sign(layout),
        changed_age = sql::age(&format!("({})", sql::past_time(&changed))),
        // The error of an earlier attempt says nothing about a job that runs or has finished.
        error = match condition.state {
            JobState::Failed | JobState::Dead =>
                format!("left({}, {ERROR_CHARS})", sql::error_text(layout)),
            _ => "null::text".to_owned(),
        },
        limit = condition.limit,
    ))
}

/// Why no job has the state.
fn no_state(layout: &Layout, state: JobState) -> String {
    let package = layout.package().filter(|_| state == JobState::Finished);
    let instance = package.filter(|package| package.deletes_finished);
    match instance.and_then(|package| package.instance.as_ref()) {
        Some(instance) => {
            format!("not kept here: {} deletes a job when it has finished", instance.package.name())
        }
        None => format!("this database has no state for {}", state.as_str()),
    }
}

fn line(row: &Row, condition: &ListCondition<'_>) -> JobLine {
    let attempts: Option<i64> = row.get("attempts");
    let is_claimed = matches!(condition.state, JobState::Running | JobState::Stuck);
    let finite = |name: &str| row.get::<_, Option<f64>>(name).filter(|age| age.is_finite());
    JobLine {
        id: row_types::shown_id(row),
        kind: row_types::text(row, "kind"),
        worker: row_types::text(row, "worker"),
        attempts,
        running_attempt: attempts
            .filter(|_| is_claimed)
            .and_then(|n| running_attempt(n, row.get("max_attempts"), condition.counting)),
        error: row_types::text(row, "error"),
        max_attempts: row.get("max_attempts"),
        due_age: finite("due_age"),
        heartbeat_age: finite("life_age"),
        sign: sign(row),
        changed_age: finite("changed_age"),
    }
}
