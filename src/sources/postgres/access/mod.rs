//! Reads roles, grants, policies, functions and triggers from the system catalog, in two round
//! trips.

use std::time::Duration;

use futures_util::future::{join, try_join_all};
use serde::de::DeserializeOwned;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::Database;
use crate::facts::access::catalog::{AccessCatalog, Role, Session};
use crate::facts::access::evaluated::Evaluations;
use crate::facts::{SourceError, SourceErrorKind};

const SESSION: &str = include_str!("queries/session.sql");
/// Catalog queries. `$1` is the roles, `$2` the schemas; each returns one JSON text.
const QUERIES: [&str; 6] = [
    include_str!("queries/roles.sql"),
    include_str!("queries/relations.sql"),
    include_str!("queries/policies.sql"),
    include_str!("queries/functions.sql"),
    include_str!("queries/triggers.sql"),
    include_str!("queries/defaults.sql"),
];

/// Reads the catalog. If `schemas` is empty, the schemas that the API exposes are read, or
/// `public`; `also` is one more schema.
pub(crate) async fn read(
    db: &Database,
    timeout: Duration,
    roles: &[String],
    schemas: &[String],
    also: Option<&str>,
) -> Result<AccessCatalog, SourceError> {
    db.read(timeout, async |tx| {
        // The search_path determines whether names in deparsed expressions are qualified; if it is
        // empty, all of them are.
        let path = tx.batch_execute("SET LOCAL search_path = ''");
        let (path, session) = join(path, tx.query_typed_one(SESSION, &[])).await;
        path?;
        let session: Session = parse(&session?.get::<_, String>(0))?;
        let mut schemas =
            if schemas.is_empty() { exposed_schemas(&session) } else { schemas.to_vec() };
        if let Some(also) = also.filter(|also| schemas.iter().all(|schema| schema != also)) {
            schemas.push(also.to_owned());
        }
        let results = run_queries(tx, roles, &schemas).await?;
        let [roles, relations, policies, functions, triggers, defaults] = &results[..] else {
            return Err(malformed("an answer is missing"));
        };
        let roles: Vec<Role> = parse(roles)?;
        let (roles, owners) = roles.into_iter().partition(|role| role.examined);
        Ok(AccessCatalog {
            session,
            schemas,
            roles,
            owners,
            relations: parse(relations)?,
            policies: parse(policies)?,
            functions: parse(functions)?,
            triggers: parse(triggers)?,
            defaults: parse(defaults)?,
            evaluations: Evaluations::default(),
        })
    })
    .await
}

/// Returns the schemas that PostgREST is configured to expose, or `public`.
fn exposed_schemas(session: &Session) -> Vec<String> {
    let list = session.api_schemas.as_deref().unwrap_or("public");
    let names = list.split(',').map(|name| name.trim().trim_matches('"').to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Sends all queries at once and returns their JSON texts in order.
async fn run_queries(
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
