//! The local journal, for databases that have no events: what each job was and what was written.
//!
//! A line is on disk before its batch is committed. A crash in between leaves lines of a batch that
//! never was: whoever reads them compares with the row.

use std::fs::File;
use std::io::Write as _;

use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use crate::facts::{SourceError, SourceErrorKind};

/// One job of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The job.
    pub id: String,
    /// Its columns before.
    pub previous: serde_json::Value,
    /// Its columns after.
    pub written: serde_json::Value,
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
            let entry =
                Entry { id: row.get("id"), previous: json("previous")?, written: json("written")? };
            serde_json::to_writer(&mut lines, &entry).map_err(|e| wrong(&e))?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines).and_then(|()| self.file.sync_data()).map_err(|e| wrong(&e))
    }
}
