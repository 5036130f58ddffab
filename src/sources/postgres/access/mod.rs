//! Reads what the catalog says about access: two round trips, catalog only.

use std::time::Duration;

use futures_util::future::try_join_all;
use serde::de::DeserializeOwned;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::Database;
use crate::facts::access::catalog::{AccessCatalog, Session};
use crate::facts::{SourceError, SourceErrorKind};

const SESSION: &str = include_str!("queries/session.sql");
/// Each takes the roles and the schemas, and gives one JSON text.
const QUERIES: [&str; 6] = [
    include_str!("queries/roles.sql"),
    include_str!("queries/relations.sql"),
    include_str!("queries/policies.sql"),
    include_str!("queries/functions.sql"),
    include_str!("queries/triggers.sql"),
    include_str!("queries/defaults.sql"),
];

/// Reads the catalog. `schemas` empty: those that the API says it exposes, else `public`.
///
/// # Errors
/// The database's own.
pub async fn read(
    db: &Database,
    timeout: Duration,
    roles: &[String],
    schemas: &[String],
) -> Result<AccessCatalog, SourceError> {
    db.read(timeout, async |tx| {
        // Deparsed names come qualified: the text of an expression depends on the search_path.
        tx.batch_execute("SET LOCAL search_path = ''").await?;
        let session: Session = parse(&tx.query_typed_one(SESSION, &[]).await?.get::<_, String>(0))?;
        let schemas = if schemas.is_empty() { exposed(&session) } else { schemas.to_vec() };
        let answers = ask(tx, roles, &schemas).await?;
        let [roles, relations, policies, functions, triggers, defaults] = &answers[..] else {
            return Err(malformed("an answer is missing"));
        };
        Ok(AccessCatalog {
            session,
            schemas,
            roles: parse(roles)?,
            relations: parse(relations)?,
            policies: parse(policies)?,
            functions: parse(functions)?,
            triggers: parse(triggers)?,
            defaults: parse(defaults)?,
        })
    })
    .await
}

/// The schemas that PostgREST is told to expose, else `public`.
fn exposed(session: &Session) -> Vec<String> {
    let list = session.api_schemas.as_deref().unwrap_or("public");
    let names = list.split(',').map(|name| name.trim().trim_matches('"').to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Sends every question at once; the answers come in order.
async fn ask(
    tx: &Client,
    roles: &[String],
    schemas: &[String],
) -> Result<Vec<String>, SourceError> {
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&roles, Type::TEXT_ARRAY), (&schemas, Type::TEXT_ARRAY)];
    let rows = try_join_all(QUERIES.iter().map(|sql| tx.query_typed_one(sql, &params))).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, SourceError> {
    serde_json::from_str(text).map_err(malformed)
}

fn malformed(why: impl std::fmt::Display) -> SourceError {
    SourceError::new(SourceErrorKind::Malformed, format!("the catalog's answer: {why}"))
}
