//! Appends, and forgets what is too old, in one transaction.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{
    OptionalExtension as _, Transaction, TransactionBehavior, params, params_from_iter,
};

use super::{Store, operation_type_number};
use crate::error::Error;
use crate::facts::operation::reasons;
use crate::facts::snapshot::{FailedCheck, METRICS, OperationMarker, Snapshot};

/// Snapshots that one append forgets at most: it must stay short.
const FORGOTTEN: i64 = 500;

/// What the snapshots are of.
#[derive(Debug, Clone, Copy)]
pub struct SystemId<'a> {
    /// The database and the app, without credentials.
    pub name: &'a str,
    /// Name of the context that was used last.
    pub context: Option<&'a str>,
}

impl Store {
    /// Appends a snapshot and the operations that were seen with it; when this returns, they are
    /// kept. Returns the snapshot's number.
    pub fn append(
        &mut self,
        place: SystemId<'_>,
        snapshot: &Snapshot,
        marks: &[OperationMarker],
        keep: Duration,
    ) -> Result<i64, Error> {
        let failed = self.failed();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&failed)?;
        let write = || {
            let place = system_id(&transaction, place)?;
            let id = insert(&transaction, place, snapshot)?;
            for mark in marks {
                note(&transaction, place, mark)?;
            }
            let now = snapshot.at.as_millisecond();
            let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
            forget(&transaction, place, now.saturating_sub(keep))?;
            Ok(id)
        };
        let id = write().map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(id)
    }
}

fn system_id(tx: &Transaction<'_>, place: SystemId<'_>) -> rusqlite::Result<i64> {
    tx.query_row(
        "INSERT INTO places (name, context) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET context = excluded.context RETURNING id",
        params![place.name, place.context],
        |row| row.get(0),
    )
}

fn insert(tx: &Transaction<'_>, place: i64, snapshot: &Snapshot) -> rusqlite::Result<i64> {
    let names = METRICS.map(|doc| doc.name).join(", ");
    let marks = vec!["?"; METRICS.len()].join(", ");
    let mut bits = 0;
    let mut figures = Vec::with_capacity(METRICS.len());
    for (place, doc) in METRICS.iter().enumerate() {
        let measure = snapshot.metrics.get(doc.metric);
        bits |= i64::from(measure.is_some_and(|m| m.at_least)) << place;
        figures.push(measure.map_or(Value::Null, |m| Value::Real(m.value)));
    }
    let mut values = vec![
        Value::Integer(place),
        Value::Integer(snapshot.at.as_millisecond()),
        Value::Integer(i64::try_from(snapshot.took.as_millis()).unwrap_or(i64::MAX)),
        Value::Integer(snapshot.status.number().into()),
        snapshot.section.clone().map_or(Value::Null, Value::Text),
        Value::Text(bad(&snapshot.failed_checks)),
        Value::Integer(bits),
    ];
    values.extend(figures);
    let statement = format!(
        "INSERT INTO snapshots (place, at, took_ms, verdict, section, bad, at_least, {names}) \
         VALUES (?, ?, ?, ?, ?, ?, ?, {marks})"
    );
    tx.prepare_cached(&statement)?.execute(params_from_iter(values))?;
    let id = tx.last_insert_rowid();
    let detail = serde_json::to_string(&snapshot.detail).unwrap_or_default();
    tx.prepare_cached("INSERT INTO details (snapshot, detail) VALUES (?1, ?2)")?
        .execute(params![id, detail])?;
    Ok(id)
}

/// `queue.workers:2 ready.ok:1`
fn bad(troubles: &[FailedCheck]) -> String {
    let word = |trouble: &FailedCheck| format!("{}:{}", trouble.check, trouble.status.number());
    troubles.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// An operation is seen again and again while it runs: the largest count stays, and who began it;
/// whoever resumed it is told with the reason.
fn note(tx: &Transaction<'_>, place: i64, mark: &OperationMarker) -> rusqlite::Result<()> {
    let known: Option<(String, Option<String>)> = tx
        .prepare_cached("SELECT who, reason FROM operations WHERE place = ?1 AND operation = ?2")?
        .query_row(params![place, mark.operation], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (who, first) = known.unwrap_or_else(|| (mark.who.clone(), mark.reason.clone()));
    let reason = reasons((&who, first.as_deref()), (&mark.who, mark.reason.as_deref()));
    tx.prepare_cached(
        "INSERT INTO operations (place, operation, undo, who, reason, at, jobs)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (place, operation) DO UPDATE SET
           jobs = max(jobs, excluded.jobs), at = min(at, excluded.at), reason = excluded.reason",
    )?
    .execute(params![
        place,
        mark.operation,
        operation_type_number(mark.operation_type),
        who,
        reason,
        mark.at.as_millisecond(),
        i64::try_from(mark.jobs).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

/// Forgets what is older than this, of every place: those that nobody records any more as well.
fn forget(tx: &Transaction<'_>, place: i64, before: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "DELETE FROM snapshots WHERE id IN (
           SELECT s.id FROM places p JOIN snapshots s ON s.place = p.id AND s.at < ?1 LIMIT ?2)",
    )?
    .execute(params![before, FORGOTTEN])?;
    tx.prepare_cached("DELETE FROM operations WHERE place = ?1 AND at < ?2")?
        .execute(params![place, before])?;
    Ok(())
}
