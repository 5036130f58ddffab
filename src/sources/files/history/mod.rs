//! The history: snapshots and operations in one SQLite file in the state directory.
//!
//! Several processes may write at once (WAL, busy timeout, one short transaction per snapshot). A
//! snapshot is stored completely or not at all, and survives a power failure once acknowledged
//! (`synchronous = FULL`).

mod read;
mod schema;
mod systems;
mod write;

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
pub use systems::SystemId;

use crate::error::{Error, ErrorKind};
use crate::facts::SourceErrorKind;
use crate::facts::operation::OperationType;
use crate::sources::files::private_file;

/// Name of the file in the state directory.
const FILE: &str = "history.db";
/// How long to wait for another writer, whose transactions take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// An open history file.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// Device and inode of the opened file.
    file: Option<(u64, u64)>,
}

impl Store {
    /// Opens the file for writing, creates it if it does not exist, and applies missing migrations.
    ///
    /// # Errors
    /// If it cannot be used, or a newer version of cliplyctl wrote it.
    pub fn open(directory: Option<&Path>) -> Result<Self, Error> {
        let path = path(directory)?;
        if let Some(parent) = path.parent() {
            private_file::create_directory(parent).map_err(|error| file_error(&path, &error))?;
        }
        // SQLite creates its `-wal` and `-shm` files with the permissions of this file.
        drop(private_file::append(&path).map_err(|error| file_error(&path, &error))?);
        let store_error = |error| database_error(&path, &error);
        let mut connection = Connection::open(&path).map_err(store_error)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(store_error)?;
        schema::prepare(&mut connection, &path)?;
        Ok(Self { connection, file: file_id(&path), path })
    }

    /// Opens the file for reading; `None` if it does not exist.
    ///
    /// # Errors
    /// Like [`Store::open`].
    pub fn read(directory: Option<&Path>) -> Result<Option<Self>, Error> {
        let path = path(directory)?;
        if !fs::exists(&path).unwrap_or(false) {
            return Ok(None);
        }
        let store_error = |error| database_error(&path, &error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(store_error)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(store_error)?;
        match schema::version(&connection).map_err(store_error)? {
            // Empty, or written by an older version: apply the missing migrations.
            version if version < schema::VERSION => Self::open(directory).map(Some),
            version => {
                schema::check(version, &path)?;
                Ok(Some(Self { connection, file: file_id(&path), path }))
            }
        }
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the opened file was deleted or replaced: SQLite would write to it without an error, and nobody could
    /// read what it writes.
    pub(crate) fn is_deleted(&self) -> bool {
        file_id(&self.path) != self.file
    }

    fn store_error(&self) -> impl Fn(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone();
        move |error| database_error(&path, &error)
    }
}

/// Device and inode of a file; `None` if there is none.
fn file_id(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

fn path(directory: Option<&Path>) -> Result<PathBuf, Error> {
    let directory = directory.ok_or_else(|| {
        Error::config("no directory for the history: neither HOME nor XDG_STATE_HOME is set")
    })?;
    Ok(directory.join(FILE))
}

fn unusable(path: &Path) -> Error {
    Error::config(format!("cannot use the history in {}", path.display()))
}

/// The error of the file system. A full disk is no error of the configuration.
fn file_error(path: &Path, error: &io::Error) -> Error {
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return Error { kind: unavailable(), ..unusable(path).cause(error) };
    }
    unusable(path).cause(error)
}

/// The error of SQLite. A store that is locked or on a full disk can be used later; a damaged one cannot.
fn database_error(path: &Path, error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let unusable = unusable(path).cause(error);
    match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => {
            Error { kind: unavailable(), ..unusable }
                .hint("another process writes to it; try again")
        }
        Some(Code::DiskFull | Code::SystemIoFailure) => {
            Error { kind: unavailable(), ..unusable }.hint("free disk space, then try again")
        }
        Some(Code::NotADatabase | Code::DatabaseCorrupt) => {
            unusable.hint(format!("rename {} to start a new one", path.display()))
        }
        _ => unusable,
    }
}

fn unavailable() -> ErrorKind {
    ErrorKind::Source(SourceErrorKind::Unavailable)
}

/// Returns the number of an operation type in the column `undo`, which was originally a boolean.
fn operation_type_number(operation_type: OperationType) -> i64 {
    match operation_type {
        OperationType::Requeue => 0,
        OperationType::Undo => 1,
        OperationType::Rescue => 2,
    }
}

fn operation_type_from_number(number: i64) -> OperationType {
    match number {
        1 => OperationType::Undo,
        2 => OperationType::Rescue,
        _ => OperationType::Requeue,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitCode;

    #[test]
    fn only_a_damaged_store_is_a_configuration_error() {
        let of_sqlite = |code| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            database_error(Path::new("h.db"), &error).exit_code()
        };
        for code in [rusqlite::ffi::SQLITE_BUSY, rusqlite::ffi::SQLITE_FULL] {
            assert_eq!(of_sqlite(code), ExitCode::Unknown, "{code}");
        }
        assert_eq!(of_sqlite(rusqlite::ffi::SQLITE_NOTADB), ExitCode::Config);
        let of_file = |kind: io::ErrorKind| file_error(Path::new("h.db"), &kind.into()).exit_code();
        assert_eq!(of_file(io::ErrorKind::StorageFull), ExitCode::Unknown);
        assert_eq!(of_file(io::ErrorKind::PermissionDenied), ExitCode::Config);
    }
}
