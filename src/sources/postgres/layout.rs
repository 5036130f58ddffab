//! Asks the catalog which variant of the backend's schema this is.

use std::time::Duration;

use super::Database;
use crate::facts::layout::{Catalog, Layout, recognise};
use crate::facts::{SourceError, SourceErrorKind};

const QUERY: &str = include_str!("queries/layout.sql");

/// Reads the layout in one round trip.
///
/// # Errors
/// As [`recognise`], or the database's own.
pub async fn read(db: &Database, timeout: Duration) -> Result<Layout, SourceError> {
    let text: String =
        db.read(timeout, async |tx| Ok(tx.query_typed_one(QUERY, &[]).await?.get(0))).await?;
    let catalog: Catalog = serde_json::from_str(&text).map_err(|e| {
        SourceError::new(SourceErrorKind::Malformed, format!("the catalog's answer: {e}"))
    })?;
    recognise(&catalog)
}
