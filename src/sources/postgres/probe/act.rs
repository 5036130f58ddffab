//! One query as somebody else, in a read-only transaction.

use std::time::Duration;

use crate::facts::access::observation::Persona;
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::postgres::Database;
use crate::sources::postgres::sql::{ident, literal};

/// The search_path of the API's own requests.
const API_PATH: &str = "public, extensions";

/// Somebody to act as.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who.
    pub persona: Persona,
    /// The claim `sub`.
    pub sub: Option<String>,
}

/// Why a query as somebody else gave nothing.
pub enum Refusal {
    /// We may not act as this role, or ran out of time: nothing is known.
    Blocked(String),
    /// The server refused the query (42501).
    Denied,
    /// The query failed.
    Failed(String),
}

/// The first column of every row, as this actor sees it.
pub async fn ask(
    db: &Database,
    limit: Duration,
    actor: &Actor,
    sql: &str,
) -> Result<Vec<Option<String>>, Refusal> {
    let mut assumed = false;
    let answer = db
        .read(limit, async |tx| {
            tx.batch_execute(&assume(actor)).await?;
            assumed = true;
            let rows = tx.query_typed(sql, &[]).await?;
            Ok(rows.iter().map(|row| row.get(0)).collect())
        })
        .await;
    answer.map_err(|error| refusal(&error, assumed))
}

fn refusal(error: &SourceError, assumed: bool) -> Refusal {
    match error.kind {
        _ if !assumed => Refusal::Blocked(format!("the role could not be assumed: {error}")),
        SourceErrorKind::Permission => Refusal::Denied,
        kind if kind.retryable() => Refusal::Blocked(error.to_string()),
        _ => Refusal::Failed(error.to_string()),
    }
}

/// Everything is local to the transaction: nothing leaks through a pooler.
fn assume(actor: &Actor) -> String {
    let role = actor.persona.role();
    let sub = actor.sub.as_deref().unwrap_or_default();
    let mut claims = serde_json::json!({ "role": role });
    if !sub.is_empty() {
        claims["sub"] = sub.into();
    }
    let set = |name: &str, value: &str| {
        format!("select pg_catalog.set_config('{name}', {}, true);", literal(value))
    };
    format!(
        "{}{}{}SET LOCAL search_path = {API_PATH}; SET LOCAL ROLE {}",
        set("request.jwt.claims", &claims.to_string()),
        set("request.jwt.claim.sub", sub),
        set("request.jwt.claim.role", role),
        ident(role)
    )
}
