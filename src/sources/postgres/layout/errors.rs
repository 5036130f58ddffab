//! Errors about a layout, with what to do.

use std::fmt::Display;

use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::LayoutError;
use crate::suggest::{CommandText, ShellCommand};

/// Hint for a table that is not understood.
fn declare() -> CommandText {
    CommandText::to("check the database", ShellCommand::new("config show"))
        .text("; for another jobs table, print a declaration to start from: ")
        .command(ShellCommand::new("config check"))
}

/// Refers to the section of the runbook about access.
fn see_access(hint: impl Display) -> CommandText {
    CommandText::from(format!("{hint}; see ")).command(ShellCommand::new("runbook 4.2"))
}

/// Returns the error for a table, named as SQL.
pub(super) fn layout_error(error: LayoutError, table: &str) -> SourceError {
    let (kind, message, hint) = match error {
        LayoutError::NoTable => (
            SourceErrorKind::NotFound,
            format!("table {table} does not exist in this database"),
            declare(),
        ),
        LayoutError::NoSelect => (
            SourceErrorKind::Permission,
            format!("permission denied for table {table}: this login cannot read the queue (42501)"),
            see_access(format_args!("connect as a role that may read {table}")),
        ),
        LayoutError::HiddenByRls => (
            SourceErrorKind::Hidden,
            format!("row-level security filters {table} for this login: it cannot see all jobs"),
            see_access("connect as the owner or a role that bypasses RLS"),
        ),
        LayoutError::AmbiguousState { evidence } => (
            SourceErrorKind::UnknownLayout,
            format!(
                "{table} has both state and status, they differ, and it is not known which one the worker maintains: {evidence}"
            ),
            "set state_column = \"state\" or \"status\" in the context: the column that the worker's claim reads"
                .into(),
        ),
        LayoutError::Package(message) => (
            SourceErrorKind::UnknownLayout,
            message,
            "supported versions: docs/queues.md".into(),
        ),
        LayoutError::Unknown { expected, found } => (
            SourceErrorKind::UnknownLayout,
            format!("{table} has a layout unknown to this tool: expected {expected}, found columns {found}"),
            declare(),
        ),
    };
    SourceError::new(kind, message).hint(hint)
}
