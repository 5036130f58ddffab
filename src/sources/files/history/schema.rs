//! The form of the file. A migration is one entry of a list; the file says how many it has seen.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{PATIENCE, unusable};
use crate::error::Error;

/// Every migration in its order; never changed once released, only added to.
pub(crate) const MIGRATIONS: [&str; 2] = [
    "CREATE TABLE places (
       id INTEGER PRIMARY KEY,
       -- The database and the app, without credentials: what the snapshots are of.
       name TEXT NOT NULL UNIQUE,
       context TEXT
     ) STRICT;
     CREATE TABLE snapshots (
       id INTEGER PRIMARY KEY AUTOINCREMENT,
       place INTEGER NOT NULL REFERENCES places (id),
       -- Milliseconds since 1970.
       at INTEGER NOT NULL,
       took_ms INTEGER NOT NULL,
       -- 0 ok, 1 warning, 2 critical, 3 unknown.
       verdict INTEGER NOT NULL,
       section TEXT,
       -- The checks that were not OK: `queue.workers:2 ready.ok:1`.
       bad TEXT NOT NULL,
       -- Bits of the figures below that are lower bounds, the first one being 1.
       at_least INTEGER NOT NULL,
       due REAL, oldest_due REAL, scheduled REAL, in_progress REAL, stuck REAL, failed REAL,
       dead REAL, died_last_hour REAL, throughput REAL, workers REAL, last_beat REAL
     ) STRICT;
     CREATE INDEX snapshots_of_a_place ON snapshots (place, at);
     -- Apart, so that a timeline reads no page of it.
     CREATE TABLE details (
       snapshot INTEGER PRIMARY KEY REFERENCES snapshots (id) ON DELETE CASCADE,
       detail TEXT NOT NULL
     ) STRICT;",
    "CREATE TABLE operations (
       place INTEGER NOT NULL REFERENCES places (id),
       operation TEXT NOT NULL,
       undo INTEGER NOT NULL,
       who TEXT NOT NULL,
       reason TEXT,
       at INTEGER NOT NULL,
       jobs INTEGER NOT NULL,
       PRIMARY KEY (place, operation)
     ) STRICT, WITHOUT ROWID;",
];

/// The form that this version writes.
pub(crate) const VERSION: usize = MIGRATIONS.len();

/// Which form the file has.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(0))
}

/// Refuses what a newer version wrote.
pub(crate) fn check(found: usize, path: &Path) -> Result<(), Error> {
    if found <= VERSION {
        return Ok(());
    }
    Err(unusable(path)
        .cause(format!("its form is {found}, this version knows {VERSION}"))
        .hint("a newer cliplyctl wrote it: use that one, or another XDG_STATE_HOME"))
}

/// Between two tries to set the connection up.
const BREATH: Duration = Duration::from_millis(10);

/// Turns write-ahead logging on. While another one does that for a new file, or mends one whose
/// writer was killed, SQLite refuses at once instead of waiting: we wait.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + PATIENCE;
    let settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    loop {
        match connection.execute_batch(settings) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < until =>
            {
                std::thread::sleep(BREATH);
            }
            done => return done,
        }
    }
}

/// Sets the connection up and applies what is missing. Of several at once, one does the work.
pub(crate) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let failed = |error| unusable(path).cause(error);
    set_up(connection).map_err(failed)?;
    let found = version(connection).map_err(failed)?;
    check(found, path)?;
    if found == VERSION {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Another one may have been faster.
    let found = version(&transaction).map_err(failed)?;
    check(found, path)?;
    for migration in MIGRATIONS.iter().skip(found) {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", VERSION as i64).map_err(failed)?;
    transaction.commit().map_err(failed)
}
