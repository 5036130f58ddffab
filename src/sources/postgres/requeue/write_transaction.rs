//! One batch, one transaction: begun, written and committed in one flight, so that no lock waits for
//! our network.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures_util::future::join3;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::writer::{LARGEST_BATCH, WriteRun};
use crate::facts::requeue::{WriteSkip, WriteStop};
use crate::facts::{SourceError, SourceErrorKind};
use crate::permit::WritePermit;

/// How much longer than the server's own limits we wait before we give up on the server itself.
const GRACE: Duration = Duration::from_secs(2);

/// Why a batch was not written. Nothing of it was, unless it is in doubt.
#[derive(Debug, Clone)]
pub enum WriteError {
    /// Some row is to blame: smaller batches tell which.
    RowRejected(String),
    /// It ran out of time: a slow row is to blame, or a server that is too slow for all of them.
    TimedOut(SourceError),
    /// Somebody holds a row, or the transaction lost against another one.
    RowLocked,
    /// It waited as long as it may for a lock that cannot be skipped, such as the table's.
    LockTimeout(SourceError),
    /// The connection or the server is gone; the batch may be committed or not.
    CommitUnknown(SourceError),
    /// Nothing can be written any more.
    Fatal(SourceError),
}

impl WriteError {
    /// What to say of it, where nothing else can be done about it.
    pub fn into_error(self) -> SourceError {
        match self {
            WriteError::TimedOut(error)
            | WriteError::LockTimeout(error)
            | WriteError::CommitUnknown(error)
            | WriteError::Fatal(error) => error,
            WriteError::RowRejected(words) => SourceError::new(SourceErrorKind::Other, words),
            WriteError::RowLocked => SourceError::new(
                SourceErrorKind::Unavailable,
                "the transaction lost against another one",
            ),
        }
    }
}

/// What to do with a batch that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionEnd {
    /// Keep it.
    Commit,
    /// See what it would have done.
    Rollback,
}

/// A transaction's settings.
#[derive(Debug, Clone, Copy)]
pub struct TransactionTimeouts {
    /// Longest statement.
    pub statement: Duration,
    /// Longest wait for a lock that cannot be skipped.
    pub lock: Duration,
}

impl TransactionTimeouts {
    fn begin(self) -> String {
        format!(
            "begin isolation level read committed read write; \
             set local statement_timeout = {}; set local lock_timeout = {}",
            self.statement.as_millis().max(1),
            self.lock.as_millis().max(1)
        )
    }

    /// The server keeps these limits itself, unless it has fallen silent.
    async fn watch<T>(
        self,
        flight: impl Future<Output = Result<T, WriteError>>,
    ) -> Result<T, WriteError> {
        let (limit, started) = (self.statement + self.lock + GRACE, Instant::now());
        match tokio::time::timeout(limit, flight).await {
            Ok(Err(WriteError::TimedOut(_))) if started.elapsed() < self.statement => {
                Err(WriteError::Fatal(SourceError::new(
                    SourceErrorKind::Other,
                    "somebody cancelled the statement on the server",
                )))
            }
            // Who does not wait for a lock is told so with the same code, and at once.
            Ok(Err(WriteError::LockTimeout(_))) if started.elapsed() < self.lock => {
                Err(WriteError::RowLocked)
            }
            Ok(flown) => flown,
            Err(_) => Err(WriteError::CommitUnknown(SourceError::new(
                SourceErrorKind::Timeout,
                format!("the server has been silent for {} s", limit.as_secs()),
            ))),
        }
    }
}

/// One transaction's worth of work.
#[derive(Debug, Clone, Copy)]
pub struct WriteTransaction<'a> {
    /// The writing statement.
    pub statement: &'a str,
    /// Its rows.
    pub keys: &'a [String],
    /// What every event says.
    pub event: &'a str,
    /// How long it may take.
    pub limits: TransactionTimeouts,
}

impl WriteTransaction<'_> {
    async fn rows(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        let params: [(&(dyn ToSql + Sync), Type); 2] =
            [(&self.keys, Type::TEXT_ARRAY), (&self.event, Type::TEXT)];
        client.query_typed(self.statement, &params).await
    }
}

/// Runs the writing statement in a transaction of its own. Returns its rows and how long it took the
/// server, the longest that its locks can have been held. The way to the server and back is not part
/// of it: no lock waits for that.
pub async fn run(
    client: &Client,
    _permit: &WritePermit,
    batch: WriteTransaction<'_>,
    ending: TransactionEnd,
) -> Result<(Vec<Row>, Duration), WriteError> {
    let begin = batch.limits.begin();
    let end = if ending == TransactionEnd::Commit { "commit" } else { "rollback" };
    let begun = async { (client.batch_execute(&begin).await, Instant::now()) };
    // Polled in this order, they leave in this order; a failed statement makes the commit a rollback.
    let flight = join3(begun, batch.rows(client), client.batch_execute(end));
    let transaction = async {
        let ((begun, since), rows, ended) = flight.await;
        let until = Instant::now();
        let rows = rows.map_err(classify_error)?;
        begun.and(ended).map_err(classify_error)?;
        Ok((rows, until - since))
    };
    batch.limits.watch(transaction).await
}

