//! The schema of the history file and its migrations. The file stores the number of applied
//! migrations as its `user_version`.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{BUSY_TIMEOUT, database_error, unusable};
use crate::error::Error;

/// All migrations in order. A released migration never changes; new ones are appended.
pub(crate) const MIGRATIONS: [&str; 5] = [
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
    "-- Few different sets occur, so that a snapshot only has the id of one.
     CREATE TABLE check_sets (
       id INTEGER PRIMARY KEY,
       checks TEXT NOT NULL UNIQUE
     ) STRICT;
     -- NULL in snapshots of earlier versions: not known.
     ALTER TABLE snapshots ADD COLUMN evaluated INTEGER;",
    "-- The databases of a system: what their server says they are, and when it started.
     CREATE TABLE servers (
       place INTEGER NOT NULL REFERENCES places (id),
       identity TEXT NOT NULL,
       started INTEGER NOT NULL,
       PRIMARY KEY (place, identity)
     ) STRICT, WITHOUT ROWID;
     -- Where a system was reached. An address can lead to another system later.
     CREATE TABLE addresses (
       address TEXT NOT NULL,
       place INTEGER NOT NULL REFERENCES places (id),
       -- The last snapshot that was recorded through it.
       snapshot INTEGER NOT NULL,
       PRIMARY KEY (address, place)
     ) STRICT, WITHOUT ROWID;
     -- The name was the address of the database, followed by the base URL.
     INSERT INTO addresses
       SELECT substr(name, 1, instr(name || ' http', ' http') - 1), id,
              coalesce((SELECT max(id) FROM snapshots WHERE place = places.id), 0)
         FROM places;",
    "-- Who resumed the operation and why, as JSON; NULL if nobody did.
     ALTER TABLE operations ADD COLUMN resumes TEXT;",
];

/// The columns of the metrics. Their names are those of version 0.1.0.
pub(super) const METRIC_COLUMNS: &str = include_str!("metric_columns.sql");

/// Schema version that this version of cliplyctl writes.
pub(crate) const VERSION: usize = MIGRATIONS.len();

/// Reads the schema version of the file.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<usize> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(0))
}

/// Rejects a file that a newer version of cliplyctl wrote.
pub(crate) fn check(found: usize, path: &Path) -> Result<(), Error> {
    if found <= VERSION {
        return Ok(());
    }
    Err(unusable(path)
        .cause(format!("its format version is {found}, this program reads {VERSION}"))
        .hint("it was written by a newer cliplyctl: use that version, or another XDG_STATE_HOME"))
}

/// Delay between two attempts to configure the connection.
const RETRY_DELAY: Duration = Duration::from_millis(10);

/// Enables write-ahead logging, full synchronization and foreign keys.
///
/// While another process enables WAL for a new file or recovers one after a crash, SQLite returns
/// `SQLITE_BUSY` without waiting for the busy timeout, so this function retries for that long.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    let settings =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    loop {
        match connection.execute_batch(settings) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && Instant::now() < deadline =>
            {
                std::thread::sleep(RETRY_DELAY);
            }
            result => return result,
        }
    }
}

/// Configures the connection and applies missing migrations. If several processes do so at once,
/// one of them applies the migrations.
pub(crate) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let store_error = |error| database_error(path, &error);
    configure(connection).map_err(store_error)?;
    let found = version(connection).map_err(store_error)?;
    check(found, path)?;
    if found == VERSION {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(store_error)?;
    // Another process may have applied them in the meantime.
    let found = version(&transaction).map_err(store_error)?;
    check(found, path)?;
    for migration in MIGRATIONS.iter().skip(found) {
        transaction.execute_batch(migration).map_err(store_error)?;
    }
    transaction.pragma_update(None, "user_version", VERSION as i64).map_err(store_error)?;
    transaction.commit().map_err(store_error)
}
