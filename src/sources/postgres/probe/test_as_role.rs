//! Everything that is asked as one persona: one transaction, one round trip.

use std::time::Duration;

use super::probe_batch::{ProbeAnswer, ProbeGroup, ask, limited};
use crate::facts::SourceError;
use crate::facts::access::tested::TestRole;
use crate::permit::WritePermit;
use crate::queue::sql::{ident, literal};
use crate::sources::postgres::Database;

/// The search_path of the API's own requests.
const API_PATH: &str = "public, extensions";
/// How long a rehearsed write waits for a row that somebody else holds.
const LOCK_WAIT_MS: u128 = 500;

/// Asks as a role, in a read-only transaction.
pub async fn ask_as(
    db: &Database,
    budget: Duration,
    role: &str,
    groups: &[ProbeGroup],
) -> Result<Vec<Vec<ProbeAnswer>>, SourceError> {
    let opening = assume(budget, role);
    db.read(budget, async |client| ask(client, &opening, groups).await).await
}

/// Asks as a role, in a transaction that may write and is always rolled back.
pub async fn rehearse_as(
    _: &WritePermit,
    db: &Database,
    budget: Duration,
    role: &str,
    groups: &[ProbeGroup],
) -> Result<Vec<Vec<ProbeAnswer>>, SourceError> {
    let opening = format!("{}; SET LOCAL lock_timeout = {LOCK_WAIT_MS}", assume(budget, role));
    db.rolled_back(budget, async |client| ask(client, &opening, groups).await).await
}

/// Everything is local to the transaction: nothing leaks through a pooler.
fn assume(budget: Duration, role: &str) -> String {
    format!(
        "{}; SET LOCAL search_path = {API_PATH}; SET LOCAL ROLE {}",
        limited(budget),
        ident(role)
    )
}

/// The claims of a persona, as the API sets them.
pub fn claims(persona: TestRole, sub: Option<&str>) -> String {
    let mut claims = serde_json::json!({ "role": persona.role() });
    if let Some(sub) = sub {
        claims["sub"] = sub.into();
    }
    let set = |name: &str, value: &str| {
        format!("pg_catalog.set_config('{name}', {}, true)", literal(value))
    };
    format!(
        "select {}, {}, {}",
        set("request.jwt.claims", &claims.to_string()),
        set("request.jwt.claim.sub", sub.unwrap_or_default()),
        set("request.jwt.claim.role", persona.role()),
    )
}
