//! Filters of the `dlq` commands as SQL conditions, shared by listings and writes.

use futures_util::Stream;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, RowStream};

use super::{parallel, row_types};
use crate::facts::selection::Selection;
use crate::fingerprint::Fingerprint;
use crate::queue::{Layout, Lifecycle, sql};

/// SQL conditions and the values of their placeholders.
#[derive(Default)]
pub(crate) struct Conditions {
    conditions: Vec<String>,
    values: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
}

impl Conditions {
    /// Returns the conditions for the dead letters of a selection.
    pub(crate) fn new(layout: &Layout, selection: &Selection) -> Self {
        Self::of(layout, selection, &sql::is_role(layout, Lifecycle::Dead))
    }

    /// Returns the conditions for the jobs of a selection that fulfill this condition. Its group is checked by
    /// [`in_group`], because fingerprints are computed here.
    pub(crate) fn of(layout: &Layout, selection: &Selection, jobs: &str) -> Self {
        let mut conditions = Self::default();
        conditions.push(jobs);
        if !selection.kinds.is_empty() {
            let kind = text(layout.kind.as_ref());
            let values = conditions.bind(selection.kinds.clone(), Type::TEXT_ARRAY);
            conditions.push(format!("{kind} = any({values})"));
        }
        if let Some(column) = layout.queue_column().filter(|_| !selection.queues.is_empty()) {
            let values = conditions.bind(selection.queues.clone(), Type::TEXT_ARRAY);
            conditions.push(format!("{}::text = any({values})", sql::ident(column)));
        }
        if let Some(workspace) = &selection.workspace {
            let column = text(layout.workspace.as_ref());
            let value = conditions.bind(workspace.to_ascii_lowercase(), Type::TEXT);
            conditions.push(format!("lower({column}) = {value}"));
        }
        if let Some(substring) = &selection.error {
            let value = conditions.bind(substring.clone(), Type::TEXT);
            let error = sql::error_text(layout);
            conditions.push(format!("strpos(lower({error}), lower({value})) > 0"));
        }
        let dead_since = sql::dead_since(layout);
        for (operator, time) in [(">=", selection.since), ("<", selection.until)] {
            if let Some(time) = time {
                let value = conditions.bind(time.to_string(), Type::TEXT);
                conditions.push(format!("{dead_since} {operator} {value}::timestamptz"));
            }
        }
        // A time in the future is not a recent one.
        if selection.since.is_some() {
            conditions.push(format!("not {}", sql::is_future(&dead_since)));
        }
        conditions
    }

    /// Adds a condition; all conditions must hold.
    pub(crate) fn push(&mut self, condition: impl Into<String>) {
        self.conditions.push(condition.into());
    }

    /// Adds a value and returns its placeholder: `$3`.
    pub(crate) fn bind(
        &mut self,
        value: impl ToSql + Sync + Send + 'static,
        r#type: Type,
    ) -> String {
        self.values.push((Box::new(value), r#type));
        format!("${}", self.values.len())
    }

    /// Returns all conditions joined with `and`, for use after `where`.
    pub(crate) fn sql(&self) -> String {
        self.conditions.join(" and ")
    }

    /// Returns the values and their types, for `query_typed`.
    pub(crate) fn params(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.values
            .iter()
            .map(|(value, r#type)| (&**value as &(dyn ToSql + Sync), r#type.clone()))
            .collect()
    }
}

fn text(column: Option<&String>) -> String {
    format!("{}::text", sql::column_or_null(column, "text"))
}

/// Returns the select list that [`fingerprint`] reads: `fp_kind`, `fp_last_error`, `fp_error`.
pub(crate) fn fingerprint_columns(layout: &Layout) -> String {
    let error = layout.error.as_ref().map(|column| &column.name);
    let input = |column| sql::fingerprint_input(&sql::column_or_null(column, "text"));
    format!(
        "{} as fp_kind, {} as fp_last_error, {} as fp_error",
        text(layout.kind.as_ref()),
        input(layout.last_error.as_ref()),
        input(error),
    )
}

/// Computes the fingerprint of a row with [`fingerprint_columns`].
pub(crate) fn fingerprint(row: &Row) -> Fingerprint {
    row_types::fingerprint(row, &row_types::text(row, "fp_kind").unwrap_or_default())
}

/// Returns the rows, which have [`fingerprint_columns`], with their fingerprints.
pub(crate) fn with_fingerprints(
    rows: RowStream,
) -> impl Stream<Item = Result<(Row, Fingerprint), tokio_postgres::Error>> {
    parallel::map(rows, |row| {
        let fingerprint = fingerprint(&row);
        (row, fingerprint)
    })
}

/// Returns whether a job with this fingerprint belongs to the group of a selection, if it has one.
pub(crate) fn in_group(selection: &Selection, fingerprint: &Fingerprint) -> bool {
    selection.group.as_ref().is_none_or(|group| *group == fingerprint.hash)
}
