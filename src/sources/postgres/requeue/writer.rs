//! The only writer: what it holds, and one transaction of it.

use std::collections::HashSet;
use std::time::Duration;

use tokio_postgres::Row;

use super::journal::Journal;
use super::statements::Statements;
use super::write_transaction::{
    self, TransactionEnd, TransactionTimeouts, WriteError, WriteTransaction,
};
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, WriteStop};
use crate::interrupt::Interrupt;
use crate::permit::WritePermit;
use crate::sources::postgres::{Connection, Database};

/// Between two tries of locked rows.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Jobs to write, and the key by which the statement knows each; without keys it is their id.
/// A slice of a plan is work, too.
#[derive(Debug, Clone, Copy)]
pub struct WriteInput<'a> {
    /// The jobs.
    pub jobs: &'a [JobId],
    /// Their keys, as many; or none.
    pub keys: Option<&'a [String]>,
}

impl WriteInput<'_> {
    pub(crate) fn keys(&self, at: &[usize]) -> Vec<String> {
        match self.keys {
            Some(keys) => at.iter().map(|&i| keys[i].clone()).collect(),
            None => at.iter().map(|&i| self.jobs[i].to_string()).collect(),
        }
    }
}

/// The only writer. It can be asked again and again: each call of [`Writer::apply`] or
/// [`Writer::all_or_nothing`] accounts for its own work.
pub struct Writer<'a> {
    /// The database.
    pub database: &'a Database,
    /// Leave to write.
    pub permit: WritePermit,
    /// What to run.
    pub statements: Statements,
    /// What every event says, JSON.
    pub event: String,
    /// How long a locked row is retried.
    pub lock_wait: Duration,
    /// Longest statement.
    pub timeout: Duration,
    /// Where there are no events.
    pub journal: Option<Journal>,
    /// Ctrl-C.
    pub interrupt: &'a Interrupt,
}

/// One piece of work on its way: what is written, and what still waits for a lock.
pub(crate) struct WriteRun<'r, 'w> {
    pub writer: &'r mut Writer<'w>,
    pub connection: Connection,
    /// Another one, for large work.
    pub second: Option<Connection>,
    pub work: WriteInput<'r>,
    pub outcome: Outcome,
    pub locked: Vec<usize>,
    /// Statements that ran out of time, one after the other.
    pub slow: u32,
    /// Batches that waited in vain for a lock, one after the other.
    pub lock_timeouts_in_a_row: u32,
}

/// What a transaction wrote.
pub(crate) struct WriteResult {
    pub jobs: HashSet<String>,
    pub took: Duration,
}

impl<'w> Writer<'w> {
    /// A batch that runs this statement on these keys.
    pub(crate) fn batch<'b>(
        &'b self,
        statement: &'b str,
        keys: &'b [String],
    ) -> WriteTransaction<'b> {
        WriteTransaction {
            statement,
            keys,
            event: &self.event,
            limits: TransactionTimeouts { statement: self.timeout, lock: self.lock_wait },
        }
    }

    /// Begins on this work; without a connection, all of it is left.
    pub(crate) async fn begin<'r>(
        &'r mut self,
        work: WriteInput<'r>,
    ) -> Result<WriteRun<'r, 'w>, Outcome> {
        match self.database.connection().await {
            Ok(connection) => {
                let outcome = Outcome::default();
                Ok(WriteRun {
                    writer: self,
                    connection,
                    second: None,
                    work,
                    outcome,
                    locked: vec![],
                    slow: 0,
                    lock_timeouts_in_a_row: 0,
                })
            }
            Err(error) => {
                let (left, stopped) = (work.jobs.len() as u64, Some(WriteStop::Database(error)));
                Err(Outcome { not_requeued: left, stopped, ..Outcome::default() })
            }
        }
    }
}

impl WriteRun<'_, '_> {
    /// Whether nobody wants us to stop.
    pub fn check_interrupt(&self) -> Result<(), WriteStop> {
        if self.writer.interrupt.happened() { Err(WriteStop::Interrupted) } else { Ok(()) }
    }

    /// One transaction. Returns the jobs that it wrote (or would have written), and how long it
    /// held locks at most.
    pub async fn write(
        &mut self,
        jobs: &[usize],
        ending: TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        if self.writer.journal.is_some() && ending == TransactionEnd::Commit {
            return self.write_if(jobs, |_| TransactionEnd::Commit).await;
        }
        self.write_over(&self.connection, jobs, ending).await
    }

    /// As [`Run::write`], where no journal is kept, over this connection.
    pub async fn write_over(
        &self,
        connection: &Connection,
        jobs: &[usize],
        ending: TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        let keys = self.work.keys(jobs);
        let batch = self.writer.batch(&self.writer.statements.write, &keys);
        write_transaction::run(connection, &self.writer.permit, batch, ending).await.map(written)
    }

    /// As [`Run::write`], but `judge` is told how many rows there are before they are committed.
    pub async fn write_if(
        &mut self,
        jobs: &[usize],
        judge: impl FnOnce(usize) -> TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        let keys = self.work.keys(jobs);
        let mut journal = self.writer.journal.take();
        let keep = |rows: &[Row]| match (judge(rows.len()), &mut journal) {
            (TransactionEnd::Commit, Some(journal)) => {
                journal.note(rows).map(|()| TransactionEnd::Commit)
            }
            (ending, _) => Ok(ending),
        };
        let batch = self.writer.batch(&self.writer.statements.write, &keys);
        let rows =
            write_transaction::watched(&self.connection, &self.writer.permit, batch, keep).await;
        self.writer.journal = journal;
        rows.map(written)
    }

    /// The account: whatever is in no place of it yet, is left.
    pub fn into_outcome(mut self, ended: Result<(), WriteStop>) -> Outcome {
        self.outcome.stopped = ended.err();
        let told = self.outcome.decided() + self.outcome.in_doubt;
        self.outcome.not_requeued = (self.work.jobs.len() as u64).saturating_sub(told);
        self.outcome
    }
}

fn written((rows, took): (Vec<Row>, Duration)) -> WriteResult {
    WriteResult { jobs: rows.iter().map(|row| row.get("id")).collect(), took }
}
