//! The recorded systems: which one a snapshot belongs to, their list, and changes by the operator.
//!
//! A system is identified by what its database server says it is, so that `localhost` and `127.0.0.1` are one. While
//! the server does not answer, and for reading, the address decides.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};

use super::Store;
use crate::error::Error;
use crate::facts::identity::ServerRun;
use crate::facts::recorded_system::RecordedSystem;

/// The system that a snapshot describes.
#[derive(Debug, Clone, Copy)]
pub struct SystemId<'a> {
    /// Address of the database or base URL of the app, without credentials.
    pub address: &'a str,
    /// Name of the context that was used last.
    pub context: Option<&'a str>,
}

impl Store {
    /// Returns the id of the system that was last recorded at an address; `None` if nothing was.
    pub fn system(&self, address: &str) -> Result<Option<i64>, Error> {
        let query = "SELECT place FROM addresses WHERE address = ?1 ORDER BY snapshot DESC LIMIT 1";
        let id = self.connection.query_row(query, [address], |row| row.get(0)).optional();
        id.map_err(self.store_error())
    }

    /// Returns the id of the system with this database server; `None` if there is none.
    pub(crate) fn system_of_server(&self, server: &ServerRun) -> Result<Option<i64>, Error> {
        let query = "SELECT min(place) FROM servers WHERE identity = ?1 AND started = ?2";
        let values = params![server.identity, server.started];
        self.connection.query_row(query, values, |row| row.get(0)).map_err(self.store_error())
    }

    /// Returns all recorded systems, by name.
    pub(crate) fn systems(&self) -> Result<Vec<RecordedSystem>, Error> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT id, name, context, count(at), min(at), max(at) FROM places
                   LEFT JOIN (SELECT place, at FROM snapshots) ON place = places.id
                  GROUP BY places.id ORDER BY name",
            )?;
            let rows = statement.query_map([], |row| {
                let id: i64 = row.get(0)?;
                let first: Option<i64> = row.get(4)?;
                Ok(RecordedSystem {
                    id,
                    name: row.get(1)?,
                    context: row.get(2)?,
                    addresses: self.addresses(id)?,
                    snapshots: u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
                    range: first.zip(row.get(5)?),
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.store_error())
    }

    /// Returns the name of a system and where it was reached, latest first.
    pub(crate) fn system_name(&self, id: i64) -> Result<(String, Vec<String>), Error> {
        let read = || {
            let name = "SELECT name FROM places WHERE id = ?1";
            let name = self.connection.query_row(name, [id], |row| row.get(0))?;
            Ok((name, self.addresses(id)?))
        };
        read().map_err(self.store_error())
    }

    /// Returns the other systems that were recorded at the addresses of a system: databases that it replaced.
    pub(crate) fn replaced_systems(&self, id: i64) -> Result<Vec<(i64, String)>, Error> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT DISTINCT places.id, name FROM addresses AS own
                   JOIN addresses AS other ON other.address = own.address AND other.snapshot < own.snapshot
                   JOIN places ON places.id = other.place
                  WHERE own.place = ?1 ORDER BY places.id",
            )?;
            let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.store_error())
    }

    fn addresses(&self, id: i64) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT address FROM addresses WHERE place = ?1 ORDER BY snapshot DESC, address",
        )?;
        let rows = statement.query_map([id], |row| row.get(0))?;
        rows.collect()
    }

    /// Returns the systems that the operator can mean by an id, a name, an address or the name of a context.
    pub(crate) fn systems_called(&self, text: &str) -> Result<Vec<RecordedSystem>, Error> {
        let mut systems = self.systems()?;
        systems.retain(|system| system.is_called(text));
        Ok(systems)
    }

    /// Renames a system. Returns whether the name was free.
    pub(crate) fn rename_system(&mut self, id: i64, name: &str) -> Result<bool, Error> {
        let renamed = self.connection.execute(
            "UPDATE places SET name = ?2 WHERE id = ?1
                AND NOT EXISTS (SELECT 1 FROM places WHERE name = ?2 AND id <> ?1)",
            params![id, name],
        );
        renamed.map(|rows| rows == 1).map_err(self.store_error())
    }

    /// Moves everything of one system to another and removes the first, in one transaction.
    pub(crate) fn join_systems(&mut self, from: i64, into: i64) -> Result<(), Error> {
        let store_error = self.store_error();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&store_error)?;
        join(&transaction, from, into).map_err(&store_error)?;
        transaction.commit().map_err(&store_error)
    }
}

/// A system that was recorded at an address.
struct Candidate {
    id: i64,
    /// Whether its database is this one; `None` if its server never said which one it is.
    is_same: Option<bool>,
}

