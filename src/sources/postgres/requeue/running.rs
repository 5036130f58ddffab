//! Shows other sessions that an operation is being written: a session holds an advisory lock with its id.
//!
//! It is only shown, and forbids nothing: behind a transaction-mode pooler such a lock can outlive its session.
//! What forbids a second writer is the lock in the state directory.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio_postgres::types::Type;

use crate::facts::SourceError;
use crate::facts::operation::OperationId;
use crate::sources::postgres::{Connection, Database};

/// A session that shows that an operation is being written.
pub(crate) struct RunningMark {
    connection: Connection,
    key: i64,
}

/// Shows that this operation is being written. `None` if that fails, which harms no write.
pub(crate) async fn show(db: &Database, operation: &OperationId) -> Option<RunningMark> {
    let (connection, key) = (db.connection().await.ok()?, key(operation));
    let statement = "select pg_catalog.pg_try_advisory_lock_shared($1)";
    connection.query_typed(statement, &[(&key, Type::INT8)]).await.ok()?;
    Some(RunningMark { connection, key })
}

impl RunningMark {
    /// Ends it.
    pub(crate) async fn end(self) {
        let statement = "select pg_catalog.pg_advisory_unlock_shared($1)";
        _ = self.connection.query_typed(statement, &[(&self.key, Type::INT8)]).await;
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

/// Returns the key of the advisory lock.
fn key(operation: &OperationId) -> i64 {
    let hash = Sha256::digest(format!("cliplyctl {operation}").as_bytes());
    hash.iter().take(8).fold(0, |key, byte| key << 8 | i64::from(*byte))
}