/// As [`run`], but `keep` sees the rows before they are committed and may have them rolled back.
pub async fn watched(
    client: &Client,
    _permit: &WritePermit,
    batch: WriteTransaction<'_>,
    keep: impl FnOnce(&[Row]) -> Result<TransactionEnd, SourceError>,
) -> Result<(Vec<Row>, Duration), WriteError> {
    let started = Instant::now();
    let transaction = async {
        client.batch_execute(&batch.limits.begin()).await.map_err(classify_error)?;
        let rows = batch.rows(client).await.map_err(classify_error);
        let kept = rows.and_then(|rows| Ok((keep(&rows).map_err(WriteError::Fatal)?, rows)));
        let end =
            if matches!(kept, Ok((TransactionEnd::Commit, _))) { "commit" } else { "rollback" };
        let ended = client.batch_execute(end).await.map_err(classify_error);
        let (_, rows) = kept?;
        ended.map(|()| rows)
    };
    let rows = batch.limits.watch(transaction).await?;
    Ok((rows, started.elapsed()))
}

/// Sorts an error by what can be done about it.
pub fn classify_error(error: tokio_postgres::Error) -> WriteError {
    let code = error.as_db_error().map(|e| e.code().clone());
    let explained = SourceError::from(error);
    let Some(code) = code else {
        return WriteError::CommitUnknown(explained);
    };
    let busy = [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE];
    match code.code() {
        _ if busy.contains(&code) => WriteError::RowLocked,
        _ if code == SqlState::LOCK_NOT_AVAILABLE => WriteError::LockTimeout(explained),
        _ if code == SqlState::QUERY_CANCELED => WriteError::TimedOut(explained),
        // The server, its disk or memory: no smaller batch will help.
        c if c.starts_with("57P") || c.starts_with("08") => WriteError::CommitUnknown(explained),
        c if c.starts_with("53") || c.starts_with("58") || c == "25006" => {
            WriteError::Fatal(explained)
        }
        _ if explained.kind == SourceErrorKind::Disconnected => {
            WriteError::CommitUnknown(explained)
        }
        _ => WriteError::RowRejected(explained.message),
    }
}

/// Questions about rows that were not written; who is not asked for is called locked.
const MAX_QUERIES: usize = 200;
/// What is known of a row that matches, that nobody holds, and that is not written.
const LOCKED: &str = "not written, though nobody holds its row: a trigger or rule on public.jobs holds the update back";

impl WriteRun<'_, '_> {
    /// Sorts the jobs of a committed batch: written, locked (to be tried again), or changed.
    pub async fn account(
        &mut self,
        jobs: &[usize],
        done: &HashSet<String>,
    ) -> Result<(), WriteStop> {
        self.outcome.done += done.len() as u64;
        if done.len() == jobs.len() {
            return Ok(());
        }
        let written = |i: usize| done.contains(&self.work.jobs[i].to_string());
        let missed: Vec<_> = jobs.iter().copied().filter(|&i| !written(i)).collect();
        let still = self.still_matching(&missed).await.map_err(WriteStop::Database)?;
        for i in missed {
            let job = self.work.jobs[i];
            if still.contains(&job.to_string()) {
                self.locked.push(i);
            } else {
                self.outcome.skipped.push((job, WriteSkip::Changed));
            }
        }
        Ok(())
    }

    async fn still_matching(&self, jobs: &[usize]) -> Result<HashSet<String>, SourceError> {
        self.ask(&self.writer.statements.matching, jobs).await.map_err(WriteError::into_error)
    }

    /// Locked rows whose time is up; those that nobody locks are held back by something else.
    pub async fn give_up_on_locked(&mut self) -> Result<(), WriteStop> {
        let missing = std::mem::take(&mut self.locked);
        let free = self.free(&missing).await?;
        for i in missing {
            let job = self.work.jobs[i];
            if free.contains(&i) {
                self.outcome.errors.push((job, LOCKED.to_owned()));
            } else {
                self.outcome.skipped.push((job, WriteSkip::Locked));
            }
        }
        Ok(())
    }

    /// Which of these jobs still match and can be locked at once.
    async fn free(&self, jobs: &[usize]) -> Result<HashSet<usize>, WriteStop> {
        let mut found = HashSet::new();
        let mut waiting: Vec<_> = jobs.chunks(LARGEST_BATCH).collect();
        for _ in 0..MAX_QUERIES {
            let Some(jobs) = waiting.pop() else { break };
            match self.try_locks(jobs).await {
                Ok(free) => {
                    let free = |i: &usize| free.contains(&self.work.jobs[*i].to_string());
                    found.extend(jobs.iter().copied().filter(free));
                }
                // Somebody holds one of them; alone, it is known which.
                Err(WriteError::RowLocked) if jobs.len() > 1 => {
                    let (first, second) = jobs.split_at(jobs.len() / 2);
                    waiting.extend([second, first]);
                }
                // The table itself is locked, and every other question would wait as long.
                Err(WriteError::LockTimeout(_)) => break,
                Err(
                    WriteError::RowLocked | WriteError::RowRejected(_) | WriteError::TimedOut(_),
                ) => {}
                Err(WriteError::CommitUnknown(error) | WriteError::Fatal(error)) => {
                    return Err(WriteStop::Database(error));
                }
            }
        }
        Ok(found)
    }

    /// The jobs of these that can be locked; fails where somebody holds one.
    async fn try_locks(&self, jobs: &[usize]) -> Result<HashSet<String>, WriteError> {
        self.ask(&self.writer.statements.locks(), jobs).await
    }

    /// Asks within the limits of a batch, and writes nothing: the table may be locked by now.
    async fn ask(&self, statement: &str, jobs: &[usize]) -> Result<HashSet<String>, WriteError> {
        let keys = self.work.keys(jobs);
        let batch = self.writer.batch(statement, &keys);
        let permit = &self.writer.permit;
        let (rows, _) = run(&self.connection, permit, batch, TransactionEnd::Rollback).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }
}
