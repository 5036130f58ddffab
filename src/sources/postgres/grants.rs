//! Reads what the grants of a database depend on.

use std::time::Duration;

use super::Database;
use crate::facts::grants::GrantFacts;
use crate::facts::{SourceError, SourceErrorKind};

const QUERY: &str = include_str!("queries/grants.sql");

/// Reads row-level security, sequences and roles in one round trip.
pub(crate) async fn read(db: &Database, timeout: Duration) -> Result<GrantFacts, SourceError> {
    let text: String = db.row(timeout, &db.with_relations(QUERY), &[]).await?.get(0);
    serde_json::from_str(&text)
        .map_err(|e| SourceError::new(SourceErrorKind::Malformed, format!("the catalog: {e}")))
}
