//! Appends a snapshot and deletes those older than the retention, in one transaction.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{
    Connection, OptionalExtension as _, Transaction, TransactionBehavior, params, params_from_iter,
};

use super::read::resumes_from_json;
use super::schema::METRIC_COLUMNS;
use super::systems::{self, SystemId};
use super::{Store, operation_type_number};
use crate::error::Error;
use crate::facts::operation::Reasons;
use crate::facts::snapshot::{FailedCheck, METRICS, OperationMarker, Snapshot};

/// Maximum number of snapshots that one append deletes, so that its transaction stays short.
const MAX_DELETED: i64 = 500;

impl Store {
    /// Appends a snapshot and the operations read with it, and deletes what is older than `retain`. If the file was
    /// deleted, a new one is created. Returns the id of the snapshot after the transaction is committed.
    pub fn append(
        &mut self,
        system: SystemId<'_>,
        snapshot: &Snapshot,
        markers: &[OperationMarker],
        retain: Duration,
    ) -> Result<i64, Error> {
        if self.is_deleted() {
            // SQLite deletes the `-wal` file by its name when a connection closes: if the new file were open
            // already, that of the new one.
            let closed = Connection::open_in_memory().map_err(self.store_error())?;
            drop(std::mem::replace(&mut self.connection, closed));
            *self = Self::open(self.path.parent())?;
        }
        let store_error = self.store_error();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = transaction.map_err(&store_error)?;
        let write = || {
            let system_id = systems::resolve(&transaction, system, snapshot.server.as_ref())?;
            let newest = newest(&transaction, system_id)?;
            let id = insert(&transaction, system_id, snapshot)?;
            systems::set_last_snapshot(&transaction, system.address, system_id, id)?;
            for marker in markers {
                upsert_operation(&transaction, system_id, marker)?;
            }
            let retain = i64::try_from(retain.as_millis()).unwrap_or(i64::MAX);
            let now = earliest_now(snapshot, newest);
            delete_expired(&transaction, system_id, now.saturating_sub(retain))?;
            Ok(id)
        };
        let id = write().map_err(&store_error)?;
        transaction.commit().map_err(&store_error)?;
        Ok(id)
    }
}

/// Returns the time of the newest snapshot of a system.
fn newest(tx: &Transaction<'_>, system_id: i64) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached("SELECT max(at) FROM snapshots WHERE place = ?1")?
        .query_row([system_id], |row| row.get(0))
}

/// Returns the time that the retention is counted from: the earliest of this machine's clock, the database server's
/// clock and the newest stored snapshot, so that one poll with a wrong clock deletes nothing.
fn earliest_now(snapshot: &Snapshot, newest: Option<i64>) -> i64 {
    let server = snapshot.server_time.map(|at| at.as_millisecond());
    let others = [server, newest].into_iter().flatten();
    others.fold(snapshot.at.as_millisecond(), i64::min)
}

/// Returns the id of a set of checks, which is inserted if it is new.
fn upsert_check_set(tx: &Transaction<'_>, checks: &str) -> rusqlite::Result<i64> {
    let known: Option<i64> = tx
        .prepare_cached("SELECT id FROM check_sets WHERE checks = ?1")?
        .query_row([checks], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    tx.prepare_cached("INSERT INTO check_sets (checks) VALUES (?1)")?.execute([checks])?;
    Ok(tx.last_insert_rowid())
}

fn insert(tx: &Transaction<'_>, system_id: i64, snapshot: &Snapshot) -> rusqlite::Result<i64> {
    let names = METRIC_COLUMNS;
    let marks = vec!["?"; METRICS.len()].join(", ");
    let mut lower_bounds = 0;
    let mut metrics = Vec::with_capacity(METRICS.len());
    for (index, doc) in METRICS.iter().enumerate() {
        let measure = snapshot.metrics.get(doc.metric);
        lower_bounds |= i64::from(measure.is_some_and(|m| m.at_least)) << index;
        metrics.push(measure.map_or(Value::Null, |m| Value::Real(m.value)));
    }
    let mut values = vec![
        Value::Integer(system_id),
        Value::Integer(snapshot.at.as_millisecond()),
        Value::Integer(i64::try_from(snapshot.took.as_millis()).unwrap_or(i64::MAX)),
        Value::Integer(snapshot.status.number().into()),
        snapshot.section.clone().map_or(Value::Null, Value::Text),
        Value::Text(format_failed_checks(&snapshot.failed_checks)),
        Value::Integer(lower_bounds),
        Value::Integer(upsert_check_set(tx, &snapshot.evaluated.join(" "))?),
    ];
    values.extend(metrics);
    let statement = format!(
        "INSERT INTO snapshots (place, at, took_ms, verdict, section, bad, at_least, evaluated, {names}) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, {marks})"
    );
    tx.prepare_cached(&statement)?.execute(params_from_iter(values))?;
    let id = tx.last_insert_rowid();
    let detail = serde_json::to_string(&snapshot.detail).unwrap_or_default();
    tx.prepare_cached("INSERT INTO details (snapshot, detail) VALUES (?1, ?2)")?
        .execute(params![id, detail])?;
    Ok(id)
}

/// Formats checks with the numbers of their statuses: `queue.workers:2 ready.ok:1`.
fn format_failed_checks(checks: &[FailedCheck]) -> String {
    let format_check = |check: &FailedCheck| format!("{}:{}", check.check, check.status.number());
    checks.iter().map(format_check).collect::<Vec<_>>().join(" ")
}

/// Inserts or updates an operation, which is recorded repeatedly while it runs. An update keeps the
/// first operator and reason and the largest number of jobs, and adds resumes.
fn upsert_operation(
    tx: &Transaction<'_>,
    system_id: i64,
    marker: &OperationMarker,
) -> rusqlite::Result<()> {
    let stored: Option<(String, Reasons)> = tx
        .prepare_cached(
            "SELECT who, reason, resumes FROM operations WHERE place = ?1 AND operation = ?2",
        )?
        .query_row(params![system_id, marker.operation], |row| {
            let resumes = resumes_from_json(row.get(2)?);
            Ok((row.get(0)?, Reasons { first: row.get(1)?, resumes }))
        })
        .optional()?;
    let (who, mut reasons) = stored.unwrap_or_else(|| (marker.who.clone(), marker.reasons.clone()));
    reasons.merge(&who, &marker.who, &marker.reasons);
    let resumes = match reasons.resumes.is_empty() {
        true => None,
        false => serde_json::to_string(&reasons.resumes).ok(),
    };
    tx.prepare_cached(
        "INSERT INTO operations (place, operation, undo, who, reason, at, jobs, resumes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (place, operation) DO UPDATE SET
           jobs = max(jobs, excluded.jobs), at = min(at, excluded.at), resumes = excluded.resumes",
    )?
    .execute(params![
        system_id,
        marker.operation,
        operation_type_number(marker.operation_type),
        who,
        reasons.first,
        marker.at.as_millisecond(),
        i64::try_from(marker.jobs).unwrap_or(i64::MAX),
        resumes,
    ])?;
    Ok(())
}

/// Deletes snapshots and operations of this system that are older than `before`. Other systems have a retention of
/// their own.
fn delete_expired(tx: &Transaction<'_>, system_id: i64, before: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "DELETE FROM snapshots WHERE id IN (
           SELECT id FROM snapshots WHERE place = ?1 AND at < ?2 LIMIT ?3)",
    )?
    .execute(params![system_id, before, MAX_DELETED])?;
    tx.prepare_cached("DELETE FROM operations WHERE place = ?1 AND at < ?2")?
        .execute(params![system_id, before])?;
    Ok(())
}
