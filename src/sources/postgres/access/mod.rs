//! Reads roles, grants, policies, functions and triggers from the system catalog, in two round trips: first whose
//! rights matter, then the rest.

use std::time::Duration;

use futures_util::future::{join3, try_join5};
use serde::de::DeserializeOwned;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};

use super::Database;
use crate::facts::access::catalog::{AccessCatalog, Role, Session};
use crate::facts::access::evaluated::Evaluations;
use crate::facts::{SourceError, SourceErrorKind};

const SESSION: &str = include_str!("queries/session.sql");
const ROLES: &str = include_str!("queries/roles.sql");
const RELATIONS: &str = include_str!("queries/relations.sql");
const POLICIES: &str = include_str!("queries/policies.sql");
const FUNCTIONS: &str = include_str!("queries/functions.sql");
const TRIGGERS: &str = include_str!("queries/triggers.sql");
const DEFAULTS: &str = include_str!("queries/defaults.sql");

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
        let first = join3(path, json(tx, SESSION, &[]), json(tx, ROLES, &[roles])).await;
        let (path, session, roles_text) = first;
        path?;
        let session: Session = parse(&session?)?;
        let known: Vec<Role> = parse(&roles_text?)?;
        let mut schemas =
            if schemas.is_empty() { exposed_schemas(&session) } else { schemas.to_vec() };
        if let Some(also) = also.filter(|also| schemas.iter().all(|schema| schema != also)) {
            schemas.push(also.to_owned());
        }
        let names: Vec<String> = known.iter().map(|role| role.name.clone()).collect();
        let (relations, policies, functions, triggers, defaults) = try_join5(
            json(tx, RELATIONS, &[&names, &schemas]),
            json(tx, POLICIES, &[&schemas]),
            json(tx, FUNCTIONS, &[&names, &schemas]),
            json(tx, TRIGGERS, &[]),
            json(tx, DEFAULTS, &[roles, &schemas]),
        )
        .await?;
        let (roles, owners) = known.into_iter().partition(|role| role.examined);
        Ok(AccessCatalog {
            session,
            schemas,
            roles,
            owners,
            relations: parse(&relations)?,
            policies: parse(&policies)?,
            functions: parse(&functions)?,
            triggers: parse(&triggers)?,
            defaults: parse(&defaults)?,
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

/// Returns the JSON text that a query answers with. Its parameters are lists of names.
async fn json(tx: &Client, sql: &str, lists: &[&[String]]) -> Result<String, SourceError> {
    let params: Vec<(&(dyn ToSql + Sync), Type)> =
        lists.iter().map(|list| (list as &(dyn ToSql + Sync), Type::TEXT_ARRAY)).collect();
    Ok(tx.query_typed_one(sql, &params).await?.get(0))
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, SourceError> {
    serde_json::from_str(text).map_err(malformed)
}

fn malformed(why: impl std::fmt::Display) -> SourceError {
    SourceError::new(SourceErrorKind::Malformed, format!("the catalog's answer: {why}"))
}
