//! Queries that are sent together with the BEGIN and COMMIT of their transaction, in one round
//! trip.

use std::str::FromStr;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{join, join_all, join3};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row, SimpleQueryMessage, SimpleQueryRow};

use super::session::ServerParameters;
use super::{Connection, Database};
use crate::facts::{SourceError, SourceErrorKind as Kind};

/// Values and types of `$1, $2, …` of a statement.
pub(crate) type QueryParams<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// Statement with its parameters and an optional timeout of its own.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    statement: &'a str,
    params: &'a QueryParams<'a>,
    timeout: Option<Duration>,
}

impl<'a> Query<'a> {
    /// Creates a query with the timeout of its transaction.
    pub(crate) fn new(statement: &'a str, params: &'a QueryParams<'a>) -> Self {
        Self { statement, params, timeout: None }
    }

    /// Sets a timeout for this query and those after it.
    pub(crate) fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    async fn run(self, connection: &Client) -> Result<Vec<Row>, Error> {
        let rows = connection.query_typed(self.statement, self.params);
        let Some(timeout) = self.timeout else { return rows.await };
        let set = set_timeout(timeout);
        let (set, rows) = join(connection.batch_execute(&set), rows).await;
        set.and(rows)
    }
}

impl Database {
    /// Returns the rows of one statement, in a read-only transaction of its own.
    pub(crate) async fn rows(
        &self,
        timeout: Duration,
        statement: &str,
        params: &QueryParams<'_>,
    ) -> Result<Vec<Row>, SourceError> {
        let [rows] = self.query_all(timeout, [Query::new(statement, params)]).await?;
        rows
    }

    /// Returns the only row of a statement that always has one.
    pub(crate) async fn row(
        &self,
        timeout: Duration,
        statement: &str,
        params: &QueryParams<'_>,
    ) -> Result<Row, SourceError> {
        only(self.rows(timeout, statement, params).await)
    }

