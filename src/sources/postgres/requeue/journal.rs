//! The local journal, for databases that have no events: what each job was and what was written.
//!
//! A line is on disk before its batch is committed. A crash in between leaves lines of a batch that
//! never was: whoever reads them compares with the row.

use std::fs::File;
use std::io::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;

use crate::facts::{SourceError, SourceErrorKind};
use crate::redact;

/// Beside the columns before: names of those that are kept without their secrets. No column is
/// called so.
pub const REDACTED: &str = "~masked";

/// One job of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The job.
    pub id: String,
    /// Its columns before.
    pub previous: Value,
    /// Its columns after.
    pub written: Value,
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

impl Journal {
    /// Writes to this file.
    #[must_use]
    pub fn new(file: File) -> Self {
        Self { file }
    }

    /// Notes what a batch is about to commit.
    ///
    /// # Errors
    /// When it cannot be written: the batch must not be committed then.
    pub fn note(&mut self, rows: &[Row]) -> Result<(), SourceError> {
        let wrong = |error: &dyn std::fmt::Display| {
            SourceError::new(SourceErrorKind::Other, format!("the local journal: {error}"))
        };
        let mut lines = Vec::new();
        for row in rows {
            let json = |name| {
                let text: Option<&str> = row.get(name);
                serde_json::from_str(text.unwrap_or("null")).map_err(|e| wrong(&e))
            };
            let (previous, written) = (json("previous")?, json("written")?);
            let previous = without_secrets(previous, &written);
            let entry = Entry { id: row.get("id"), previous, written };
            serde_json::to_writer(&mut lines, &entry).map_err(|e| wrong(&e))?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines).and_then(|()| self.file.sync_data()).map_err(|e| wrong(&e))
    }
}

/// What was before, without the secrets that its errors hold; those columns are named. What was
/// changed stays as it was, so that it can be put back: an error only where a trigger changed it.
fn without_secrets(mut previous: Value, written: &Value) -> Value {
    let Some(columns) = previous.as_object_mut() else { return previous };
    let mut masked = Vec::new();
    for (name, value) in columns.iter_mut().filter(|(name, _)| written.get(name).is_none()) {
        let clean = redact::json(value.clone());
        if clean != *value {
            masked.push(Value::from(name.as_str()));
        }
        *value = clean;
    }
    if !masked.is_empty() {
        columns.insert(REDACTED.to_owned(), masked.into());
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
        let kept = without_secrets(previous.clone(), &json!({ "state": "queued", "worker": null }));
        let error = json!({ "token": redact::REDACTED });
        let masked =
            json!({ "state": "failed", "error": error, "worker": "a", REDACTED: ["error"] });
        assert_eq!(kept, masked);
        let changed = json!({ "state": "queued", "worker": null, "error": null });
        assert_eq!(without_secrets(previous.clone(), &changed), previous);
    }
}
