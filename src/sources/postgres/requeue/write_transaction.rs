//! Write transaction: BEGIN, the statement and COMMIT are sent in one round trip, so that no lock
//! is held during a network round trip. Classifies the errors.

use std::time::{Duration, Instant};

use futures_util::future::join3;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use crate::facts::{SourceError, SourceErrorKind};
use crate::permit::WritePermit;

/// Additional wait after the server's own timeouts, before the server counts as unresponsive.
const GRACE: Duration = Duration::from_secs(2);

/// Reason why a transaction failed. Nothing was written, except possibly for
/// [`Self::CommitUnknown`].
#[derive(Debug, Clone)]
pub(crate) enum WriteError {
    /// A row was rejected; smaller transactions show which one.
    RowRejected(String),
    /// Statement timeout, because of a slow row or a slow server.
    TimedOut(SourceError),
    /// A row is locked, or the transaction was chosen as a deadlock or serialization victim.
    RowLocked,
    /// Lock timeout on a lock that cannot be skipped, such as a table lock.
    LockTimeout(SourceError),
    /// The connection was lost; the transaction may or may not be committed.
    CommitUnknown(SourceError),
    /// No further write can succeed.
    Fatal(SourceError),
}

impl WriteError {
    /// Converts it to an error for the report.
    pub(crate) fn into_error(self) -> SourceError {
        match self {
            WriteError::TimedOut(error)
            | WriteError::LockTimeout(error)
            | WriteError::CommitUnknown(error)
            | WriteError::Fatal(error) => error,
            WriteError::RowRejected(message) => SourceError::new(SourceErrorKind::Other, message),
            WriteError::RowLocked => SourceError::new(
                SourceErrorKind::Unavailable,
                "the transaction lost against another one",
            ),
        }
    }
}

/// End of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionEnd {
    /// Commit it.
    Commit,
    /// Roll it back, to see what it would have done.
    Rollback,
}

/// Timeouts of a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TransactionTimeouts {
    /// Timeout of each statement.
    pub(crate) statement: Duration,
    /// Timeout for locks that cannot be skipped.
    pub(crate) lock: Duration,
}

impl TransactionTimeouts {
    /// Returns the SQL that begins the transaction with these timeouts.
    fn begin(self) -> String {
        format!(
            "begin isolation level read committed read write; \
             set local statement_timeout = {}; set local lock_timeout = {}",
            self.statement.as_millis().max(1),
            self.lock.as_millis().max(1)
        )
    }

    /// Runs `transaction` with a client-side timeout, in case the server does not enforce its own,
    /// and corrects the classification of errors that came too early for a timeout.
    async fn enforce<T>(
        self,
        transaction: impl Future<Output = Result<T, WriteError>>,
    ) -> Result<T, WriteError> {
        let timeout = self.statement + self.lock + GRACE;
        let started = Instant::now();
        match tokio::time::timeout(timeout, transaction).await {
            Ok(Err(WriteError::TimedOut(_))) if started.elapsed() < self.statement => {
                Err(WriteError::Fatal(SourceError::new(
                    SourceErrorKind::Other,
                    "somebody cancelled the statement on the server",
                )))
            }
            // NOWAIT fails at once with the same SQLSTATE as a lock timeout.
            Ok(Err(WriteError::LockTimeout(_))) if started.elapsed() < self.lock => {
                Err(WriteError::RowLocked)
            }
            Ok(result) => result,
            Err(_) => Err(WriteError::CommitUnknown(SourceError::new(
                SourceErrorKind::Timeout,
                format!("the server has been silent for {} s", timeout.as_secs()),
            ))),
        }
    }
}

/// Statement of one transaction with its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteTransaction<'a> {
    /// SQL of the statement; `$1` is `keys`, `$2` is `event`.
    pub(crate) statement: &'a str,
    /// Keys of the rows.
    pub(crate) keys: &'a [String],
    /// JSON that is part of every event.
    pub(crate) event: &'a str,
    /// Timeouts of the transaction.
    pub(crate) timeouts: TransactionTimeouts,
}

