//! Writes jobs in many small transactions, and finds the rows that are rejected.

use std::time::Instant;

use super::rejected::RejectedRows;
use super::round::{AdaptiveSize, FinishedTransaction};
use super::{LOCK_RETRY_PAUSE, MAX_SIZE, WriteInput, WriteResult, WriteRun, Writer};
use crate::facts::SourceError;
use crate::facts::requeue::{Outcome, WriteStop};
use crate::sources::postgres::requeue::write_transaction::{Rejection, TransactionEnd, WriteError};

/// Maximum number of successive timeouts; after more the write stops.
const MAX_TIMEOUTS_IN_A_ROW: u32 = 4;
/// Maximum number of successive lock timeouts; after more the write stops.
const MAX_LOCK_TIMEOUTS_IN_A_ROW: u32 = 1;

impl Writer<'_> {
    /// Writes every job that can still be written. Each job has exactly one result in the outcome.
    ///
    /// `throttle` is called before each round of transactions, while no transaction is open. It
    /// gets the outcome so far and returns the maximum number of jobs of the round (at least 1;
    /// [`usize::MAX`] for no limit). It may wait to enforce a rate limit, or stop the write.
    pub(crate) async fn apply(
        &mut self,
        input: WriteInput<'_>,
        throttle: impl AsyncFnMut(&Outcome) -> Result<usize, WriteStop>,
    ) -> Outcome {
        match self.start_run(input).await {
            Ok(mut run) => {
                let ended = run.write_in_transactions(throttle).await;
                run.into_outcome(ended)
            }
            Err(outcome) => outcome,
        }
    }
}

impl WriteRun<'_, '_> {
    /// Writes all jobs in transactions of adaptive size and retries locked rows.
    async fn write_in_transactions(
        &mut self,
        mut throttle: impl AsyncFnMut(&Outcome) -> Result<usize, WriteStop>,
    ) -> Result<(), WriteStop> {
        let (mut next, mut size) = (0, AdaptiveSize::new());
        self.open_second_connection().await;
        while next < self.input.jobs.len() {
            let max = throttle(&self.outcome).await?.max(1);
            self.check_interrupt()?;
            let end = next.saturating_add(max).min(self.input.jobs.len());
            let finished = self.run_transactions(next..end, size.0).await;
            next += finished.iter().map(|transaction| transaction.jobs.len()).sum::<usize>();
            self.account_transactions(finished, &mut size).await?;
        }
        let deadline = Instant::now() + self.writer.lock_wait;
        while !self.locked.is_empty() && Instant::now() < deadline {
            self.writer.interrupt.sleep(LOCK_RETRY_PAUSE).await;
            let max = throttle(&self.outcome).await?.clamp(1, MAX_SIZE);
            self.check_interrupt()?;
            for chunk in std::mem::take(&mut self.locked).chunks(max) {
                self.write_or_bisect(vec![chunk.to_vec()]).await?;
            }
        }
        self.give_up_on_locked().await?;
        if self.outcome.decided() == self.input.jobs.len() as u64 {
            // Shows the end; nothing is left that it could stop.
            _ = throttle(&self.outcome).await;
        }
        Ok(())
    }

    /// Records the results of all transactions of a round, also if one of them stops the write.
    async fn account_transactions(
        &mut self,
        finished: Vec<FinishedTransaction>,
        size: &mut AdaptiveSize,
    ) -> Result<(), WriteStop> {
        size.adapt(&finished);
        let (mut failed, mut ended) = (vec![], Ok(()));
        for FinishedTransaction { jobs, result } in finished {
            let (size, mut parts) = (jobs.len(), vec![]);
            ended = ended.and(self.record_transaction(jobs, result, &mut parts).await);
            failed.push((size, parts));
        }
        ended?;
        for (size, parts) in failed {
            self.write_or_bisect(parts).await?;
            self.rejected.check(size)?;
        }
        Ok(())
    }

    /// Writes each list of jobs in a transaction. If a row is rejected, the list is halved until
    /// the row is found.
    async fn write_or_bisect(&mut self, mut pending: Vec<Vec<usize>>) -> Result<(), WriteStop> {
        while let Some(jobs) = pending.pop() {
            let result = self.write(&jobs, TransactionEnd::Commit).await;
            self.record_transaction(jobs, result, &mut pending).await?;
        }
        Ok(())
    }

    /// Records the result of a transaction. Jobs to be tried again are added to `pending`.
    async fn record_transaction(
        &mut self,
        jobs: Vec<usize>,
        result: Result<WriteResult, WriteError>,
        pending: &mut Vec<Vec<usize>>,
    ) -> Result<(), WriteStop> {
        match result {
            Ok(written) => {
                (self.timeouts_in_a_row, self.lock_timeouts_in_a_row) = (0, 0);
                if !written.jobs.is_empty() {
                    self.rejected = RejectedRows::default();
                }
                self.outcome.transactions.push(written.took);
                let jobs = self.record_refused(&jobs, &written.reverted);
                self.account(&jobs, &written.jobs).await?;
            }
            Err(WriteError::RowRejected(rejection)) => self.bisect(&jobs, rejection, pending),
            Err(WriteError::Refused(refused)) => {
                let others = self.record_refused(&jobs, &refused);
                pending.extend((!others.is_empty()).then_some(others));
            }
            Err(WriteError::TimedOut(error)) => return self.record_timeout(&jobs, error, pending),
            Err(WriteError::RowLocked) => {
                // Our own second connection may hold the lock: triggers may lock rows that two
                // transactions have in common.
                self.second = None;
                self.locked.extend(jobs);
            }
            Err(WriteError::LockTimeout(error)) => {
                self.locked.extend(jobs);
                self.lock_timeouts_in_a_row += 1;
                if self.lock_timeouts_in_a_row > MAX_LOCK_TIMEOUTS_IN_A_ROW {
                    return Err(WriteStop::Database(error));
                }
            }
            Err(WriteError::CommitUnknown(error)) => {
                self.outcome.in_doubt += jobs.len() as u64;
                return Err(WriteStop::Database(error));
            }
            Err(WriteError::Fatal(error)) => return Err(WriteStop::Database(error)),
        }
        Ok(())
    }

    /// Records a timeout. The rows are tried again one by one to find the slow ones; halves would
    /// hold their locks for as long each time. Several successive timeouts mean that the server is
    /// slow, which stops the write.
    fn record_timeout(
        &mut self,
        jobs: &[usize],
        error: SourceError,
        pending: &mut Vec<Vec<usize>>,
    ) -> Result<(), WriteStop> {
        self.timeouts_in_a_row += 1;
        if self.timeouts_in_a_row > MAX_TIMEOUTS_IN_A_ROW {
            return Err(WriteStop::Database(error));
        }
        match jobs {
            [job] => self.outcome.errors.push((self.input.jobs[*job], error.message)),
            jobs => pending.extend(jobs.iter().rev().map(|job| vec![*job])),
        }
        Ok(())
    }

    /// Records the error of a rejected row, or adds both halves of several rows to `pending`.
    pub(super) fn bisect(
        &mut self,
        jobs: &[usize],
        rejection: Rejection,
        pending: &mut Vec<Vec<usize>>,
    ) {
        if let [job] = jobs {
            self.record_rejected(*job, rejection);
        } else {
            let (first, second) = jobs.split_at(jobs.len() / 2);
            pending.extend([second.to_vec(), first.to_vec()]);
        }
    }
}
