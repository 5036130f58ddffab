//! Writes all jobs in one transaction, or none.

use std::time::Instant;

use super::write_transaction::{TransactionEnd, WriteError};
use super::writer::{RETRY_PAUSE, WriteInput, WriteRun, Writer};
use crate::facts::requeue::{Outcome, WriteStop};

impl Writer<'_> {
    /// Rows that others hold are waited for; the first row that refuses, or is not what it was,
    /// makes it nothing, and the outcome names it.
    pub async fn all_or_nothing(&mut self, work: WriteInput<'_>) -> Outcome {
        match self.begin(work).await {
            Ok(mut run) => {
                let ended = run.one_transaction().await;
                run.into_outcome(ended)
            }
            Err(outcome) => outcome,
        }
    }
}

impl WriteRun<'_, '_> {
    async fn one_transaction(&mut self) -> Result<(), WriteStop> {
        let everything: Vec<_> = (0..self.work.jobs.len()).collect();
        let deadline = Instant::now() + self.writer.lock_wait;
        loop {
            self.check_interrupt()?;
            self.locked.clear();
            if self.try_all(&everything).await? {
                return Ok(());
            }
            if !self.outcome.skipped.is_empty() || Instant::now() >= deadline {
                self.give_up_on_locked().await?;
                return Err(WriteStop::AllOrNothing);
            }
            self.writer.interrupt.sleep(RETRY_PAUSE).await;
        }
    }

    /// Whether every job was written and committed; if not, the outcome says which stood in the way.
    async fn try_all(&mut self, jobs: &[usize]) -> Result<bool, WriteStop> {
        let all = |rows| {
            if rows == jobs.len() { TransactionEnd::Commit } else { TransactionEnd::Rollback }
        };
        match self.write_if(jobs, all).await {
            Ok(written) => {
                self.account(jobs, &written.jobs).await?;
                if written.jobs.len() == jobs.len() {
                    self.outcome.transactions.push(written.took);
                    return Ok(true);
                }
                // Counted as written, and rolled back.
                self.outcome.done = 0;
            }
            Err(WriteError::RowLocked) => self.locked.extend(jobs),
            Err(WriteError::RowRejected(_)) => {
                self.find_refusing(jobs.to_vec()).await?;
                return Err(WriteStop::AllOrNothing);
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

    /// Finds the rows that refuse, writing nothing.
    async fn find_refusing(&mut self, jobs: Vec<usize>) -> Result<(), WriteStop> {
        let mut waiting = vec![jobs];
        while let Some(jobs) = waiting.pop() {
            match self.write(&jobs, TransactionEnd::Rollback).await {
                Ok(_) | Err(WriteError::RowLocked) => {}
                Err(WriteError::RowRejected(words)) => self.bisect(&jobs, words, &mut waiting),
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
