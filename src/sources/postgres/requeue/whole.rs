//! Writes all jobs in one transaction, or none.

use std::time::Instant;

use super::batch::{Ending, Trouble};
use super::writer::{RETRY_PAUSE, Run, Work, Writer};
use crate::facts::requeue::{Outcome, Stop};

impl Writer<'_> {
    /// Rows that others hold are waited for; the first row that refuses, or is not what it was,
    /// makes it nothing, and the outcome names it.
    pub async fn all_or_nothing(&mut self, work: Work<'_>) -> Outcome {
        match self.begin(work).await {
            Ok(mut run) => {
                let ended = run.one_transaction().await;
                run.settle(ended)
            }
            Err(outcome) => outcome,
        }
    }
}

impl Run<'_, '_> {
    async fn one_transaction(&mut self) -> Result<(), Stop> {
        let everything: Vec<_> = (0..self.work.jobs.len()).collect();
        let deadline = Instant::now() + self.writer.lock_wait;
        loop {
            self.go_on()?;
            self.locked.clear();
            if self.try_all(&everything).await? {
                return Ok(());
            }
            if !self.outcome.skipped.is_empty() || Instant::now() >= deadline {
                self.give_up_on_locked().await?;
                return Err(Stop::AllOrNothing);
            }
            self.writer.interrupt.sleep(RETRY_PAUSE).await;
        }
    }

    /// Whether every job was written and committed; if not, the outcome says which stood in the way.
    async fn try_all(&mut self, jobs: &[usize]) -> Result<bool, Stop> {
        let all = |rows| if rows == jobs.len() { Ending::Commit } else { Ending::Rollback };
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
            Err(Trouble::Busy) => self.locked.extend(jobs),
            Err(Trouble::Row(_)) => {
                self.find_refusing(jobs.to_vec()).await?;
                return Err(Stop::AllOrNothing);
            }
            Err(Trouble::InDoubt(error)) => {
                self.outcome.in_doubt = jobs.len() as u64;
                return Err(Stop::Database(error));
            }
            Err(Trouble::Fatal(error) | Trouble::Slow(error) | Trouble::Barred(error)) => {
                return Err(Stop::Database(error));
            }
        }
        Ok(false)
    }

    /// Finds the rows that refuse, writing nothing.
    async fn find_refusing(&mut self, jobs: Vec<usize>) -> Result<(), Stop> {
        let mut waiting = vec![jobs];
        while let Some(jobs) = waiting.pop() {
            match self.write(&jobs, Ending::Rollback).await {
                Ok(_) | Err(Trouble::Busy) => {}
                Err(Trouble::Row(words)) => self.blame(&jobs, words, &mut waiting),
                Err(
                    Trouble::InDoubt(error)
                    | Trouble::Fatal(error)
                    | Trouble::Slow(error)
                    | Trouble::Barred(error),
                ) => return Err(Stop::Database(error)),
            }
        }
        Ok(())
    }
}
