//! A saved triage: the facts of a triage in a file, to evaluate them again later with other
//! thresholds.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::old_keys::{self, KeyOwner};
use super::{is_stdio, local_store, read_limited};
use crate::error::Error;
use crate::facts::Provenance;
use crate::facts::triage::TriageFacts;
use crate::suggest::{CommandText, ShellCommand};
use crate::{redact, text};

/// Format version of the file; incremented when an older version of cliplyctl could misread it.
const FORMAT_VERSION: u32 = 3;
/// Oldest format version that is read. Version 1 has other names of keys.
const OLDEST_VERSION: u32 = 1;
/// Maximum size of the file, bytes. The facts are bounded, so a larger file is not a saved triage.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A saved triage. It never contains values of a `.env` file; texts from outside are redacted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedTriage {
    form: u32,
    /// Version of cliplyctl that saved it.
    pub(crate) version: String,
    /// Database and app that the facts describe, and when they were read.
    pub(crate) from: Provenance,
    /// Facts that the checks evaluate.
    pub(crate) facts: TriageFacts,
}

/// The fields that every format version contains, also later ones.
#[derive(Deserialize)]
struct FileHeader {
    form: u32,
    version: String,
}

impl SavedTriage {
    /// Creates a saved triage of this version of cliplyctl.
    pub(crate) fn new(from: Provenance, facts: TriageFacts) -> Self {
        Self { form: FORMAT_VERSION, version: env!("CARGO_PKG_VERSION").to_owned(), from, facts }
    }

    /// Returns the text of the file. States and names of the layout are compared as they are, and redacted here.
    pub(crate) fn text(&self) -> Result<String, Error> {
        let json = serde_json::to_value(self)
            .map_err(|e| Error::bug("cannot serialize the triage").cause(e))?;
        Ok(redact::strings(json).to_string())
    }

    /// Writes it to a private file, which is replaced atomically.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        local_store::put(path, &self.text()?)
    }

    /// Reads a saved triage; `-` is standard input.
    ///
    /// # Errors
    /// A usage error if the file cannot be read or is not a saved triage of this format version.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let read = if is_stdio(path) {
            read_limited::reader(std::io::stdin().lock(), MAX_BYTES)
        } else {
            read_limited::file(path, MAX_BYTES)
        };
        let bytes = read
            .map_err(|e| Error::usage(format!("cannot read {shown}")).cause(e))?
            .ok_or_else(|| describe_mismatch(path, "it is too large for a saved triage"))?;
        let header: FileHeader = serde_json::from_slice(&bytes)
            .map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))?;
        if !(OLDEST_VERSION..=FORMAT_VERSION).contains(&header.form) {
            let message =
                format!("{shown} was saved in another format by cliplyctl {}", header.version);
            return Err(Error::usage(message).hint("read it with that version"));
        }
        let read = || {
            let mut file: serde_json::Value = serde_json::from_slice(&bytes)?;
            for (part, owner) in [
                ("/facts/layout", KeyOwner::Layout),
                ("/facts/queue", KeyOwner::Queue),
                ("/facts/flow", KeyOwner::Queue),
            ] {
                if let Some(value) = file.pointer_mut(part) {
                    old_keys::rename_in_json(owner, value);
                }
            }
            serde_json::from_value(file)
        };
        read().map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))
    }
}

fn describe_mismatch(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::usage(format!("{} is not a saved triage", path.display()))
        .cause(why)
        .hint(CommandText::to("save one", ShellCommand::new("triage --save FILE")))
}
