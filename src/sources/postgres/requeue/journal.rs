//! Local journal for databases without events: the former and the written columns of each job.
//!
//! Lines are flushed to disk before their transaction is committed. After a crash the journal may
//! contain lines of a transaction that was not committed; each line names its transaction, of which the server
//! knows how it ended.

use std::fs::File;
use std::io::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;

use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;

/// Key in `previous` for the names of columns that were redacted. No column has this name.
pub(crate) const REDACTED: &str = "~masked";

/// Journal entry of one job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Id of the job.
    pub(crate) id: String,
    /// Columns before the write.
    pub(crate) previous: Value,
    /// Columns after the write.
    pub(crate) written: Value,
    /// Id of the transaction; `None` in lines of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) transaction: Option<String>,
}

/// Journal that is open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
}

impl Journal {
    /// Returns a journal that appends to `file`.
    pub(crate) fn new(file: File) -> Self {
        Self { file }
    }

    /// Appends the rows of a transaction that is about to be committed.
    ///
    /// # Errors
    /// If the journal cannot be written; the transaction must be rolled back then.
    pub(crate) fn append(&mut self, rows: &[Row]) -> Result<(), SourceError> {
        let journal_error = |error: &dyn std::fmt::Display| {
            SourceError::new(SourceErrorKind::Other, format!("the local journal: {error}"))
        };
        let mut lines = Vec::new();
        for row in rows {
            let json = |name| {
                let text: Option<&str> = row.get(name);
                serde_json::from_str(text.unwrap_or("null")).map_err(|error| journal_error(&error))
            };
            let (previous, written) = (json("previous")?, json("written")?);
            let previous = redact_previous(previous, &written);
            let transaction = row.get("transaction");
            let entry = Entry { id: row.get("id"), previous, written, transaction };
            serde_json::to_writer(&mut lines, &entry).map_err(|error| journal_error(&error))?;
            lines.push(b'\n');
        }
        let result = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        result.map_err(|error| journal_error(&error))
    }
}

/// Redacts secrets in the former columns and adds the names of redacted columns. Columns that were
/// written are not redacted, so that an undo can restore them; error columns are among them only if
/// a trigger changed them.
fn redact_previous(mut previous: Value, written: &Value) -> Value {
    let Some(columns) = previous.as_object_mut() else { return previous };
    let mut redacted = Vec::new();
    for (name, value) in columns.iter_mut().filter(|(name, _)| written.get(name).is_none()) {
        let clean = redact::json(value.clone());
        if clean != *value {
            redacted.push(Value::from(name.as_str()));
        }
        *value = clean;
    }
    if !redacted.is_empty() {
        columns.insert(REDACTED.to_owned(), redacted.into());
    }
    previous
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stored_error_is_redacted_without_other_changes() {
        let previous = json!({ "state": "failed", "error": { "token": "hunter2" }, "worker": "a" });
        let redacted =
            redact_previous(previous.clone(), &json!({ "state": "queued", "worker": null }));
        let error = json!({ "token": redact::REDACTED });
        let expected =
            json!({ "state": "failed", "error": error, "worker": "a", REDACTED: ["error"] });
        assert_eq!(redacted, expected);
        let changed = json!({ "state": "queued", "worker": null, "error": null });
        assert_eq!(redact_previous(previous.clone(), &changed), previous);
    }
}
