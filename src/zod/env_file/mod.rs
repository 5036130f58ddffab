//! `.env` files and templates, read as Node's dotenv reads them, with every byte accounted for.
//!
//! dotenv is one regular expression over the whole text; [`scan`] is that expression by hand, in
//! linear time. What dotenv skips is read too: documented keys (`# KEY=`) and file hygiene.

mod comments;
mod formatting;
mod scan;
mod whitespace;
mod write;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub use write::replace;

use crate::sources::files::read_limited;
use crate::zod::model::{EntryState, EnvEntry, EnvFile, Note};

/// The largest file that is read, in bytes: real ones have a few KiB.
pub const MAX_BYTES: u64 = 16 << 20;

/// Why a `.env` file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvFileError {
    /// The system refused.
    #[error("cannot read {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no `.env` file.
    #[error("{path} is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a file.
///
/// # Errors
/// When it cannot be opened or is larger than [`MAX_BYTES`].
pub fn read(path: &Path) -> Result<EnvFile, EnvFileError> {
    let file = File::open(path);
    read_from(path, file.map_err(|source| EnvFileError::Io { path: path.to_owned(), source })?)
}

/// Reads standard input, under the name `stdin`.
///
/// # Errors
/// When it cannot be read or is larger than [`MAX_BYTES`].
pub fn read_stdin() -> Result<EnvFile, EnvFileError> {
    read_from(Path::new("stdin"), std::io::stdin().lock())
}

/// The bytes of a file, for whoever wants to write them back.
///
/// # Errors
/// As [`read`].
pub fn bytes(path: &Path) -> Result<Vec<u8>, EnvFileError> {
    let file = File::open(path);
    bytes_from(path, file.map_err(|source| EnvFileError::Io { path: path.to_owned(), source })?)
}

fn read_from(path: &Path, reader: impl Read) -> Result<EnvFile, EnvFileError> {
    Ok(parse(path, &bytes_from(path, reader)?))
}

fn bytes_from(path: &Path, reader: impl Read) -> Result<Vec<u8>, EnvFileError> {
    let path = path.to_owned();
    match read_limited::reader(reader, MAX_BYTES) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(EnvFileError::TooLarge { path }),
        Err(source) => Err(EnvFileError::Io { path, source }),
    }
}

/// Reads bytes that came from `path` (a file, or `stdin`). Any bytes will do.
#[must_use]
pub fn parse(path: &Path, bytes: &[u8]) -> EnvFile {
    let lines = LineIndex::new(bytes);
    let scanned = scan::assignments(bytes);
    let mut entries: Vec<EnvEntry> =
        scanned.iter().map(|found| found.entry(bytes, &lines)).collect();
    entries.extend(comments::documented(bytes, &scanned, &lines));
    entries.sort_by_key(|entry| entry.span.start);
    note_duplicates(&mut entries);
    let notes = formatting::notes(bytes, &scanned, &lines);
    EnvFile { path: path.to_owned(), entries, notes }
}

fn note_duplicates(entries: &mut [EnvEntry]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for entry in entries.iter_mut().filter(|entry| entry.state == EntryState::Active) {
        if let Some(earlier) = seen.insert(entry.key.clone(), entry.line) {
            entry.notes.push(Note::Duplicate { earlier });
        }
    }
}

/// Turns byte offsets into line numbers. LF, CRLF and a lone CR each end a line.
struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    fn new(bytes: &[u8]) -> Self {
        let mut starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            let ends_line =
                *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends_line {
                starts.push(index + 1);
            }
        }
        Self { starts }
    }

    /// The line of an offset, from 1.
    fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
