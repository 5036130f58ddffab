//! Transactions whose BEGIN is sent together with the first query, to save a round trip.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join;
use tokio_postgres::Client;

use crate::facts::SourceError;

/// Returns the SQL that begins a read-only transaction with a timeout for each statement. JIT is
/// off: these queries are too short to benefit from compilation.
pub(crate) fn begin(timeout: Duration) -> String {
    format!("BEGIN READ ONLY; SET LOCAL jit = off; {}", set_timeout(timeout))
}

/// Returns the SQL that sets the timeout of the following statements of a transaction. The lock
/// timeout is shorter than the statement timeout, so that the error shows which one was exceeded.
pub(crate) fn set_timeout(timeout: Duration) -> String {
    // Zero would disable the timeout.
    let (statement, lock) = (timeout.as_millis().max(1), (timeout.as_millis() * 9 / 10).max(1));
    format!("SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}")
}

/// Runs `queries` in a read-only transaction. BEGIN is sent together with the first query: two
/// round trips instead of four for a single query.
pub(crate) async fn read_only<T>(
    connection: &Client,
    timeout: Duration,
    queries: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    let begin = begin(timeout);
    let transaction = Transaction::new(connection);
    // `join` polls its first future first, so BEGIN is sent first.
    let (begun, result) = join(connection.batch_execute(&begin), queries(connection)).await;
    begun?;
    let result = result?;
    transaction.finish();
    connection.batch_execute("COMMIT").await?;
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
