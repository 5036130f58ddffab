//! Writes a list of jobs, either in many small transactions ([`Writer::apply`]) or all of them in
//! one ([`Writer::all_or_nothing`]).

mod all_or_nothing;
mod rejected;
mod round;
mod transactions;

use std::collections::HashSet;
use std::time::Duration;

use rejected::RejectedRows;
use tokio_postgres::Row;

use super::declared;
use super::journal::Journal;
use super::statements::Statements;
use super::stored::NotStored;
use super::write_transaction;
use super::write_transaction::{TransactionEnd, TransactionTimeouts, WriteError, WriteTransaction};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, WriteStop};
use crate::interrupt::Interrupt;
use crate::permit::WritePermit;
use crate::sources::postgres::{Connection, Database};

/// Pause between two attempts to write locked rows.
const LOCK_RETRY_PAUSE: Duration = Duration::from_millis(100);
/// Maximum number of jobs of a transaction.
pub(crate) const MAX_SIZE: usize = 500;

/// Jobs to write, all jobs of a plan or some of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteInput<'a> {
    /// Ids of the jobs.
    pub(crate) jobs: &'a [JobId],
    /// Keys of the jobs for the statement, in the same order.
    pub(crate) keys: &'a [String],
}

impl WriteInput<'_> {
    /// Returns the keys of the jobs at these indices.
    pub(crate) fn keys(&self, indices: &[usize]) -> Vec<String> {
        indices.iter().map(|&i| self.keys[i].clone()).collect()
    }
}

/// Writer of one operation. [`Writer::apply`] and [`Writer::all_or_nothing`] can be called several
/// times; each call returns the outcome of its own jobs.
pub(crate) struct Writer<'a> {
    /// Database that is written to.
    pub(crate) database: &'a Database,
    /// Permission to write.
    pub(crate) permit: WritePermit,
    /// Statements of the operation.
    pub(crate) statements: Statements,
    /// JSON that is part of every event.
    pub(crate) event: String,
    /// Time during which locked rows are retried.
    pub(crate) lock_wait: Duration,
    /// Timeout of each statement.
    pub(crate) timeout: Duration,
    /// Local journal, if the database has no events.
    pub(crate) journal: Option<Journal>,
    /// Interrupt by the user (Ctrl-C).
    pub(crate) interrupt: &'a Interrupt,
}

/// State of one call of the writer.
pub(crate) struct WriteRun<'r, 'w> {
    pub(crate) writer: &'r mut Writer<'w>,
    pub(crate) connection: Connection,
    /// Second connection, for many jobs.
    pub(crate) second: Option<Connection>,
    pub(crate) input: WriteInput<'r>,
    /// Keys of the jobs, if they are not those of the input.
    own_keys: Option<Vec<String>>,
    pub(crate) outcome: Outcome,
    /// Indices of jobs whose rows were locked.
    pub(crate) locked: Vec<usize>,
    /// Number of successive transactions that timed out.
    pub(crate) timeouts_in_a_row: u32,
    /// Number of successive transactions that exceeded the lock timeout.
    pub(crate) lock_timeouts_in_a_row: u32,
    /// Rows that were rejected since the last one that was written.
    pub(crate) rejected: RejectedRows,
}

/// Result of one transaction.
pub(crate) struct WriteResult {
    /// Ids of the jobs that were written.
    pub(crate) jobs: HashSet<String>,
    /// Ids of jobs that a deferred trigger changed back at COMMIT.
    pub(crate) reverted: Vec<(String, NotStored)>,
    /// Maximum time for which the transaction held locks.
    pub(crate) took: Duration,
}

impl<'w> Writer<'w> {
    /// Returns a transaction that writes the rows with these keys.
    fn transaction<'b>(&'b self, keys: &'b [String]) -> WriteTransaction<'b> {
        let Statements { write, verify, after_commit, .. } = &self.statements;
        let (verify, after_commit) = (verify.as_deref(), after_commit.as_deref());
        WriteTransaction { verify, after_commit, ..self.query(write, keys) }
    }

