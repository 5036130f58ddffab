//! Queries that are sent together with the BEGIN and COMMIT of their transaction, in one round
//! trip.

use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use super::Database;
use super::transaction::{Transaction, begin, set_timeout};
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
            .with_timeout(timeout, async |connection| {
                let queries = join_all(queries.map(|query| query.run(connection)));
                in_one_round_trip(connection, timeout, queries, |results| {
                    results.iter().all(Result::is_ok)
                })
                .await
            })
            .await?;
        let results: Vec<_> =
            results.into_iter().map(|rows| rows.map_err(SourceError::from)).collect();
        results.try_into().map_err(|_| SourceError::new(Kind::Malformed, "an answer is missing"))
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
            .with_timeout(timeout, async |connection| {
                let first = async { first.run(connection).await.map(&convert) };
                let queries = join(first, second.run(connection));
                in_one_round_trip(connection, timeout, queries, |(a, b)| a.is_ok() && b.is_ok())
                    .await
            })
            .await?;
        Ok((first.map_err(SourceError::from), second.map_err(SourceError::from)))
    }
}

/// Returns the row of a result that always has one.
pub(crate) fn only(rows: Result<Vec<Row>, SourceError>) -> Result<Row, SourceError> {
    rows?.pop().ok_or_else(|| SourceError::new(Kind::Malformed, "an answer without a row"))
}

/// Sends BEGIN, `queries` and COMMIT in one round trip. They are sent in this order, because
/// `join3` polls in this order. After a failed statement the COMMIT acts as a ROLLBACK.
async fn in_one_round_trip<T>(
    connection: &Client,
    timeout: Duration,
    queries: impl Future<Output = T>,
    all_succeeded: impl FnOnce(&T) -> bool,
) -> Result<T, SourceError> {
    let begin = begin(timeout);
    let transaction = Transaction::new(connection);
    let end = connection.batch_execute("COMMIT");
    let (begun, results, ended) = join3(connection.batch_execute(&begin), queries, end).await;
    transaction.finish();
    begun?;
    if all_succeeded(&results) {
        ended?;
    }
    Ok(results)
}