impl WriteTransaction<'_> {
    /// Runs the statement and returns its rows.
    async fn rows(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        let params: [(&(dyn ToSql + Sync), Type); 2] =
            [(&self.keys, Type::TEXT_ARRAY), (&self.event, Type::TEXT)];
        client.query_typed(self.statement, &params).await
    }
}

/// Runs the statement in a transaction of its own. Returns its rows and the maximum time for which
/// locks were held, which is the time between the responses to BEGIN and to COMMIT.
pub(crate) async fn run(
    client: &Client,
    _permit: &WritePermit,
    transaction: WriteTransaction<'_>,
    end: TransactionEnd,
) -> Result<(Vec<Row>, Duration), WriteError> {
    let begin = transaction.timeouts.begin();
    let end = if end == TransactionEnd::Commit { "commit" } else { "rollback" };
    let begun = async { (client.batch_execute(&begin).await, Instant::now()) };
    // `join3` polls in this order, so they are sent in this order. After a failed statement COMMIT
    // acts as ROLLBACK.
    let responses = join3(begun, transaction.rows(client), client.batch_execute(end));
    let result = async {
        let ((begun, locked_since), rows, ended) = responses.await;
        let locked_until = Instant::now();
        let rows = rows.map_err(classify_error)?;
        begun.and(ended).map_err(classify_error)?;
        Ok((rows, locked_until - locked_since))
    };
    transaction.timeouts.enforce(result).await
}

/// Runs the statement as [`run`] does, but calls `check` with the rows before COMMIT; `check`
/// decides how the transaction ends. It takes one round trip more.
pub(crate) async fn run_checked(
    client: &Client,
    _permit: &WritePermit,
    transaction: WriteTransaction<'_>,
    check: impl FnOnce(&[Row]) -> Result<TransactionEnd, SourceError>,
) -> Result<(Vec<Row>, Duration), WriteError> {
    let started = Instant::now();
    let result = async {
        client.batch_execute(&transaction.timeouts.begin()).await.map_err(classify_error)?;
        let rows = transaction.rows(client).await.map_err(classify_error);
        let checked = rows.and_then(|rows| Ok((check(&rows).map_err(WriteError::Fatal)?, rows)));
        let end =
            if matches!(checked, Ok((TransactionEnd::Commit, _))) { "commit" } else { "rollback" };
        let ended = client.batch_execute(end).await.map_err(classify_error);
        let (_, rows) = checked?;
        ended.map(|()| rows)
    };
    let rows = transaction.timeouts.enforce(result).await?;
    Ok((rows, started.elapsed()))
}

/// Classifies an error by how the writer can handle it.
pub(crate) fn classify_error(error: tokio_postgres::Error) -> WriteError {
    let code = error.as_db_error().map(|e| e.code().clone());
    let explained = SourceError::from(error);
    let Some(code) = code else {
        return WriteError::CommitUnknown(explained);
    };
    let conflicts = [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
    match code.code() {
        _ if conflicts.contains(&code) => WriteError::RowLocked,
        _ if code == SqlState::LOCK_NOT_AVAILABLE => WriteError::LockTimeout(explained),
        _ if code == SqlState::QUERY_CANCELED => WriteError::TimedOut(explained),
        // The server is failing or out of resources; a smaller transaction would not help.
        class if class.starts_with("57P") || class.starts_with("08") => {
            WriteError::CommitUnknown(explained)
        }
        class if class.starts_with("53") || class.starts_with("58") || class == "25006" => {
            WriteError::Fatal(explained)
        }
        _ if explained.kind == SourceErrorKind::Disconnected => {
            WriteError::CommitUnknown(explained)
        }
        _ => WriteError::RowRejected(explained.message),
    }
}
