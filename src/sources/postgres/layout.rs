//! Asks the catalog which variant of the backend's schema this is.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio_postgres::Client;

use super::Database;
use crate::facts::layout::{Catalog, Layout, recognise};
use crate::facts::{SourceError, SourceErrorKind};

const CATALOG: &str = include_str!("queries/layout.sql");
const LIVE_COLUMN: &str = include_str!("queries/live_column.sql");

/// Reads the layout: one question, and a second where `state` and `status` both exist.
///
/// # Errors
/// As [`recognise`], or the database's own.
pub async fn read(db: &Database, timeout: Duration) -> Result<Layout, SourceError> {
    let catalog = db.read(timeout, async |tx| {
        let mut catalog: Catalog = ask(tx, CATALOG).await?;
        if catalog.is_ambiguous() {
            catalog.evidence = ask(tx, LIVE_COLUMN).await?;
        }
        Ok(catalog)
    });
    recognise(&catalog.await?)
}

async fn ask<T: DeserializeOwned>(tx: &Client, question: &str) -> Result<T, SourceError> {
    let text: String = tx.query_typed_one(question, &[]).await?.get(0);
    serde_json::from_str(&text).map_err(|e| {
        SourceError::new(SourceErrorKind::Malformed, format!("the catalog's answer: {e}"))
    })
}
