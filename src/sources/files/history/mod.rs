//! The history: snapshots in one SQLite file of the state directory.
//!
//! Several recorders may write at once (WAL, a busy timeout, one short transaction a snapshot), and
//! whoever is killed leaves a whole file behind: a snapshot is there with all its parts or not at
//! all. What was acknowledged survives a power cut (`synchronous = FULL`).

mod read;
mod schema;
mod write;

use std::fs::{self, DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
pub use write::SystemId;

use crate::error::Error;
use crate::facts::operation::OperationType;

/// The file's name.
const FILE: &str = "history.db";
/// How long to wait for another writer: its transactions take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file, opened.
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

impl Store {
    /// Opens the file for writing, makes it where there is none, and brings it to this version's form.
    ///
    /// # Errors
    /// When it cannot be used, or a newer version of this tool wrote it.
    pub fn open(directory: Option<&Path>) -> Result<Self, Error> {
        let path = path(directory)?;
        if let Some(parent) = path.parent() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
            made.map_err(|error| unusable(&path).cause(error))?;
        }
        // SQLite gives its side files the rights of this one: for this user alone.
        let made = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        drop(made.map_err(|error| unusable(&path).cause(error))?);
        let failed = |error| unusable(&path).cause(error);
        let mut connection = Connection::open(&path).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        schema::prepare(&mut connection, &path)?;
        Ok(Self { connection, path })
    }

    /// Opens the file for reading; `None` where nothing was ever recorded.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn read(directory: Option<&Path>) -> Result<Option<Self>, Error> {
        let path = path(directory)?;
        if !fs::exists(&path).unwrap_or(false) {
            return Ok(None);
        }
        let failed = |error| unusable(&path).cause(error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        match schema::version(&connection).map_err(failed)? {
            // Made and not filled yet, or by an older version: bring it up to date.
            found if found < schema::VERSION => Self::open(directory).map(Some),
            found => {
                schema::check(found, &path)?;
                Ok(Some(Self { connection, path }))
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> Error + use<> {
        let path = self.path.clone();
        move |error| unusable(&path).cause(error)
    }
}

fn path(directory: Option<&Path>) -> Result<PathBuf, Error> {
    let directory = directory.ok_or_else(|| {
        Error::config(
            "there is no place to keep the history: neither HOME nor XDG_STATE_HOME is set",
        )
    })?;
    Ok(directory.join(FILE))
}

fn unusable(path: &Path) -> Error {
    Error::config(format!("the history in {} cannot be used", path.display()))
}

/// How the column `undo` tells what an operation is: it began as a yes or no.
fn operation_type_number(deed: OperationType) -> i64 {
    match deed {
        OperationType::Requeue => 0,
        OperationType::Undo => 1,
        OperationType::Rescue => 2,
    }
}

fn operation_type_of(number: i64) -> OperationType {
    match number {
        1 => OperationType::Undo,
        2 => OperationType::Rescue,
        _ => OperationType::Requeue,
    }
}
