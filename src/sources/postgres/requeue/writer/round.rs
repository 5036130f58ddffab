//! Runs a round of transactions on up to two connections, and adapts their size to the speed of the server.

use std::cell::Cell;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::join;

use super::{MAX_SIZE, WriteResult, WriteRun};
use crate::sources::postgres::Connection;
use crate::sources::postgres::requeue::write_transaction::{TransactionEnd, WriteError};

/// Target duration of a transaction, which is the time for which it holds locks. Low, because two
/// connections write at the same time and few transactions may take much longer.
const TARGET_TIME: Duration = Duration::from_millis(15);
/// Number of jobs of the first transaction.
const INITIAL_SIZE: usize = 50;
/// Maximum number of transactions of one round, after which the throttle is called.
const TRANSACTIONS_PER_ROUND: usize = 8;

/// Number of jobs of the next transaction, adapted to the server's speed.
pub(super) struct AdaptiveSize(pub(super) usize);

impl AdaptiveSize {
    /// Returns the size of the first transaction.
    pub(super) fn new() -> Self {
        Self(INITIAL_SIZE)
    }

    /// Adapts the size to [`TARGET_TIME`] by the mean of a round, at most by a factor of 2. Fast
    /// transactions that were smaller than allowed are ignored; a timeout halves the size.
    pub(super) fn adapt(&mut self, finished: &[FinishedTransaction]) {
        if finished.iter().any(|one| matches!(one.result, Err(WriteError::TimedOut(_)))) {
            self.0 = (self.0 / 2).max(1);
            return;
        }
        let committed: Vec<_> = finished
            .iter()
            .filter_map(|one| Some((one.jobs.len(), one.result.as_ref().ok()?.took)))
            .collect();
        let Ok(count) = u32::try_from(committed.len()) else { return };
        let Some(took) =
            committed.iter().map(|(_, took)| *took).sum::<Duration>().checked_div(count)
        else {
            return;
        };
        let jobs = committed.iter().map(|(jobs, _)| jobs).sum::<usize>() / committed.len();
        if jobs < self.0 && took < TARGET_TIME {
            return;
        }
        let factor = TARGET_TIME.as_secs_f64() / took.as_secs_f64().max(1e-4);
        let size = jobs as f64 * factor.clamp(0.5, 2.0);
        self.0 = (size as usize).clamp(1, MAX_SIZE);
    }
}

/// Transaction that has ended.
pub(super) struct FinishedTransaction {
    /// Indices of its jobs.
    pub(super) jobs: Vec<usize>,
    pub(super) result: Result<WriteResult, WriteError>,
}

impl WriteRun<'_, '_> {
    /// Opens a second connection if there are many jobs and no journal, which has only one writer.
    /// The second connection is optional.
    pub(super) async fn open_second_connection(&mut self) {
        if self.input.jobs.len() > MAX_SIZE && self.writer.journal.is_none() {
            self.second = self.writer.database.spare_connection().await;
        }
    }

    /// Runs one round: writes the first of these jobs in transactions of `size` jobs, until the
    /// round is full, the connection is lost or the user interrupts. Returns all transactions that
    /// were tried; together they cover a contiguous range that starts at the first job.
    pub(super) async fn run_transactions(
        &mut self,
        jobs: Range<usize>,
        size: usize,
    ) -> Vec<FinishedTransaction> {
        if self.writer.journal.is_some() {
            let jobs: Vec<_> = jobs.take(size).collect();
            let result = self.write(&jobs, TransactionEnd::Commit).await;
            return vec![FinishedTransaction { jobs, result }];
        }
        let end =
            jobs.end.min(jobs.start.saturating_add(size.saturating_mul(TRANSACTIONS_PER_ROUND)));
        let next = Cell::new(jobs.start);
        let first = self.run_on_connection(&self.connection, &next, end, size);
        let Some(second) = &self.second else { return first.await };
        let second = self.run_on_connection(second, &next, end, size);
        let (mut finished, other) = join(first, second).await;
        finished.extend(other);
        finished
    }

    /// Runs transactions on one connection, one after another, until `next` reaches `end`.
    async fn run_on_connection(
        &self,
        connection: &Connection,
        next: &Cell<usize>,
        end: usize,
        size: usize,
    ) -> Vec<FinishedTransaction> {
        let mut finished = vec![];
        while next.get() < end && self.check_interrupt().is_ok() {
            let jobs: Vec<_> = (next.get()..end).take(size).collect();
            next.set(next.get() + jobs.len());
            let result = self.write_on(connection, &jobs, TransactionEnd::Commit).await;
            if matches!(
                result,
                Err(WriteError::CommitUnknown(_)
                    | WriteError::Fatal(_)
                    | WriteError::LockTimeout(_))
            ) {
                next.set(end); // Also ends the other connection's work.
            }
            finished.push(FinishedTransaction { jobs, result });
        }
        finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{SourceError, SourceErrorKind};

    fn finished(jobs: usize, ms: u64) -> FinishedTransaction {
        let took = Duration::from_millis(ms);
        let result = Ok(WriteResult { jobs: [].into(), reverted: vec![], took });
        FinishedTransaction { jobs: vec![0; jobs], result }
    }

    #[test]
    fn transaction_size_adapts_to_the_server_speed() {
        let size_after = |transactions: &[FinishedTransaction]| {
            let mut size = AdaptiveSize::new();
            size.adapt(transactions);
            size.0
        };
        let size_after_one = |jobs, ms| size_after(&[finished(jobs, ms)]);
        assert_eq!(
            (size_after_one(50, 1), size_after_one(50, 15), size_after_one(50, 500)),
            (100, 50, 25)
        );
        assert_eq!(size_after_one(3, 1), 50, "a short last batch says nothing about a full one");
        assert_eq!(size_after_one(3, 100), 1, "but a slow one does");
        assert_eq!(size_after(&[finished(50, 1), finished(50, 1)]), 100, "a flight counts once");
        assert_eq!(size_after(&[]), 50);
        let late = SourceError::new(SourceErrorKind::Timeout, "canceled");
        let late =
            FinishedTransaction { jobs: vec![0; 50], result: Err(WriteError::TimedOut(late)) };
        assert_eq!(
            size_after(&[finished(50, 1), late]),
            25,
            "what ran out of time is halved at once"
        );
        let mut size = AdaptiveSize(MAX_SIZE);
        size.adapt(&[finished(MAX_SIZE, 0)]);
        assert_eq!(size.0, MAX_SIZE);
    }
}
