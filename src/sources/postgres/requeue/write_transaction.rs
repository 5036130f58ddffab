//! Write transaction: BEGIN, the statement and COMMIT are sent in one round trip, so that no lock
//! is held during a network round trip. Classifies the errors.

use std::time::{Duration, Instant};

use futures_util::future::{join, join3, join4};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::stored::{self, GUARD, NotStored, RUN_DEFERRED};
use crate::facts::{SourceError, SourceErrorKind};
use crate::fingerprint::Fingerprint;
use crate::permit::WritePermit;

/// Additional wait after the server's own timeouts, before the server counts as unresponsive.
const GRACE: Duration = Duration::from_secs(2);

/// Reason why a transaction failed. Nothing was written, except possibly for
/// [`Self::CommitUnknown`].
#[derive(Debug, Clone)]
pub(crate) enum WriteError {
    /// A row was rejected; smaller transactions show which one.
    RowRejected(Rejection),
    /// These jobs would not have been stored as they were meant; the others can be written without them.
    Refused(Vec<(String, NotStored)>),
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
            WriteError::RowRejected(Rejection { message, .. }) => {
                SourceError::new(SourceErrorKind::Other, message)
            }
            WriteError::Refused(jobs) => {
                let message = jobs.first().map_or("", |(_, refusal)| refusal.message());
                SourceError::new(SourceErrorKind::Other, message)
            }
            WriteError::RowLocked => SourceError::new(
                SourceErrorKind::Unavailable,
                "the transaction lost against another one",
            ),
        }
    }
}

/// Why the database rejected a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// Equal for rows that were rejected for the same reason: the SQLSTATE, and the message without its
    /// variable parts.
    pub(crate) reason: String,
    /// The message of the server.
    pub(crate) message: String,
}

impl Rejection {
    fn new(code: &str, message: String) -> Self {
        let template = Fingerprint::new("", Some(&message), None).hash;
        Self { reason: format!("{code} {template}"), message }
    }
}

impl From<NotStored> for Rejection {
    fn from(refusal: NotStored) -> Self {
        let message = refusal.message().to_owned();
        Self { reason: refusal.as_str().to_owned(), message }
    }
}

/// End of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionEnd {
    /// Commit it.
    Commit,
    /// Commit it only if every job was written.
    CommitIfAll,
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
            // Without `read write`, so that a default that forbids writes is respected. A role's
            // transaction_timeout, which exists since PostgreSQL 17, would end the transaction before ours. Patterns of
            // guards contain backslashes.
            "begin isolation level read committed; set local standard_conforming_strings = on; \
             set local statement_timeout = {}; set local lock_timeout = {}; \
             select case when pg_catalog.current_setting('transaction_timeout', true) <> '0' \
             then pg_catalog.set_config('transaction_timeout', '0', true) end",
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
                    "the statement was canceled on the server",
                )))
            }
            // NOWAIT fails at once with the same SQLSTATE as a lock timeout.
            Ok(Err(WriteError::LockTimeout(_))) if started.elapsed() < self.lock => {
                Err(WriteError::RowLocked)
            }
            Ok(result) => result,
            Err(_) => Err(WriteError::CommitUnknown(SourceError::new(
                SourceErrorKind::Timeout,
                format!("no answer from the server for {}s", timeout.as_secs()),
            ))),
        }
    }
}

