//! Why a committed batch did not write some of its jobs.

use std::collections::HashSet;

use super::write_plan::LARGEST_BATCH;
use super::write_transaction::{self, TransactionEnd, WriteError};
use super::writer::WriteRun;
use crate::facts::SourceError;
use crate::facts::requeue::{WriteSkip, WriteStop};

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
        let (rows, _) =
            write_transaction::run(&self.connection, permit, batch, TransactionEnd::Rollback)
                .await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }
}