    /// Returns the rows of several statements, in one read-only transaction. Each statement, and
    /// about the same for all of them together, may take at most `timeout`. All statements after a
    /// failed one fail.
    ///
    /// # Errors
    /// Errors of the transaction; the error of a statement is returned in its place.
    pub(crate) async fn query_all<const N: usize>(
        &self,
        timeout: Duration,
        queries: [Query<'_>; N],
    ) -> Result<[Result<Vec<Row>, SourceError>; N], SourceError> {
        let results = self
            .at_once(timeout, async |connection| {
                let queries = join_all(queries.map(|query| query.run(connection)));
                let all_succeeded = |results: &Vec<_>| results.iter().all(Result::is_ok);
                let ends = (timeout, self.end_of_read());
                in_one_round_trip(connection, ends, queries, all_succeeded).await
            })
            .await?;
        let results: Vec<_> =
            results.into_iter().map(|rows| rows.map_err(SourceError::from)).collect();
        results.try_into().map_err(|_| SourceError::new(Kind::Malformed, "an answer is missing"))
    }

    /// Runs several read-only transactions one after another on one connection, in one round trip. Each sends all of
    /// its statements when it is polled first, so that its end is sent behind them. Each statement may take at most
    /// `timeout`, and all transactions together about as many times that as there are.
    ///
    /// # Errors
    /// Errors of the connection; the error of a transaction is returned in its place.
    pub(crate) async fn read_each<T>(
        &self,
        timeout: Duration,
        transactions: Vec<impl AsyncFnOnce(&Client) -> Result<T, SourceError>>,
    ) -> Result<Vec<Result<T, SourceError>>, SourceError> {
        let whole = timeout.saturating_mul(u32::try_from(transactions.len()).unwrap_or(u32::MAX));
        self.at_once(whole, async |connection| {
            let ends = (timeout, self.end_of_read());
            let all = transactions.into_iter().map(async |queries| {
                in_one_round_trip(connection, ends, queries(connection), Result::is_ok).await?
            });
            Ok(join_all(all).await)
        })
        .await
    }

    /// Runs one transaction as [`Self::read_each`] does.
    pub(crate) async fn read_at_once<T>(
        &self,
        timeout: Duration,
        queries: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        let result = self.read_each(timeout, vec![queries]).await?.pop();
        result.unwrap_or_else(|| Err(SourceError::new(Kind::Malformed, "an answer is missing")))
    }

    /// Returns the rows of two statements in one read-only transaction, as [`Self::query_all`] does.
    /// `convert` is called with the rows of the first while the server runs the second.
    ///
    /// # Errors
    /// Errors of the transaction; the error of a statement is returned in its place.
    pub(crate) async fn query_pair<T>(
        &self,
        timeout: Duration,
        first: Query<'_>,
        convert: impl Fn(Vec<Row>) -> T,
        second: Query<'_>,
    ) -> Result<(Result<T, SourceError>, Result<Vec<Row>, SourceError>), SourceError> {
        let (first, second) = self
            .at_once(timeout, async |connection| {
                let first = async { first.run(connection).await.map(&convert) };
                let queries = join(first, second.run(connection));
                let ends = (timeout, self.end_of_read());
                in_one_round_trip(connection, ends, queries, |(a, b)| a.is_ok() && b.is_ok()).await
            })
            .await?;
        Ok((first.map_err(SourceError::from), second.map_err(SourceError::from)))
    }
}

/// Returns the row of a result that always has one.
pub(crate) fn only(rows: Result<Vec<Row>, SourceError>) -> Result<Row, SourceError> {
    rows?.pop().ok_or_else(|| SourceError::new(Kind::Malformed, "an answer without a row"))
}

/// Sends BEGIN, `queries` and the end of the transaction in one round trip. They are sent in this order, because
/// `join3` polls in this order. After a failed statement the COMMIT acts as a ROLLBACK.
async fn in_one_round_trip<T>(
    connection: &Connection,
    (timeout, end): (Duration, &'static str),
    queries: impl Future<Output = T>,
    all_succeeded: impl FnOnce(&T) -> bool,
) -> Result<T, SourceError> {
    let begin = begin(timeout, connection.parameters());
    let transaction = Transaction::new(connection);
    let end = connection.batch_execute(end);
    let (begun, results, ended) = join3(connection.batch_execute(&begin), queries, end).await;
    transaction.finish();
    begun?;
    if all_succeeded(&results) {
        ended?;
    }
    Ok(results)
}

impl Database {
    /// Returns the rows of several statements, in one read-only transaction. Each statement, and
    /// about the same for all of them together, may take at most `timeout`. If one fails, all fail.
    pub(crate) async fn script<const N: usize>(
        &self,
        timeout: Duration,
        statements: [&str; N],
    ) -> Result<[Vec<TextRow>; N], SourceError> {
        let row_sets = self
            .at_once(timeout, async |connection| {
                let begin = begin(timeout, connection.parameters());
                let message = format!("{begin};\n{};\nCOMMIT", statements.join(";\n"));
                let transaction = Transaction::new(connection);
                let messages = connection.simple_query(&message).await?;
                transaction.finish();
                // `begin` can return a row set before those of the statements.
                let mut row_sets = group_by_statement(messages);
                Ok(row_sets.split_off(row_sets.len().saturating_sub(N)))
            })
            .await?;
        let missing = |_| SourceError::new(Kind::Malformed, "an answer is missing");
        row_sets.try_into().map_err(missing)
    }
}

/// Groups the messages by statement; statements that return no row set are omitted.
fn group_by_statement(messages: Vec<SimpleQueryMessage>) -> Vec<Vec<TextRow>> {
    let mut row_sets: Vec<Vec<TextRow>> = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => row_sets.push(vec![]),
            SimpleQueryMessage::Row(row) => {
                if let Some(rows) = row_sets.last_mut() {
                    rows.push(TextRow(row));
                }
            }
            _ => {}
        }
    }
    row_sets
}

/// Row with text values.
pub(crate) struct TextRow(SimpleQueryRow);

