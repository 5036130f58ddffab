//! The SQL of an operation, whatever the layout.

use serde_json::Value;

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
    /// Query for the keys of a requeue, if they are not the ids.
    pub(crate) keys: Option<KeyQuery>,
}

impl Statements {
    /// Returns the statement that locks the jobs that could still be written, without waiting for
    /// locks.
    pub(crate) fn locks(&self) -> String {
        // The second parameter (the event) is not used here.
        format!("{} for no key update of job nowait", self.matching)
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
}

/// Returns the SQL for a JSON object of these columns of `row`.
pub(crate) fn object(row: &str, columns: &[String]) -> String {
    let pairs: Vec<_> =
        columns.iter().map(|c| format!("{}, {row}.{}", literal(c), ident(c))).collect();
    format!("jsonb_build_object({})", pairs.join(", "))
}
