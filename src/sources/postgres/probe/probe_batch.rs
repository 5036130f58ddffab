//! Runs many queries in one round trip, with savepoints so that each may fail without affecting the others.

use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio_postgres::Client;
use tokio_postgres::error::ErrorPosition;

use crate::facts::SourceError;
use crate::facts::access::tested::TestRole;
use crate::permit::WritePermit;
use crate::queue::sql::{ident, literal};
use crate::redact;
use crate::sources::postgres::Database;

/// First column of every row, or the reason why there is no result.
pub(crate) type ProbeResult = Result<Vec<Option<String>>, ProbeError>;

/// Reason why a query has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProbeError {
    /// Not tested, because of a timeout or an unavailable server.
    Blocked(String),
    /// Permission denied (42501), with the server's message.
    Denied(String),
    /// Permission denied for a name in the text of the query, such as a schema without USAGE. A stored expression
    /// holds what its names meant when it was created, so that it does not have this error.
    Unresolved(String),
    /// Row security allowed the write, and a constraint rejected it.
    Constraint,
    /// Another error: SQLSTATE and message.
    Failed(String, String),
}

impl ProbeError {
    /// The reason as text.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Blocked(reason)
            | Self::Denied(reason)
            | Self::Unresolved(reason)
            | Self::Failed(_, reason) => reason,
            Self::Constraint => "a constraint".to_owned(),
        }
    }
}

/// Queries that share settings.
#[derive(Debug, Default)]
pub(crate) struct ProbeGroup {
    /// SQL that runs first, outside of the savepoint. Must not fail.
    pub(crate) setup: String,
    /// SQL of each query.
    pub(crate) queries: Vec<String>,
    /// How their names are resolved.
    pub(crate) names: Names,
}

/// Who resolves the names of a query. Whoever runs it needs all other privileges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Names {
    /// The role that runs it.
    #[default]
    AsRole,
    /// The login, before it becomes this role: as for a stored expression, the role needs no USAGE on the schemas.
    AsLogin {
        /// Role.
        role: String,
        /// Name of the prepared statement.
        statement: String,
    },
}

/// Maximum timeout of one query.
const MAX_TIMEOUT: Duration = Duration::from_secs(2);

/// Returns the SQL that sets the timeout of each query.
pub(crate) fn set_timeout(budget: Duration) -> String {
    format!("SET LOCAL statement_timeout = {}", budget.min(MAX_TIMEOUT).as_millis().max(1))
}

/// Runs all queries of all groups with the rights of the login, in a read-only transaction.
///
/// # Errors
/// If `setup` or the setup of a group fails.
pub(crate) async fn run(
    db: &Database,
    budget: Duration,
    setup: &str,
    groups: &[ProbeGroup],
) -> Result<Vec<Vec<ProbeResult>>, SourceError> {
    db.read_at_once(budget, async |client| send(client, setup, groups).await).await
}

/// Runs all queries of all groups in the open transaction of this connection. Everything is sent
/// before the first response arrives; each query is rolled back to a savepoint.
async fn send(
    client: &Client,
    setup: &str,
    groups: &[ProbeGroup],
) -> Result<Vec<Vec<ProbeResult>>, SourceError> {
    let all = join_all(groups.iter().map(|group| run_group(client, group)));
    // `join` polls its first future first, so `setup` is sent first.
    let (set_up, results) = join(client.batch_execute(setup), all).await;
    set_up?;
    results.into_iter().collect()
}

async fn run_group(client: &Client, group: &ProbeGroup) -> Result<Vec<ProbeResult>, SourceError> {
    let setup = format!("{}; SAVEPOINT tried", group.setup);
    let queries =
        join_all(group.queries.iter().map(|sql| run_with_names(client, sql, &group.names)));
    let (set_up, results) = join(client.batch_execute(&setup), queries).await;
    set_up?;
    Ok(results)
}

async fn run_with_names(client: &Client, sql: &str, names: &Names) -> ProbeResult {
    let Names::AsLogin { role, statement } = names else { return run_query(client, sql).await };
    // A prepared statement outlives the transaction, and behind a pooler the connection: it is removed here.
    // Another search_path than at its preparation would have it parsed again, and a role does not search schemas without USAGE.
    let prepare = format!(
        "SELECT pg_catalog.set_config('search_path', pg_catalog.array_to_string(array(\
           SELECT pg_catalog.quote_ident(s) FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) s), ', '), true); \
         SET LOCAL ROLE NONE; PREPARE {statement} AS {sql}; SET LOCAL ROLE {}",
        ident(role)
    );
    let execute = format!("EXECUTE {statement}");
    let remove = format!("DEALLOCATE {statement}");
    let prepared = client.batch_execute(&prepare);
    let results = join(run_query(client, &execute), run_query(client, &remove));
    match join(prepared, results).await {
        (Ok(()), (result, _)) => result,
        (Err(error), _) => Err(probe_error(error)),
    }
}

async fn run_query(client: &Client, sql: &str) -> ProbeResult {
    let query = client.query_typed(sql, &[]);
    let (result, rolled_back) = join(query, client.batch_execute("ROLLBACK TO tried")).await;
    match (result, rolled_back) {
        (Ok(rows), Ok(())) => Ok(rows.iter().map(|row| row.get(0)).collect()),
        (Err(error), _) | (_, Err(error)) => Err(probe_error(error)),
    }
}

