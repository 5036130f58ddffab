//! Writes all jobs in one transaction, or none of them.

use std::time::Instant;

use super::rejected::MIN_REJECTED;
use super::{LOCK_RETRY_PAUSE, WriteInput, WriteRun, Writer};
use crate::facts::requeue::{Outcome, WriteStop};
use crate::sources::postgres::requeue::write_transaction::{Rejection, TransactionEnd, WriteError};

impl Writer<'_> {
    /// Writes all jobs in one transaction or none of them. Locked rows are retried. If a row is
    /// rejected or has changed, nothing is written and the outcome contains the row.
    pub(crate) async fn all_or_nothing(&mut self, input: WriteInput<'_>) -> Outcome {
        match self.start_run(input).await {
            Ok(mut run) => {
                let ended = run.write_all().await;
                run.into_outcome(ended)
            }
            Err(outcome) => outcome,
        }
    }
}

impl WriteRun<'_, '_> {
    /// Tries to write all jobs in one transaction until no row is locked or the lock wait is over.
    async fn write_all(&mut self) -> Result<(), WriteStop> {
        let indices: Vec<_> = (0..self.input.jobs.len()).collect();
        let deadline = Instant::now() + self.writer.lock_wait;
        loop {
            self.check_interrupt()?;
            self.locked.clear();
            if self.try_all(&indices).await? {
                return Ok(());
            }
            if !self.outcome.skipped.is_empty() || Instant::now() >= deadline {
                self.give_up_on_locked().await?;
                return Err(WriteStop::AllOrNothing(None));
            }
            self.writer.interrupt.sleep(LOCK_RETRY_PAUSE).await;
        }
    }

    /// Returns whether all jobs were written and committed. If not, the outcome contains the jobs
    /// that could not be written.
    async fn try_all(&mut self, jobs: &[usize]) -> Result<bool, WriteStop> {
        let commit_if_all = |rows| {
            if rows == jobs.len() { TransactionEnd::Commit } else { TransactionEnd::Rollback }
        };
        // A journal is written before COMMIT, for which the client has to decide.
        let result = match self.writer.journal {
            Some(_) => self.write_if(jobs, commit_if_all).await,
            None => self.write(jobs, TransactionEnd::CommitIfAll).await,
        };
        match result {
            Ok(written) => {
                let reverted = written.reverted.len();
                let others = self.record_refused(jobs, &written.reverted);
                self.account(&others, &written.jobs).await?;
                if written.jobs.len() + reverted == jobs.len() {
                    self.outcome.transactions.push(written.took);
                    return Ok(true);
                }
                // `account` counted them as written, but they were rolled back.
                self.outcome.written = 0;
            }
            Err(WriteError::RowLocked) => self.locked.extend(jobs),
            Err(WriteError::RowRejected(Rejection { message, .. })) => {
                self.find_rejected(jobs.to_vec()).await?;
                return Err(WriteStop::AllOrNothing(Some(message)));
            }
            Err(WriteError::Refused(refused)) => {
                self.record_refused(jobs, &refused);
                return Err(WriteStop::AllOrNothing(None));
            }
            Err(WriteError::CommitUnknown(error)) => {
                self.outcome.in_doubt = jobs.len() as u64;
                return Err(WriteStop::Database(error));
            }
            Err(
                WriteError::Fatal(error)
                | WriteError::TimedOut(error)
                | WriteError::LockTimeout(error),
            ) => {
                return Err(WriteStop::Database(error));
            }
        }
        Ok(false)
    }

    /// Finds the rows that are rejected; all transactions are rolled back.
    async fn find_rejected(&mut self, jobs: Vec<usize>) -> Result<(), WriteStop> {
        let mut pending = vec![jobs];
        // What rejects every row is known after some of them.
        while let Some(jobs) = pending.pop()
            && self.rejected.rows < MIN_REJECTED
        {
            match self.write(&jobs, TransactionEnd::Rollback).await {
                Ok(_) | Err(WriteError::RowLocked) => {}
                Err(WriteError::RowRejected(rejection)) => {
                    self.bisect(&jobs, rejection, &mut pending);
                }
                Err(WriteError::Refused(refused)) => {
                    let others = self.record_refused(&jobs, &refused);
                    pending.extend((!others.is_empty()).then_some(others));
                }
                Err(
                    WriteError::CommitUnknown(error)
                    | WriteError::Fatal(error)
                    | WriteError::TimedOut(error)
                    | WriteError::LockTimeout(error),
                ) => return Err(WriteStop::Database(error)),
            }
        }
        Ok(())
    }
}
