//! Shows other sessions that an operation is being written: a transaction holds an advisory lock with its id.
//!
//! The lock belongs to a transaction and not to a session, because behind a transaction-mode pooler a session lock
//! stays on the connection of another client. It is only shown, and forbids nothing; what forbids a second writer is
//! the lock in the state directory.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::FutureExt as _;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use tokio_postgres::types::Type;

use crate::facts::SourceError;
use crate::facts::operation::OperationId;
use crate::sources::postgres::{Connection, Database};

/// Time within which the transaction must begin and another query be answered at the same time; otherwise a pooler has no
/// second connection to the server.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// An open transaction that shows that an operation is being written. It reads no rows, so it delays no vacuum. It is
/// rolled back when it is dropped.
pub(crate) struct RunningMark(Option<Connection>);

/// Shows that this operation is being written. `None` if that fails or if there is no connection to spare, which harms
/// no write.
pub(crate) async fn show(db: &Database, operation: &OperationId) -> Option<RunningMark> {
    let connection = db.spare_connection().await?;
    match timeout(PROBE_TIME, begin(db, &connection, operation)).await {
        Ok(Ok(())) => Some(RunningMark(Some(connection))),
        // A pooler may still keep its queries waiting.
        _ => {
            connection.discard();
            None
        }
    }
}

/// Begins the transaction, and tests that another connection is answered beside it.
async fn begin(
    db: &Database,
    connection: &Connection,
    operation: &OperationId,
) -> Result<(), SourceError> {
    let begin = "BEGIN READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0";
    connection.batch_execute(begin).await?;
    let statement = "select pg_catalog.pg_try_advisory_xact_lock_shared($1)";
    connection.query_typed(statement, &[(&key(operation), Type::INT8)]).await?;
    db.row(PROBE_TIME, "select 1 as one", &[]).await.map(drop)
}

impl RunningMark {
    /// Ends the transaction.
    pub(crate) async fn end(mut self) {
        if let Some(connection) = self.0.take() {
            _ = connection.batch_execute("ROLLBACK").await;
        }
    }
}

impl Drop for RunningMark {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            // Polling once sends it, before the next query on the connection; the response is not awaited.
            _ = connection.batch_execute("ROLLBACK").now_or_never();
        }
    }
}

/// Returns whether a session shows that this operation is being written.
pub(crate) async fn is_shown(
    db: &Database,
    operation: &OperationId,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let statement = "select exists (select from pg_catalog.pg_locks
      where locktype = 'advisory' and objsubid = 1 and granted
        and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and (classid::bigint << 32) | objid::bigint = $1) as running";
    Ok(db.row(timeout, statement, &[(&key(operation), Type::INT8)]).await?.get("running"))
}

/// Returns those of the operations that a session shows to be written.
pub(crate) async fn shown(
    db: &Database,
    operations: &[OperationId],
    timeout: Duration,
) -> Result<HashSet<OperationId>, SourceError> {
    let statement = "select distinct (classid::bigint << 32) | objid::bigint as key from pg_catalog.pg_locks
      where locktype = 'advisory' and objsubid = 1 and granted
        and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())";
    let rows = db.rows(timeout, statement, &[]).await?;
    let keys: HashSet<i64> = rows.iter().map(|row| row.get("key")).collect();
    Ok(operations.iter().filter(|operation| keys.contains(&key(operation))).cloned().collect())
}

/// Returns the key of the advisory lock.
fn key(operation: &OperationId) -> i64 {
    let hash = Sha256::digest(format!("cliplyctl {operation}").as_bytes());
    hash.iter().take(8).fold(0, |key, byte| key << 8 | i64::from(*byte))
}
