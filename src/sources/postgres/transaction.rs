//! Transactions whose opening words travel with the first question.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::join;
use tokio_postgres::Client;

use crate::facts::SourceError;

/// Opens a read-only transaction with a limit for each of its statements. None of them is long enough
/// to earn back the time in which the server would compile it.
pub(crate) fn begin(limit: Duration) -> String {
    format!("BEGIN READ ONLY; SET LOCAL jit = off; {}", set_limit(limit))
}

/// Limits the statements that follow in this transaction. A lock is given up a little before its
/// statement would be, so that the error tells one from the other.
pub(crate) fn set_limit(limit: Duration) -> String {
    // Zero would mean no limit at all.
    let (statement, lock) = (limit.as_millis().max(1), (limit.as_millis() * 9 / 10).max(1));
    format!("SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock}")
}

/// A conversation. The question travels with the words that open its transaction, and the answers come
/// in order: two round trips for what would take four.
pub(crate) async fn read_only<T>(
    connection: &Client,
    limit: Duration,
    ask: impl AsyncFnOnce(&Client) -> Result<T, SourceError>,
) -> Result<T, SourceError> {
    let begin = begin(limit);
    let transaction = Transaction::new(connection);
    // `join` polls, and so sends, its first future first.
    let (begun, answer) = join(connection.batch_execute(&begin), ask(connection)).await;
    begun?;
    let answer = answer?;
    transaction.over();
    connection.batch_execute("COMMIT").await?;
    Ok(answer)
}

/// An open transaction. Dropped, by an error or from outside, it is rolled back before anything else
/// is asked on its connection.
pub(crate) struct Transaction<'a>(Option<&'a Client>);

impl<'a> Transaction<'a> {
    pub(crate) fn new(connection: &'a Client) -> Self {
        Self(Some(connection))
    }

    /// Its last words were sent.
    pub(crate) fn over(mut self) {
        self.0 = None;
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // Polled once, it is sent; nobody waits for the answer.
            _ = connection.batch_execute("ROLLBACK").now_or_never();
        }
    }
}
