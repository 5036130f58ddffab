//! Many questions in one transaction, each of which may fail without the others: one round trip.

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio_postgres::Client;

use crate::facts::access::tested::TestRole;
use crate::facts::{SourceError, SourceErrorKind};
use crate::permit::WritePermit;
use crate::queue::sql::{ident, literal};
use crate::sources::postgres::Database;

/// The first column of every row, or why there is none.
pub type ProbeAnswer = Result<Vec<Option<String>>, ProbeError>;

/// Why a question had no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeError {
    /// Nothing is known: out of time, or not ours to try.
    Blocked(String),
    /// The server refused (42501).
    Denied,
    /// Row security let it pass; a constraint stopped it.
    Constraint,
    /// It failed.
    Failed(String),
}

/// Questions that share an opening: settings that hold for them alone.
#[derive(Debug, Default)]
pub struct ProbeGroup {
    /// Run first, outside of the savepoint. Must not fail.
    pub opening: String,
    /// What is asked.
    pub questions: Vec<String>,
}

/// The longest that one question may take, whatever the command's budget.
const LIMIT: Duration = Duration::from_secs(2);

/// Sets the limit of each question.
pub fn limited(budget: Duration) -> String {
    format!("SET LOCAL statement_timeout = {}", budget.min(LIMIT).as_millis().max(1))
}

/// Asks every question of every group in the transaction that is open on this connection. Everything is
/// sent before the first answer comes; a savepoint takes back whatever a question did or broke.
///
/// # Errors
/// When `opening` or a group's own opening failed: then nothing was asked.
pub async fn ask(
    client: &Client,
    opening: &str,
    groups: &[ProbeGroup],
) -> Result<Vec<Vec<ProbeAnswer>>, SourceError> {
    let all = join_all(groups.iter().map(|group| ask_group(client, group)));
    // `join` polls, and so sends, its first future first.
    let (opened, answers) = join(client.batch_execute(opening), all).await;
    opened?;
    answers.into_iter().collect()
}

async fn ask_group(client: &Client, group: &ProbeGroup) -> Result<Vec<ProbeAnswer>, SourceError> {
    let opening = format!("{}; SAVEPOINT tried", group.opening);
    let questions = join_all(group.questions.iter().map(|sql| ask_one(client, sql)));
    let (opened, answers) = join(client.batch_execute(&opening), questions).await;
    opened?;
    Ok(answers)
}

async fn ask_one(client: &Client, sql: &str) -> ProbeAnswer {
    let question = client.query_typed(sql, &[]);
    let (answer, back) = join(question, client.batch_execute("ROLLBACK TO tried")).await;
    match (answer, back) {
        (Ok(rows), Ok(())) => Ok(rows.iter().map(|row| row.get(0)).collect()),
        (Err(error), _) | (_, Err(error)) => Err(refusal(error)),
    }
}

fn refusal(error: tokio_postgres::Error) -> ProbeError {
    if error.code().is_some_and(|code| code.code().starts_with("23")) {
        return ProbeError::Constraint;
    }
    let error = SourceError::from(error);
    match error.kind {
        SourceErrorKind::Permission => ProbeError::Denied,
        kind if kind.retryable() => ProbeError::Blocked(error.to_string()),
        _ => ProbeError::Failed(error.to_string()),
    }
}

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