impl TextRow {
    /// Returns a column as text, or `None` if it is NULL.
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.0.try_get(column).ok().flatten()
    }

    /// Parses a column with [`FromStr`].
    ///
    /// # Errors
    /// [`Kind::Malformed`] if it is NULL or cannot be parsed.
    pub(crate) fn value<T: FromStr>(&self, column: &str) -> Result<T, SourceError> {
        let value = self.text(column).and_then(|text| text.parse().ok());
        value.ok_or_else(|| {
            let text = self.text(column).unwrap_or("NULL");
            SourceError::new(Kind::Malformed, format!("the catalog's {column} reads {text}"))
        })
    }

    /// Returns whether a boolean column is true; NULL counts as false.
    pub(crate) fn flag(&self, column: &str) -> bool {
        self.text(column) == Some("t")
    }
}

/// Settings of role or database that would change what a query returns: which rows are visible, how names are
/// written, and what a backslash in a pattern means.
pub(crate) const NEUTRAL_SETTINGS: &str = "SET LOCAL row_security = on; \
     SET LOCAL quote_all_identifiers = off; SET LOCAL standard_conforming_strings = on";

/// Returns the SQL that begins a read-only transaction with a timeout for each statement. Settings of role or
/// database change no result. JIT is off: these queries are too short to benefit from compilation.
pub(crate) fn begin(timeout: Duration, server: &ServerParameters) -> String {
    format!(
        "BEGIN READ ONLY; SET LOCAL jit = off; {NEUTRAL_SETTINGS}; SET LOCAL datestyle = iso; \
         SET LOCAL timezone = 'UTC'; {}{}",
        set_timeout(timeout),
        server_settings(server),
    )
}

/// Returns the statements that depend on the server: `transaction_timeout` exists only since PostgreSQL 17, and a
/// SQL_ASCII database must not refuse to send text that is not valid in the client's encoding.
///
/// If a pooler does not pass the server's parameters on, one statement asks for them, and returns a row set.
fn server_settings(server: &ServerParameters) -> String {
    let (Some(has_timeout), Some(is_sql_ascii)) =
        (server.has_transaction_timeout(), server.is_sql_ascii())
    else {
        return "; SELECT CASE WHEN pg_catalog.current_setting('transaction_timeout', true) <> '0' \
                THEN pg_catalog.set_config('transaction_timeout', '0', true) END, \
                CASE WHEN pg_catalog.current_setting('server_encoding') = 'SQL_ASCII' \
                THEN pg_catalog.set_config('client_encoding', 'SQL_ASCII', true) END"
            .to_owned();
    };
    let timeout = if has_timeout { "; SET LOCAL transaction_timeout = 0" } else { "" };
    let encoding = if is_sql_ascii { "; SET LOCAL client_encoding = SQL_ASCII" } else { "" };
    format!("{timeout}{encoding}")
}

/// Returns the SQL that sets the timeout of the following statements of a transaction. The lock
/// timeout is shorter than the statement timeout, so that the error shows which one was exceeded.
pub(crate) fn set_timeout(timeout: Duration) -> String {
    // Zero would disable the timeout.
    let (statement, lock) = (timeout.as_millis().max(1), (timeout.as_millis() * 9 / 10).max(1));
    format!("SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}")
}

/// Runs `queries` in a read-only transaction. BEGIN is sent together with the first query, and the answer to COMMIT is
/// not awaited: one round trip instead of three for a single query.
pub(crate) async fn read_only<T>(
    connection: &Connection,
    (timeout, end): (Duration, &'static str),
    queries: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    let begin = begin(timeout, connection.parameters());
    let transaction = Transaction::new(connection);
    // `join` polls its first future first, so BEGIN is sent first.
    let (begun, result) = join(connection.batch_execute(&begin), queries(connection)).await;
    begun?;
    let result = result?;
    transaction.finish();
    // Polling once sends it. The next statement on the connection waits for it on the server.
    _ = connection.batch_execute(end).now_or_never();
    Ok(result)
}

/// Open transaction. If it is dropped, by an error or a cancellation, it is rolled back before the
/// next query on its connection.
pub(crate) struct Transaction<'a>(Option<&'a Client>);

impl<'a> Transaction<'a> {
    pub(crate) fn new(connection: &'a Client) -> Self {
        Self(Some(connection))
    }

    /// Marks the transaction as ended: its COMMIT or ROLLBACK was sent.
    pub(crate) fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // Polling once sends it; the response is not awaited.
            _ = connection.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
