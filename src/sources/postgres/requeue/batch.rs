//! One batch, one transaction: begun, written and committed in one flight, so that no lock waits for
//! our network.

use std::time::{Duration, Instant};

use futures_util::future::join3;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::statements::Statements;
use crate::facts::{SourceError, SourceErrorKind};
use crate::permit::WritePermit;

/// Why a batch was not written. Nothing of it was, unless it is in doubt.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// Some row is to blame: smaller batches tell which.
    Row(String),
    /// Somebody holds a lock that is not a row's, or the transaction lost against another one.
    Busy,
    /// The connection or the server is gone; the batch may be committed or not.
    InDoubt(SourceError),
    /// Nothing can be written any more.
    Fatal(SourceError),
}

/// What to do with a batch that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Keep it.
    Commit,
    /// See what it would have done.
    Rollback,
}

/// A transaction's settings.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest statement.
    pub statement: Duration,
    /// Longest wait for a lock that cannot be skipped.
    pub lock: Duration,
}

impl Limits {
    fn begin(self) -> String {
        format!(
            "begin isolation level read committed read write; \
             set local statement_timeout = {}; set local lock_timeout = {}",
            self.statement.as_millis().max(1),
            self.lock.as_millis().max(1)
        )
    }
}

/// Runs the writing statement in a transaction of its own. Returns its rows and how long it took,
/// the longest that its locks can have been held.
pub async fn run(
    client: &Client,
    _permit: &WritePermit,
    statements: &Statements,
    (keys, event): (&[String], &str),
    limits: Limits,
    ending: Ending,
) -> Result<(Vec<Row>, Duration), Trouble> {
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&keys, Type::TEXT_ARRAY), (&event, Type::TEXT)];
    let begin = limits.begin();
    let end = if ending == Ending::Commit { "commit" } else { "rollback" };
    let started = Instant::now();
    // Polled in this order, they leave in this order; a failed statement makes the commit a rollback.
    let (begun, rows, ended) = join3(
        client.batch_execute(&begin),
        client.query_typed(&statements.write, &params),
        client.batch_execute(end),
    )
    .await;
    let rows = rows.map_err(trouble)?;
    begun.and(ended).map_err(trouble)?;
    Ok((rows, started.elapsed()))
}

/// As [`run`], but `keep` sees the rows before they are committed and may have them rolled back.
pub async fn run_watched(
    client: &Client,
    _permit: &WritePermit,
    statements: &Statements,
    (keys, event): (&[String], &str),
    limits: Limits,
    keep: impl FnOnce(&[Row]) -> Result<Ending, SourceError>,
) -> Result<(Vec<Row>, Duration), Trouble> {
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&keys, Type::TEXT_ARRAY), (&event, Type::TEXT)];
    let started = Instant::now();
    client.batch_execute(&limits.begin()).await.map_err(trouble)?;
    let rows = match client.query_typed(&statements.write, &params).await {
        Ok(rows) => rows,
        Err(error) => {
            let trouble = trouble(error);
            // A broken connection needs no rollback.
            _ = client.batch_execute("rollback").await;
            return Err(trouble);
        }
    };
    match keep(&rows) {
        Ok(Ending::Commit) => client.batch_execute("commit").await.map_err(trouble)?,
        Ok(Ending::Rollback) => client.batch_execute("rollback").await.map_err(trouble)?,
        Err(error) => {
            client.batch_execute("rollback").await.map_err(trouble)?;
            return Err(Trouble::Fatal(error));
        }
    }
    Ok((rows, started.elapsed()))
}

/// Sorts an error by what can be done about it.
pub fn trouble(error: tokio_postgres::Error) -> Trouble {
    let code = error.as_db_error().map(|e| e.code().clone());
    let explained = SourceError::from(error);
    let Some(code) = code else {
        return Trouble::InDoubt(explained);
    };
    let busy = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ];
    match code.code() {
        _ if busy.contains(&code) => Trouble::Busy,
        // The server, its disk or memory: no smaller batch will help.
        c if c.starts_with("57P") || c.starts_with("08") => Trouble::InDoubt(explained),
        c if c.starts_with("53") || c.starts_with("58") || c == "25006" => {
            Trouble::Fatal(explained)
        }
        _ if explained.kind == SourceErrorKind::Disconnected => Trouble::InDoubt(explained),
        _ => Trouble::Row(explained.message),
    }
}
