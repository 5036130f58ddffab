//! Finds out why a committed transaction did not write some of its jobs.

use std::collections::HashSet;

use super::write_transaction::{TransactionEnd, WriteError, run};
use super::writer::{MAX_SIZE, WriteRun};
use crate::facts::SourceError;
use crate::facts::requeue::{WriteSkip, WriteStop};

/// Maximum number of queries to find unlocked rows; the remaining rows count as locked.
const MAX_QUERIES: usize = 200;
/// Error of a row that matches and is not locked, but was not written.
const NOT_WRITTEN: &str = "not written although its row is not locked: a trigger, rule or policy of the table prevents the update";

impl WriteRun<'_, '_> {
    /// Accounts for the jobs of a committed transaction: written, locked (to be tried again) or
    /// changed.
    pub(crate) async fn account(
        &mut self,
        jobs: &[usize],
        written: &HashSet<String>,
    ) -> Result<(), WriteStop> {
        self.outcome.written += written.len() as u64;
        if written.len() == jobs.len() {
            return Ok(());
        }
        let is_written = |i: usize| written.contains(&self.input.jobs[i].to_string());
        let missing: Vec<_> = jobs.iter().copied().filter(|&i| !is_written(i)).collect();
        let matching = self.still_matching(&missing).await.map_err(WriteStop::Database)?;
        for i in missing {
            let job = self.input.jobs[i];
            if matching.contains(&job.to_string()) {
                self.locked.push(i);
            } else {
                self.outcome.skipped.push((job, WriteSkip::Changed));
            }
        }
        Ok(())
    }

    /// Returns the ids of the jobs that could still be written, locked or not.
    async fn still_matching(&self, jobs: &[usize]) -> Result<HashSet<String>, SourceError> {
        self.query_ids(&self.writer.statements.matching, jobs).await.map_err(WriteError::into_error)
    }

    /// Records the jobs that are still locked as skipped. Rows that nobody locks get an error: a
    /// trigger or rule prevents their update.
    pub(crate) async fn give_up_on_locked(&mut self) -> Result<(), WriteStop> {
        let locked = std::mem::take(&mut self.locked);
        let held = match &self.writer.statements.held {
            Some(held) if !locked.is_empty() => self
                .query_ids(held, &locked)
                .await
                .map_err(|e| WriteStop::Database(e.into_error()))?,
            _ => HashSet::new(),
        };
        let is_held = |i: &usize| held.contains(&self.input.jobs[*i].to_string());
        let (held, locked): (Vec<_>, Vec<_>) = locked.into_iter().partition(is_held);
        let skipped = held.into_iter().map(|i| (self.input.jobs[i], WriteSkip::Locked));
        self.outcome.skipped.extend(skipped);
        let unlocked = self.unlocked(&locked).await?;
        for i in locked {
            let job = self.input.jobs[i];
            if unlocked.contains(&i) {
                self.outcome.errors.push((job, NOT_WRITTEN.to_owned()));
            } else {
                self.outcome.skipped.push((job, WriteSkip::Locked));
            }
        }
        Ok(())
    }

    /// Returns the jobs that still match and are not locked.
    async fn unlocked(&self, jobs: &[usize]) -> Result<HashSet<usize>, WriteStop> {
        let mut found = HashSet::new();
        let mut pending: Vec<_> = jobs.chunks(MAX_SIZE).collect();
        for _ in 0..MAX_QUERIES {
            let Some(jobs) = pending.pop() else { break };
            match self.try_locks(jobs).await {
                // A row that cannot be locked fails the query. One that is not in the result is hidden
                // from writes by a policy.
                Ok(_) => found.extend(jobs),
                // One of the rows is locked; halve them to find which.
                Err(WriteError::RowLocked) if jobs.len() > 1 => {
                    let (first, second) = jobs.split_at(jobs.len() / 2);
                    pending.extend([second, first]);
                }
                // The table itself is locked; further queries would also time out.
                Err(WriteError::LockTimeout(_)) => break,
                Err(
                    WriteError::RowLocked
                    | WriteError::RowRejected(_)
                    | WriteError::Refused(_)
                    | WriteError::TimedOut(_),
                ) => {}
                Err(WriteError::CommitUnknown(error) | WriteError::Fatal(error)) => {
                    return Err(WriteStop::Database(error));
                }
            }
        }
        Ok(found)
    }

    /// Locks the rows of these jobs and returns the ids; fails if another session has locked one.
    async fn try_locks(&self, jobs: &[usize]) -> Result<HashSet<String>, WriteError> {
        self.query_ids(&self.writer.statements.locks(), jobs).await
    }

    /// Runs a query with the timeouts of a write transaction, because the table may be locked, and
    /// rolls it back.
    async fn query_ids(
        &self,
        statement: &str,
        jobs: &[usize],
    ) -> Result<HashSet<String>, WriteError> {
        let keys = self.keys(jobs);
        let transaction = self.writer.query(statement, &keys);
        let permit = &self.writer.permit;
        let (rows, _) =
            run(&self.connection, permit, transaction, TransactionEnd::Rollback).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }
}
