//! Reads the status of the server from its statistics views.

use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use super::Database;
use crate::facts::server::{MAX_CONNECTION_LIMITS, MAX_WAITS, ServerStatus};
use crate::facts::{SourceError, SourceErrorKind};

const QUERY: &str = include_str!("queries/server.sql");

/// Maximum time of a query; the views are small.
const BUDGET: Duration = Duration::from_secs(2);

/// Reads connections, transactions, lock waits, dead rows and the role in one round trip.
pub(crate) async fn read(db: &Database, timeout: Duration) -> Result<ServerStatus, SourceError> {
    let (waits, limits) = (MAX_WAITS as i64, MAX_CONNECTION_LIMITS as i64);
    let params: [(&(dyn ToSql + Sync), Type); 2] = [(&waits, Type::INT8), (&limits, Type::INT8)];
    let text: String =
        db.row(timeout.min(BUDGET), &db.with_relations(QUERY), &params).await?.get(0);
    serde_json::from_str(&text).map_err(|e| {
        SourceError::new(SourceErrorKind::Malformed, format!("server statistics: {e}"))
    })
}

/// Returns the version of the server, as it reports it at the start of a session.
pub(crate) async fn version(db: &Database) -> Option<String> {
    let connection = db.connection().await.ok()?;
    connection.parameters().version.as_deref().map(str::to_owned)
}
