//! The SQL of an operation, whatever the layout.

use serde_json::Value;

use super::columns::EventStage;
use super::stored::{COUNT, NotStored, REFUSED, WRITTEN};
use crate::queue::Layout;
use crate::queue::sql::{ident, literal};

/// Statements of an operation: `$1` is the keys (text[]), `$2` the JSON that is part of every event
/// (text).
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    /// Writes the jobs; returns their ids, and which of them must not be committed.
    pub(crate) write: String,
    /// Reads what is stored after all triggers have run; `None` if the result of `write` is that already.
    pub(crate) verify: Option<String>,
    /// Finds the jobs (`$1`) that deferred triggers changed at the COMMIT of the transaction `$2`.
    pub(crate) after_commit: Option<String>,
    /// Returns the ids that could still be written.
    pub(crate) matching: String,
    /// Returns the ids of those whose lock of the package another session has; `None` without such locks.
    pub(crate) held: Option<String>,
    /// Query for the keys of a requeue, if they are not the ids.
    pub(crate) keys: Option<KeyQuery>,
}

impl Statements {
    /// Returns the statement that locks the jobs that could still be written, without waiting for
    /// locks.
    pub(crate) fn locks(&self) -> String {
        // The second parameter (the event) is not used here. All tables are locked; the requested jobs are none.
        format!("{} for no key update nowait", self.matching)
    }
}

/// The query for the keys of a requeue.
#[derive(Debug, Clone)]
pub(crate) struct KeyQuery {
    /// Returns id, row version, former values and next state of the jobs `$1` that are dead letters; `$2` holds the
    /// values that a requeue sets.
    pub(crate) statement: String,
    /// The states of queued jobs.
    pub(crate) queued: Vec<String>,
    /// The values that a requeue sets.
    pub(crate) set: Value,
    /// Whether the package locks running jobs outside of their rows, so that a dead letter can be locked.
    pub(crate) has_own_lock: bool,
}

/// Returns the SQL for a JSON object of these columns of `row`.
pub(crate) fn object(row: &str, columns: &[String]) -> String {
    let pairs: Vec<_> =
        columns.iter().map(|c| format!("{}, {row}.{}", literal(c), ident(c))).collect();
    format!("jsonb_build_object({})", pairs.join(", "))
}

/// Returns the end of a write statement whose CTE `updated` returns `id`, `previous`, `written` and
/// `is_stored`: it inserts one event per job with `data`, unless `stage` is `None`, and selects the rows.
///
/// `refused` says why a row must not be committed ([`refusals`]). The settings that it leaves behind, local to
/// the transaction, tell [`GUARD`] and [`Stored::verify`] what was written.
pub(crate) fn write_end(layout: &Layout, stage: Option<&EventStage>, data: &str) -> String {
    let logged = event(layout, stage, data);
    let has_log = !logged.is_empty();
    // The planner expects one row of each CTE, so it would join `updated` with `logged` row by row. Their numbers tell
    // whether there is anything to look for.
    let no_event = format!(
        "when (select count(*) from logged) <> (select count(*) from updated)
           and not exists (select from logged where logged.job_id = updated.id) then '{}'",
        NotStored::NoEvent.as_str()
    );
    format!(
        "{logged}, outcome as materialized (
           select updated.id::text as id, {columns},
                  case when updated.is_stored is not true then '{reverted}' {no_event} end as refused
             from updated
         ), noted as materialized (
           select pg_catalog.set_config('{REFUSED}', count(refused)::text, true),
                  pg_catalog.set_config('{COUNT}', count(*)::text, true),
                  pg_catalog.set_config('{WRITTEN}', coalesce({written}, ''), true)
             from outcome
         )
         select id, previous, written, pg_catalog.pg_current_xact_id()::text as transaction, refused
           from outcome, noted",
        reverted = NotStored::Reverted.as_str(),
        no_event = if has_log { no_event.as_str() } else { "" },
        // Only a local journal needs the columns; otherwise they are stored in the event.
        columns = if has_log {
            "null::text as previous, null::text as written"
        } else {
            "updated.previous::text as previous, updated.written::text as written"
        },
        written = if has_log {
            "(select string_agg(concat(job_id, ':', event), ',') from logged)"
        } else {
            "string_agg(concat(id, ':'), ',')"
        },
    )
}

/// Returns the CTE that writes one event per job, or an empty string if events cannot be written.
fn event(layout: &Layout, stage: Option<&EventStage>, data: &str) -> String {
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
           returning job_id, id::text as event
         )",
        stage_column = ident(&events.stage),
        data_column = ident(&stage.data),
        stage = literal(&stage.stage),
    )
}
