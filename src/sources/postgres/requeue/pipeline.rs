//! Several batches on their way, over two connections: while one batch waits for the disk at its
//! commit, the server works on another. Their jobs are disjoint.

use std::cell::Cell;
use std::ops::Range;

use futures_util::future::join;

use super::write_plan::LARGEST_BATCH;
use super::write_transaction::{TransactionEnd, WriteError};
use super::writer::{WriteResult, WriteRun};
use crate::sources::postgres::Connection;

/// Batches of one flight. After it everybody is waited for, and the account is shown.
const BATCHES: usize = 8;

/// A batch that came back.
pub(crate) struct FinishedTransaction {
    pub jobs: Vec<usize>,
    pub result: Result<WriteResult, WriteError>,
}

impl WriteRun<'_, '_> {
    /// A second connection, where there is enough to do for it. Without one it takes longer, no more.
    /// A journal is written by one hand.
    pub async fn open_second(&mut self) {
        if self.work.jobs.len() > LARGEST_BATCH && self.writer.journal.is_none() {
            self.second = self.writer.database.connection().await.ok();
        }
    }

    /// Writes the first of these jobs in batches of this size, until a flight is full, the server is
    /// lost or somebody wants us to stop. What comes back are the jobs from the first to the last
    /// that was tried, none left out.
    pub async fn run_transactions(
        &mut self,
        jobs: Range<usize>,
        size: usize,
    ) -> Vec<FinishedTransaction> {
        if self.writer.journal.is_some() {
            let jobs: Vec<_> = jobs.take(size).collect();
            let result = self.write(&jobs, TransactionEnd::Commit).await;
            return vec![FinishedTransaction { jobs, result }];
        }
        let end = jobs.end.min(jobs.start.saturating_add(size.saturating_mul(BATCHES)));
        let next = Cell::new(jobs.start);
        let one = self.lane(&self.connection, &next, end, size);
        let Some(second) = &self.second else { return one.await };
        let (mut flown, other) = join(one, self.lane(second, &next, end, size)).await;
        flown.extend(other);
        flown
    }

    /// Takes one batch after the other, as long as there are any.
    async fn lane(
        &self,
        connection: &Connection,
        next: &Cell<usize>,
        end: usize,
        size: usize,
    ) -> Vec<FinishedTransaction> {
        let mut flown = vec![];
        while next.get() < end && self.check_interrupt().is_ok() {
            let jobs: Vec<_> = (next.get()..end).take(size).collect();
            next.set(next.get() + jobs.len());
            let result = self.write_over(connection, &jobs, TransactionEnd::Commit).await;
            if matches!(
                result,
                Err(WriteError::CommitUnknown(_)
                    | WriteError::Fatal(_)
                    | WriteError::LockTimeout(_))
            ) {
                next.set(end); // Nor need the other lane try.
            }
            flown.push(FinishedTransaction { jobs, result });
        }
        flown
    }
}
