//! Queries that leave together with the words that open and close their transaction: one round trip.

use std::time::Duration;

use futures_util::future::{join, join_all, join3};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use super::Database;
use super::transaction::{Transaction, begin, set_limit};
use crate::facts::{SourceError, SourceErrorKind as Kind};

/// What a statement's `$1, $2, …` stand for.
pub type QueryParams<'a> = [(&'a (dyn ToSql + Sync), Type)];

/// One of the statements that are asked together.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    statement: &'a str,
    params: &'a QueryParams<'a>,
    limit: Option<Duration>,
}

impl<'a> Query<'a> {
    /// A statement and its parameters.
    pub fn new(statement: &'a str, params: &'a QueryParams<'a>) -> Self {
        Self { statement, params, limit: None }
    }

    /// With a limit of its own, which those behind it have as well.
    pub fn within(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    async fn ask(self, connection: &Client) -> Result<Vec<Row>, Error> {
        let rows = connection.query_typed(self.statement, self.params);
        let Some(limit) = self.limit else { return rows.await };
        let limit = set_limit(limit);
        let (set, rows) = join(connection.batch_execute(&limit), rows).await;
        set.and(rows)
    }
}

impl Database {
    /// The rows of one statement, in a read-only transaction of its own.
    ///
    /// # Errors
    /// The database's own.
    pub async fn rows(
        &self,
        limit: Duration,
        statement: &str,
        params: &QueryParams<'_>,
    ) -> Result<Vec<Row>, SourceError> {
        let [rows] = self.answers(limit, [Query::new(statement, params)]).await?;
        rows
    }

    /// The row of a statement that always has one.
    ///
    /// # Errors
    /// The database's own.
    pub async fn row(
        &self,
        limit: Duration,
        statement: &str,
        params: &QueryParams<'_>,
    ) -> Result<Row, SourceError> {
        only(self.rows(limit, statement, params).await)
    }

    /// The rows of several statements, in one read-only transaction. None of them may take longer than
    /// `limit`, nor all of them much longer. Behind the first that fails, all fail.
    ///
    /// # Errors
    /// The transaction's own; each statement's is with its rows.
    pub async fn answers<const N: usize>(
        &self,
        limit: Duration,
        queries: [Query<'_>; N],
    ) -> Result<[Result<Vec<Row>, SourceError>; N], SourceError> {
        let answers = self
            .with_timeout(limit, async |connection| {
                let asked = join_all(queries.map(|query| query.ask(connection)));
                flight(connection, limit, asked, |answers| answers.iter().all(Result::is_ok)).await
            })
            .await?;
        let answers: Vec<_> =
            answers.into_iter().map(|rows| rows.map_err(SourceError::from)).collect();
        answers.try_into().map_err(|_| SourceError::new(Kind::Malformed, "an answer is missing"))
    }

    /// The rows of two statements in one read-only transaction, as [`Self::answers`]; those of the first
    /// are taken while the server is busy with the second.
    ///
    /// # Errors
    /// The transaction's own; each statement's is with its rows.
    pub async fn query_pair<T>(
        &self,
        limit: Duration,
        first: Query<'_>,
        take: impl Fn(Vec<Row>) -> T,
        second: Query<'_>,
    ) -> Result<(Result<T, SourceError>, Result<Vec<Row>, SourceError>), SourceError> {
        let (first, second) = self
            .with_timeout(limit, async |connection| {
                let first = async { first.ask(connection).await.map(&take) };
                let asked = join(first, second.ask(connection));
                flight(connection, limit, asked, |(a, b)| a.is_ok() && b.is_ok()).await
            })
            .await?;
        Ok((first.map_err(SourceError::from), second.map_err(SourceError::from)))
    }
}

/// The row of an answer that always has one.
pub(crate) fn only(rows: Result<Vec<Row>, SourceError>) -> Result<Row, SourceError> {
    rows?.pop().ok_or_else(|| SourceError::new(Kind::Malformed, "an answer without a row"))
}

/// Polled in this order, and so sent in it: the way to the server and back is gone once. A statement
/// that fails makes the COMMIT a ROLLBACK.
async fn flight<T>(
    connection: &Client,
    limit: Duration,
    asked: impl Future<Output = T>,
    all_well: impl FnOnce(&T) -> bool,
) -> Result<T, SourceError> {
    let begin = begin(limit);
    let transaction = Transaction::new(connection);
    let end = connection.batch_execute("COMMIT");
    let (begun, answers, ended) = join3(connection.batch_execute(&begin), asked, end).await;
    transaction.over();
    begun?;
    if all_well(&answers) {
        ended?;
    }
    Ok(answers)
}
