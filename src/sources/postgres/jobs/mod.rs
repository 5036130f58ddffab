//! Reads one job with its events, and lists jobs of one state.

mod kinds;
mod list;
mod prefix;
mod timeline;

use std::time::Duration;

use futures_util::future::join;
pub(crate) use kinds::kinds_unless_used;
pub(crate) use list::{ListCondition, list};
pub(crate) use prefix::with_prefix;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::Database;
use super::selection::{fingerprint, fingerprint_columns};
use crate::facts::job::{Job, Timeline};
use crate::facts::stuck_job::SignOfLife;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Claims, Fate, Layout, TimeColumn, sql};
use crate::sources::postgres::row_types;
use crate::suggest::{CommandText, ShellCommand};

/// Maximum number of characters of each long column that are read.
const LONG: usize = 64 * 1024;

/// Reads the job with this id. `stuck_after` is the age of the heartbeat from which a claimed job is stuck, in seconds.
///
/// # Errors
/// [`SourceErrorKind::NotFound`] if there is no such job.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    claims: &Claims,
    (id, stuck_after): (&str, f64),
    timeout: Duration,
) -> Result<Job, SourceError> {
    let jobs = layout.rows_as("jobs");
    let fate = claims.retries.fate(layout);
    let fate = fate.unwrap_or_else(|| sql::literal(Fate::Retried.as_str()));
    let statement = format!(
        "select {}, ({fate})::text as fate from {jobs} where id = $1::text::{}",
        columns(layout),
        layout.id.sql()
    );
    // In one round trip with its events.
    let shared = db.on_one_connection(timeout).await?;
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&id, Type::TEXT), (&stuck_after, Type::FLOAT8)];
    let row = shared.rows(timeout, &statement, &params);
    let (row, timeline) = join(row, timeline::read(&shared, layout, id, timeout)).await;
    let row = row?.into_iter().next().ok_or_else(|| {
        SourceError::new(SourceErrorKind::NotFound, format!("job {id} does not exist")).hint(
            CommandText::to("list the ids", ShellCommand::new("jobs list"))
                .text(", ")
                .command(ShellCommand::new("dlq list")),
        )
    })?;
    let kind = row_types::text(&row, "kind");
    let timeline = timeline?.of_kind(kind.as_deref().unwrap_or(""));
    Ok(job(layout, claims, &row, timeline))
}

/// Whether the job is claimed and stuck. `$2` is the age from which it is.
fn is_stuck(layout: &Layout) -> String {
    let claimed = sql::state_in(layout, &layout.state_names.claimed);
    format!("coalesce({claimed} and {}, false)", sql::is_stuck(layout, "$2"))
}

/// Which time the age of the heartbeat is.
fn sign(row: &Row) -> SignOfLife {
    row.get::<_, &str>("sign").parse().unwrap_or(SignOfLife::Change)
}

fn text(column: Option<&String>) -> String {
    format!("{}::text", sql::column_or_null(column, "text"))
}

fn number(column: Option<&String>) -> String {
    format!("{}::bigint", sql::column_or_null(column, "bigint"))
}

fn columns(layout: &Layout) -> String {
    let long = |column: Option<&String>| format!("left({}, {LONG})", text(column));
    let age = |column: &Option<TimeColumn>| sql::age(&sql::time_or_null(column.as_ref()));
    format!(
        "id::text as id, {} as kind, {} as workspace, {}::text as state, {} as stale, \
         {} as attempts, {} as max_attempts, {} as due_age, {} as locked_by, {} as locked_age, \
         {} as life_age, {} as sign, {} as is_stuck, {} as created_age, {} as updated_age, {} as last_error, {} as error, \
         {} as payload, {} as result, {}",
        text(layout.kind.as_ref()),
        text(layout.workspace.as_ref()),
        sql::ident(&layout.state_column),
        text(layout.other_state_column.as_ref()),
        number(layout.attempts.as_ref()),
        number(layout.max_attempts.as_ref()),
        sql::age(&sql::due(layout)),
        text(layout.locked_by.as_ref()),
        age(&layout.locked_at),
        sql::age(&format!("({})", sql::last_sign_of_life(layout))),
        sql::kind_of_sign(layout),
        is_stuck(layout),
        age(&layout.created),
        age(&layout.updated),
        long(layout.last_error.as_ref()),
        long(layout.error.as_ref().map(|error| &error.name)),
        long(layout.payload.as_ref()),
        long(layout.result.as_ref()),
        fingerprint_columns(layout),
    )
}

fn job(layout: &Layout, claims: &Claims, row: &Row, timeline: Timeline) -> Job {
    let state = row_types::text(row, "state").unwrap_or_default();
    let finite = |name: &str| row.get::<_, Option<f64>>(name).filter(|age| age.is_finite());
    Job {
        id: row_types::shown_id(row),
        kind: row_types::text(row, "kind"),
        workspace: row_types::text(row, "workspace"),
        role: layout.role(&state, finite("due_age")),
        other_state: row_types::text(row, "stale"),
        attempts: row.get("attempts"),
        counting: claims.counting,
        fate: Fate::parse(row.get("fate")).unwrap_or(Fate::Unknown),
        max_attempts: row.get("max_attempts"),
        due_age: finite("due_age"),
        locked_by: row_types::text(row, "locked_by"),
        locked_age: finite("locked_age"),
        has_heartbeats: layout.heartbeat.is_some() || layout.locked_at.is_some(),
        sends_heartbeats: layout.heartbeat.is_some(),
        heartbeat_age: finite("life_age"),
        sign: sign(row),
        is_stuck: row.get("is_stuck"),
        owner: layout.package().and_then(|package| package.owner.clone()),
        is_rescue_refused: layout.rescue_refused().is_some(),
        is_queue_paused: layout
            .package()
            .is_some_and(|package| package.paused_state.as_ref() == Some(&state)),
        created_age: finite("created_age"),
        updated_age: finite("updated_age"),
        last_error: row_types::text(row, "last_error"),
        error: row_types::json(row, "error"),
        payload: row_types::json(row, "payload"),
        result: row_types::json(row, "result"),
        cause: fingerprint(row),
        timeline,
        state,
    }
}