/// Statement of one transaction with its parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteTransaction<'a> {
    /// SQL of the statement; `$1` is `keys`, `$2` is `event`.
    pub(crate) statement: &'a str,
    /// The statement that reads what is stored after all triggers, if they can change it.
    pub(crate) verify: Option<&'a str>,
    /// The statement that finds what deferred triggers changed at COMMIT, if there are any.
    pub(crate) after_commit: Option<&'a str>,
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

    /// Returns the rows of the verifying statement, which are the refused jobs.
    async fn verified(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        match self.verify {
            Some(statement) => client.query_typed(statement, &[]).await,
            None => Ok(vec![]),
        }
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
    let guard = match end {
        TransactionEnd::CommitIfAll => stored::guard_all(transaction.keys.len()),
        TransactionEnd::Commit | TransactionEnd::Rollback => GUARD.to_owned(),
    };
    // Deferred triggers run at COMMIT. Without one their errors are wanted too.
    let deferred = if end == TransactionEnd::Rollback { RUN_DEFERRED } else { "" };
    let incomplete = end == TransactionEnd::CommitIfAll;
    let end = if end == TransactionEnd::Rollback { "rollback" } else { "commit" };
    let begun = async { (client.batch_execute(&begin).await, Instant::now()) };
    let guarded = async {
        let (deferred, verified, guarded) = join3(
            client.batch_execute(deferred),
            transaction.verified(client),
            client.batch_execute(&guard),
        )
        .await;
        (deferred, verified, guarded)
    };
    // `join` polls in this order, so they are sent in this order. After a failed statement COMMIT
    // acts as ROLLBACK.
    let responses = join4(begun, transaction.rows(client), guarded, client.batch_execute(end));
    let result = async {
        let ((begun, locked_since), rows, (deferred, verified, guarded), ended) = responses.await;
        let locked_until = Instant::now();
        let rows = rows.map_err(classify_error)?;
        deferred.map_err(classify_error)?;
        let refused = refused(&rows, &verified.map_err(classify_error)?);
        if !refused.is_empty() {
            return Err(WriteError::Refused(refused));
        }
        if incomplete && rows.len() < transaction.keys.len() {
            // The guard failed, so nothing was committed; the rows say what is missing.
            begun.and(ended).map_err(classify_error)?;
        } else {
            begun.and(guarded).and(ended).map_err(classify_error)?;
        }
        Ok((rows, locked_until - locked_since))
    };
    transaction.timeouts.enforce(result).await
}

/// Runs the statement as [`run`] does, but calls `check` with the rows before COMMIT; `check`
/// decides how the transaction ends. It takes two round trips more.
pub(crate) async fn run_checked(
    client: &Client,
    _permit: &WritePermit,
    transaction: WriteTransaction<'_>,
    check: impl FnOnce(&[Row]) -> Result<TransactionEnd, SourceError>,
) -> Result<(Vec<Row>, Duration), WriteError> {
    let started = Instant::now();
    let result = async {
        client.batch_execute(&transaction.timeouts.begin()).await.map_err(classify_error)?;
        let checked = async {
            let (rows, verified) =
                join(transaction.rows(client), transaction.verified(client)).await;
            let rows = rows.map_err(classify_error)?;
            let refused = refused(&rows, &verified.map_err(classify_error)?);
            if !refused.is_empty() {
                return Err(WriteError::Refused(refused));
            }
            Ok((check(&rows).map_err(WriteError::Fatal)?, rows))
        };
        let checked = checked.await;
        let end =
            if matches!(checked, Ok((TransactionEnd::Commit, _))) { "commit" } else { "rollback" };
        let ended = client.batch_execute(end).await.map_err(classify_error);
        let (_, rows) = checked?;
        ended.map(|()| rows)
    };
    let rows = transaction.timeouts.enforce(result).await?;
    Ok((rows, started.elapsed()))
}

/// Returns which of the committed rows deferred triggers changed back at COMMIT. No lock is held any more.
pub(crate) async fn reverted_at_commit(
    client: &Client,
    transaction: WriteTransaction<'_>,
    rows: &[Row],
) -> Result<Vec<String>, WriteError> {
    let (Some(statement), Some(first)) = (transaction.after_commit, rows.first()) else {
        return Ok(vec![]);
    };
    let ids: Vec<String> = rows.iter().map(|row| row.get("id")).collect();
    let id: String = first.get("transaction");
    let params: [(&(dyn ToSql + Sync), Type); 2] = [(&ids, Type::TEXT_ARRAY), (&id, Type::TEXT)];
    let read = async { client.query_typed(statement, &params).await.map_err(classify_error) };
    let rows = transaction.timeouts.enforce(read).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect())
}

/// Returns the jobs that must not be committed, by the write and by what was stored after it.
fn refused(rows: &[Row], verified: &[Row]) -> Vec<(String, NotStored)> {
    // Queries for ids have no such column.
    let column = |row: &Row| row.try_get::<_, Option<String>>("refused").ok().flatten();
    let refused = rows
        .iter()
        .chain(verified)
        .filter_map(|row| Some((row.get::<_, String>("id"), NotStored::parse(&column(row)?))));
    let mut refused: Vec<_> = refused.collect();
    refused.sort_by(|a, b| a.0.cmp(&b.0));
    refused.dedup_by(|a, b| a.0 == b.0);
    refused
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
        code => WriteError::RowRejected(Rejection::new(code, explained.message)),
    }
}
