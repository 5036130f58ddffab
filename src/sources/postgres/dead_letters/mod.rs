//! Reads dead letters: pages and streams of them, their age, and the number of jobs with the same
//! cause.
//!
//! Pages use a keyset, never OFFSET.

mod dead_since;
pub(crate) mod death_events;
mod page;
mod same_cause;

pub(crate) use dead_since::changed_of;
pub(crate) use dead_since::{dead_since_columns, dead_since_of};
pub(crate) use page::{list, stream};
pub(crate) use same_cause::count_same_cause;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::selection::{Conditions, fingerprint_columns};
use crate::facts::dead_letter::DeadLetter;
use crate::facts::listing::{Cursor, Order};
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};
use crate::sources::postgres::row_types;
use crate::suggest::{CommandText, ShellCommand};

/// Maximum number of characters of an error that a listing reads; only the first line is shown.
const ERROR_BYTES: usize = 2_000;

/// Selection, order and start of a listing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing<'a> {
    /// Layout of the table.
    pub(crate) layout: &'a Layout,
    /// Condition for the jobs: that of dead letters, or of given-up jobs.
    pub(crate) jobs: &'a str,
    /// Filters.
    pub(crate) selection: &'a Selection,
    /// Order of the rows.
    pub(crate) order: Order,
    /// Last job of the previous page.
    pub(crate) after: Option<&'a Cursor>,
}

impl Listing<'_> {
    /// Returns the statement for at most `limit` rows. [`Order::DeadSince`] is not part of it: it
    /// depends on times recorded by workers, which are parsed here.
    fn statement(&self, limit: Option<u64>) -> (String, Conditions) {
        let jobs = self.layout.rows_as("jobs");
        let layout = self.layout;
        let key = sql::dead_since(layout);
        let mut conditions = Conditions::of(layout, self.selection, self.jobs);
        let (direction, operator) =
            if self.order == Order::Oldest { ("asc", ">") } else { ("desc", "<") };
        if let Some(cursor) = self.after.filter(|_| self.order != Order::DeadSince) {
            let changed = conditions.bind(cursor.at.clone(), Type::TEXT);
            let id = conditions.bind(cursor.id.to_string(), Type::TEXT);
            let id_type = layout.id.sql();
            conditions.push(format!(
                "({key}, id) {behind} ({changed}::timestamptz, {id}::{id_type})",
                behind = operator
            ));
        }
        let mut statement = format!(
            "select {}, {} from {jobs} where {}",
            columns(layout),
            fingerprint_columns(layout),
            conditions.sql()
        );
        if self.order != Order::DeadSince {
            statement.push_str(&format!(" order by {key} {direction}, id {direction}"));
        }
        if let Some(limit) = limit {
            statement.push_str(&format!(" limit {limit}"));
        }
        (statement, conditions)
    }
}

/// Checks that the schema has dead letters.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] if it has none, with the reason.
pub(crate) fn required(layout: &Layout) -> Result<(), SourceError> {
    match layout.no_dead_letters() {
        None => Ok(()),
        Some(reason) => Err(SourceError::new(SourceErrorKind::UnknownLayout, reason)
            .hint(CommandText::to("count failed jobs", ShellCommand::new("queue")))),
    }
}

fn columns(layout: &Layout) -> String {
    let text =
        |column: &Option<String>| format!("{}::text", sql::column_or_null(column.as_ref(), "text"));
    let number = |column: &Option<String>| {
        format!("{}::bigint", sql::column_or_null(column.as_ref(), "bigint"))
    };
    format!(
        "id as job, id::text as id, {} as kind, {} as workspace, {} as attempts, {} as max_attempts, \
         left({}, {ERROR_BYTES}) as error, {} as deleted_in, {}",
        text(&layout.kind),
        text(&layout.workspace),
        number(&layout.attempts),
        number(&layout.max_attempts),
        sql::error_text(layout),
        sql::deleted_in(layout),
        dead_since_columns(layout),
    )
}

fn dead_letter(row: &Row, group: String) -> DeadLetter {
    DeadLetter {
        group,
        id: row_types::shown_id(row),
        kind: row_types::text(row, "kind"),
        workspace: row_types::text(row, "workspace"),
        attempts: row.get("attempts"),
        max_attempts: row.get("max_attempts"),
        error: row_types::text(row, "error"),
        dead_since: dead_since_of(row),
        deleted_in: row.get::<_, Option<f64>>("deleted_in").filter(|seconds| seconds.is_finite()),
        changed: changed_of(row).map(|at| at.rfc3339(6)).unwrap_or_default(),
    }
}
