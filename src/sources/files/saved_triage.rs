//! What a triage looked at, in a file: to judge it again elsewhere, later, with other limits.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{local_store, read_limited};
use crate::error::Error;
use crate::facts::Provenance;
use crate::facts::triage::TriageFacts;
use crate::text;

/// The form of the file; raised when an older tool could misread it.
const FORM: u32 = 1;
/// Bytes that are read: readings are bounded, a file of this size is something else.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A saved triage. The values of a `.env` are never part of it, and texts from outside are masked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedTriage {
    form: u32,
    /// The version of the tool that looked.
    pub(crate) version: String,
    /// What it looked at, and when.
    pub(crate) from: Provenance,
    /// What it saw.
    pub(crate) facts: TriageFacts,
}

/// The head of every form, this one and later ones.
#[derive(Deserialize)]
struct Head {
    form: u32,
    version: String,
}

impl SavedTriage {
    /// What this tool saw just now.
    pub(crate) fn new(from: Provenance, facts: TriageFacts) -> Self {
        Self { form: FORM, version: env!("CARGO_PKG_VERSION").to_owned(), from, facts }
    }

    /// Writes it for this user alone; the file appears whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        local_store::write(path, self)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// A usage error that says what the file is instead.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let bytes = read_limited::file(path, MAX_BYTES)
            .map_err(|e| Error::usage(format!("{shown} cannot be read")).cause(e))?
            .ok_or_else(|| describe_mismatch(path, "it is larger than any of them"))?;
        let head: Head = serde_json::from_slice(&bytes)
            .map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))?;
        if head.form != FORM {
            let message =
                format!("{shown} was saved in another form by cliplyctl {}", head.version);
            return Err(Error::usage(message).hint("read it with that version"));
        }
        serde_json::from_slice(&bytes)
            .map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))
    }
}

fn describe_mismatch(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::usage(format!("{} is no saved triage", path.display()))
        .cause(why)
        .hint("save one: cliplyctl triage --save FILE")
}