    /// Returns a transaction that runs a query on `keys`.
    pub(crate) fn query<'b>(
        &'b self,
        statement: &'b str,
        keys: &'b [String],
    ) -> WriteTransaction<'b> {
        WriteTransaction {
            statement,
            verify: None,
            after_commit: None,
            keys,
            event: &self.event,
            timeouts: TransactionTimeouts { statement: self.timeout, lock: self.lock_wait },
        }
    }

    /// Starts a run. Without a connection, the outcome says that no job was written.
    pub(crate) async fn start_run<'r>(
        &'r mut self,
        input: WriteInput<'r>,
    ) -> Result<WriteRun<'r, 'w>, Outcome> {
        let own_keys = match &self.statements.keys {
            Some(query) => {
                let jobs = (input.jobs, input.keys);
                declared::keys(self.database, query, jobs, self.timeout).await.map(Some)
            }
            None => Ok(None),
        };
        let connected = async { Ok((own_keys?, self.database.connection().await?)) };
        match connected.await {
            Ok((own_keys, connection)) => {
                let outcome = Outcome::default();
                Ok(WriteRun {
                    writer: self,
                    connection,
                    second: None,
                    input,
                    own_keys,
                    outcome,
                    locked: vec![],
                    timeouts_in_a_row: 0,
                    lock_timeouts_in_a_row: 0,
                    rejected: RejectedRows::default(),
                })
            }
            Err(error) => {
                let not_requeued = input.jobs.len() as u64;
                let stopped = Some(WriteStop::Database(error));
                Err(Outcome { not_requeued, stopped, ..Outcome::default() })
            }
        }
    }
}

impl WriteRun<'_, '_> {
    /// Returns the keys of the jobs at these indices.
    pub(crate) fn keys(&self, indices: &[usize]) -> Vec<String> {
        let keys = self.own_keys.as_deref().unwrap_or(self.input.keys);
        WriteInput { keys, ..self.input }.keys(indices)
    }

    /// Fails if the user has interrupted the command.
    pub(crate) fn check_interrupt(&self) -> Result<(), WriteStop> {
        if self.writer.interrupt.is_interrupted() { Err(WriteStop::Interrupted) } else { Ok(()) }
    }

    /// Writes jobs in one transaction and records them in the journal, if there is one.
    pub(crate) async fn write(
        &mut self,
        jobs: &[usize],
        end: TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        if self.writer.journal.is_some() && end == TransactionEnd::Commit {
            return self.write_if(jobs, |_| TransactionEnd::Commit).await;
        }
        self.write_on(&self.connection, jobs, end).await
    }

    /// Writes jobs in one transaction on `connection`, without a journal.
    pub(crate) async fn write_on(
        &self,
        connection: &Connection,
        jobs: &[usize],
        end: TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        let keys = self.keys(jobs);
        let transaction = self.writer.transaction(&keys);
        let written =
            write_transaction::run(connection, &self.writer.permit, transaction, end).await?;
        let is_committed = end == TransactionEnd::Commit || written.0.len() == jobs.len();
        if end == TransactionEnd::Rollback || !is_committed {
            return Ok(write_result(written, vec![]));
        }
        let reverted =
            write_transaction::reverted_at_commit(connection, transaction, &written.0).await?;
        Ok(write_result(written, reverted))
    }

    /// Writes jobs as [`Self::write`] does. `decide` gets the number of rows before they are
    /// committed.
    pub(crate) async fn write_if(
        &mut self,
        jobs: &[usize],
        decide: impl FnOnce(usize) -> TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        let keys = self.keys(jobs);
        let mut journal = self.writer.journal.take();
        let check = |rows: &[Row]| match (decide(rows.len()), &mut journal) {
            (TransactionEnd::Commit, Some(journal)) => {
                journal.append(rows).map(|()| TransactionEnd::Commit)
            }
            (end, _) => Ok(end),
        };
        let transaction = self.writer.transaction(&keys);
        let result = write_transaction::run_checked(
            &self.connection,
            &self.writer.permit,
            transaction,
            check,
        )
        .await;
        let reverted = match &result {
            Ok((rows, _)) => {
                write_transaction::reverted_at_commit(&self.connection, transaction, rows).await
            }
            Err(_) => Ok(vec![]),
        };
        self.writer.journal = journal;
        Ok(write_result(result?, reverted?))
    }

    /// Returns the outcome; jobs that have no result yet count as not requeued.
    pub(crate) fn into_outcome(mut self, ended: Result<(), WriteStop>) -> Outcome {
        self.outcome.stopped = ended.err();
        let accounted = self.outcome.decided() + self.outcome.in_doubt;
        self.outcome.not_requeued = (self.input.jobs.len() as u64).saturating_sub(accounted);
        self.outcome
    }
}

fn write_result((rows, took): (Vec<Row>, Duration), reverted: Vec<String>) -> WriteResult {
    let mut jobs: HashSet<String> = rows.iter().map(|row| row.get("id")).collect();
    reverted.iter().for_each(|id| _ = jobs.remove(id));
    let reverted = reverted.into_iter().map(|id| (id, NotStored::RevertedAtCommit)).collect();
    WriteResult { jobs, reverted, took }
}