/// Returns the id of the system of a snapshot, which is inserted if it is new. Systems that turn out to be the same
/// are joined.
pub(super) fn resolve(
    tx: &Transaction<'_>,
    system: SystemId<'_>,
    server: Option<&ServerRun>,
) -> rusqlite::Result<i64> {
    let candidates = candidates(tx, system.address, server)?;
    let id = match server {
        None => match candidates.first() {
            Some(latest) => latest.id,
            None => insert(tx, system.address)?,
        },
        Some(server) => {
            // The lowest id has the longest history.
            let same = candidates.iter().filter(|system| system.is_same != Some(false));
            let mut same: Vec<_> =
                same.map(|system| system.id).chain(of_run(tx, server)?).collect();
            same.sort_unstable();
            same.dedup();
            let id = match same.first() {
                Some(id) => *id,
                None => insert(tx, system.address)?,
            };
            for other in same.iter().skip(1) {
                join(tx, *other, id)?;
            }
            tx.prepare_cached(
                "INSERT INTO servers (place, identity, started) VALUES (?1, ?2, ?3)
                 ON CONFLICT (place, identity) DO UPDATE SET started = excluded.started",
            )?
            .execute(params![id, server.identity, server.started])?;
            id
        }
    };
    tx.prepare_cached("UPDATE places SET context = ?2 WHERE id = ?1")?
        .execute(params![id, system.context])?;
    Ok(id)
}

/// Returns the systems that were recorded at the address, latest first.
fn candidates(
    tx: &Transaction<'_>,
    address: &str,
    server: Option<&ServerRun>,
) -> rusqlite::Result<Vec<Candidate>> {
    let mut statement = tx.prepare_cached(
        "SELECT place, (SELECT max(identity = ?2) FROM servers WHERE place = addresses.place)
           FROM addresses WHERE address = ?1 ORDER BY snapshot DESC",
    )?;
    let identity = server.map(|server| &server.identity);
    let rows = statement.query_map(params![address, identity], |row| {
        Ok(Candidate { id: row.get(0)?, is_same: row.get(1)? })
    })?;
    rows.collect()
}

/// Returns the systems with this run of a server.
fn of_run(tx: &Transaction<'_>, server: &ServerRun) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        tx.prepare_cached("SELECT place FROM servers WHERE identity = ?1 AND started = ?2")?;
    let rows = statement.query_map(params![server.identity, server.started], |row| row.get(0))?;
    rows.collect()
}

/// Inserts a system with its address as the name, numbered if another system has that name.
fn insert(tx: &Transaction<'_>, address: &str) -> rusqlite::Result<i64> {
    let mut statement = tx.prepare(
        "INSERT INTO places (name) VALUES (?1) ON CONFLICT (name) DO NOTHING RETURNING id",
    )?;
    let mut name = address.to_owned();
    let mut number = 1;
    loop {
        if let Some(id) = statement.query_row([&name], |row| row.get(0)).optional()? {
            return Ok(id);
        }
        number += 1;
        name = format!("{address} ({number})");
    }
}

/// Stores that a snapshot was recorded through an address.
pub(super) fn set_last_snapshot(
    tx: &Transaction<'_>,
    address: &str,
    system_id: i64,
    snapshot: i64,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO addresses (address, place, snapshot) VALUES (?1, ?2, ?3)
         ON CONFLICT (address, place) DO UPDATE SET snapshot = excluded.snapshot",
    )?
    .execute(params![address, system_id, snapshot])?;
    Ok(())
}

/// Moves snapshots, operations, addresses and servers of one system to another, and removes it.
fn join(tx: &Transaction<'_>, from: i64, into: i64) -> rusqlite::Result<()> {
    let both = params![from, into];
    // Both may have recorded an operation; its resumes only grow.
    tx.execute(
        "INSERT INTO operations (place, operation, undo, who, reason, at, jobs, resumes)
         SELECT ?2, operation, undo, who, reason, at, jobs, resumes FROM operations WHERE place = ?1
         ON CONFLICT (place, operation) DO UPDATE SET
           jobs = max(jobs, excluded.jobs), at = min(at, excluded.at),
           reason = coalesce(reason, excluded.reason),
           resumes = CASE WHEN length(resumes) >= length(excluded.resumes) THEN resumes
                          ELSE coalesce(excluded.resumes, resumes) END",
        both,
    )?;
    tx.execute("UPDATE snapshots SET place = ?2 WHERE place = ?1", both)?;
    tx.execute(
        "INSERT INTO addresses (address, place, snapshot)
         SELECT address, ?2, snapshot FROM addresses WHERE place = ?1
         ON CONFLICT (address, place) DO UPDATE SET snapshot = max(snapshot, excluded.snapshot)",
        both,
    )?;
    tx.execute(
        "INSERT INTO servers (place, identity, started)
         SELECT ?2, identity, started FROM servers WHERE place = ?1
         ON CONFLICT (place, identity) DO UPDATE SET started = max(started, excluded.started)",
        both,
    )?;
    tx.execute(
        "UPDATE places SET context = coalesce(context, (SELECT context FROM places WHERE id = ?1))
          WHERE id = ?2",
        both,
    )?;
    for table in ["operations", "addresses", "servers"] {
        tx.execute(&format!("DELETE FROM {table} WHERE place = ?1"), [from])?;
    }
    tx.execute("DELETE FROM places WHERE id = ?1", [from])?;
    Ok(())
}