/// Classifies the error of a query.
fn probe_error(error: tokio_postgres::Error) -> ProbeError {
    if error.code().is_some_and(|code| code.code().starts_with("23")) {
        return ProbeError::Constraint;
    }
    let code = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
    let message = error.as_db_error().map(|server| redact::text(server.message()));
    // Only the parser reports a position in the text.
    let position = error.as_db_error().and_then(|server| server.position());
    let is_in_text = matches!(position, Some(ErrorPosition::Original(_)));
    let error = SourceError::from(error);
    match (code.as_str(), message) {
        ("25006", _) => ProbeError::Blocked("it writes, and the audit writes nothing".to_owned()),
        ("42501", Some(message)) if is_in_text => ProbeError::Unresolved(message),
        ("42501", Some(message)) => ProbeError::Denied(message),
        _ if error.kind.is_retryable() => ProbeError::Blocked(error.to_string()),
        (_, message) => ProbeError::Failed(code, message.unwrap_or_else(|| error.to_string())),
    }
}

/// The `search_path` of the API's requests.
const API_PATH: &str = "public, extensions";
/// Lock timeout of a write that will be rolled back, in milliseconds.
const LOCK_WAIT_MS: u128 = 500;

/// Queries of one role.
pub(crate) type RoleQueries<'a> = (&'a str, Vec<ProbeGroup>);
/// Results of the queries of one role, by group.
pub(crate) type RoleResults = Result<Vec<Vec<ProbeResult>>, SourceError>;

/// Runs the queries of several roles in one round trip, those of each role in a read-only transaction of its own.
/// An error of the connection is the result of every role.
pub(crate) async fn run_as_each(
    db: &Database,
    budget: Duration,
    roles: &[RoleQueries<'_>],
) -> Vec<RoleResults> {
    if roles.is_empty() {
        return vec![];
    }
    let transactions = roles.iter().map(|(role, groups)| {
        let setup = assume_role(budget, role);
        async move |client: &Client| send(client, &setup, groups).await
    });
    match db.read_each(budget, transactions.collect()).await {
        Ok(results) => results,
        Err(error) => roles.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// Runs the queries of one role, as [`run_as_each`] does.
pub(crate) async fn run_as(
    db: &Database,
    budget: Duration,
    role: &str,
    groups: Vec<ProbeGroup>,
) -> RoleResults {
    let results = run_as_each(db, budget, &[(role, groups)]).await;
    results.into_iter().next().unwrap_or_else(|| Ok(vec![]))
}

/// Runs queries as a role, in a transaction that may write and is always rolled back.
pub(crate) async fn run_rolled_back_as(
    _: &WritePermit,
    db: &Database,
    budget: Duration,
    role: &str,
    groups: &[ProbeGroup],
) -> Result<Vec<Vec<ProbeResult>>, SourceError> {
    let setup = format!("{}; SET LOCAL lock_timeout = {LOCK_WAIT_MS}", assume_role(budget, role));
    db.rolled_back(budget, async |client| send(client, &setup, groups).await).await
}

/// Returns the SQL that assumes a role. All settings are local to the transaction, so that they do
/// not leak through a pooler.
fn assume_role(budget: Duration, role: &str) -> String {
    format!(
        "{}; SET LOCAL search_path = {API_PATH}; SET LOCAL ROLE {}",
        set_timeout(budget),
        ident(role)
    )
}

/// Returns the SQL that sets the JWT claims of a test role, as the API does.
pub(crate) fn claims(role: TestRole, sub: Option<&str>) -> String {
    claims_of(role.role(), sub)
}

/// Returns the SQL that sets the JWT claims of a request as `role`, as the API does.
pub(crate) fn claims_of(role: &str, sub: Option<&str>) -> String {
    let claims = match sub {
        Some(sub) => claims_of_user(role, sub),
        None => literal(&serde_json::json!({ "role": role, "aud": role }).to_string()),
    };
    let set = |name: &str, value: &str| format!("pg_catalog.set_config('{name}', {value}, true)");
    format!(
        "select {}, {}, {}",
        set("request.jwt.claims", &claims),
        set("request.jwt.claim.sub", &literal(sub.unwrap_or_default())),
        set("request.jwt.claim.role", &literal(role)),
    )
}

/// The address of the test users.
pub(crate) const USER_EMAIL: &str = "test.user@example.com";

/// Returns the claims that the token of every signed-in user has, as SQL. A condition that only asks for them holds for
/// everybody, so the test users need them, too. The values belong to nobody.
fn claims_of_user(role: &str, sub: &str) -> String {
    let claims = serde_json::json!({
        "role": role,
        "aud": role,
        "sub": sub,
        "iss": "https://auth.example.com/auth/v1",
        "session_id": "5e551017-0000-4000-8000-000000000000",
        "email": USER_EMAIL,
        "phone": "",
        "aal": "aal1",
        "amr": [{ "method": "password" }],
        "is_anonymous": false,
        "app_metadata": { "provider": "email", "providers": ["email"] },
        "user_metadata": {},
    });
    // The server compares the times with its own clock.
    let now = "extract(epoch from pg_catalog.now())::bigint";
    let times = format!("pg_catalog.jsonb_build_object('iat', {now}, 'exp', {now} + 3600)");
    let claims = literal(&claims.to_string());
    format!("({claims}::pg_catalog.jsonb operator(pg_catalog.||) {times})::text")
}
