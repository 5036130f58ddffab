//! The only writer: what it holds, and one transaction of it.

use std::cell::Cell;
use std::collections::HashSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio_postgres::Row;

use super::journal::Journal;
use super::statements::Statements;
use super::write_transaction;
use super::write_transaction::{TransactionEnd, TransactionTimeouts, WriteError, WriteTransaction};
use crate::facts::SourceError;
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

/// Locks are held for about this long: two batches at a time share a disk, and few may take much longer.
const TARGET: Duration = Duration::from_millis(15);
/// Jobs of the first batch, and of the largest.
const FIRST_BATCH: usize = 50;
pub(crate) const LARGEST_BATCH: usize = 500;
/// Statements that may run out of time one after the other.
const MOST_SLOW: u32 = 4;
/// Batches that may wait in vain for a lock one after the other: the next would, too.
const MOST_BARRED: u32 = 1;

impl Writer<'_> {
    /// Writes every job that still can be; each ends in exactly one place of the outcome.
    ///
    /// Before each flight of batches, with no transaction open, `pace` is shown the account so far and
    /// answers how many jobs may follow at most (at least one; [`usize::MAX`] leaves it to the
    /// server's speed). It may take its time: that is how a rate is kept.
    pub async fn apply(
        &mut self,
        work: WriteInput<'_>,
        pace: impl AsyncFnMut(&Outcome) -> usize,
    ) -> Outcome {
        match self.begin(work).await {
            Ok(mut run) => {
                let ended = run.batches(pace).await;
                run.into_outcome(ended)
            }
            Err(outcome) => outcome,
        }
    }
}

impl WriteRun<'_, '_> {
    async fn batches(
        &mut self,
        mut pace: impl AsyncFnMut(&Outcome) -> usize,
    ) -> Result<(), WriteStop> {
        let (mut next, mut size) = (0, AdaptiveSize(FIRST_BATCH));
        self.open_second().await;
        while next < self.work.jobs.len() {
            let most = pace(&self.outcome).await.max(1);
            self.check_interrupt()?;
            let end = next.saturating_add(most).min(self.work.jobs.len());
            let flown = self.run_transactions(next..end, size.0).await;
            next += flown.iter().map(|batch| batch.jobs.len()).sum::<usize>();
            self.account_transactions(flown, &mut size).await?;
        }
        let deadline = Instant::now() + self.writer.lock_wait;
        while !self.locked.is_empty() && Instant::now() < deadline {
            self.writer.interrupt.sleep(RETRY_PAUSE).await;
            let most = pace(&self.outcome).await.clamp(1, LARGEST_BATCH);
            self.check_interrupt()?;
            for chunk in std::mem::take(&mut self.locked).chunks(most) {
                self.one_by_one(vec![chunk.to_vec()]).await?;
            }
        }
        self.give_up_on_locked().await?;
        _ = pace(&self.outcome).await;
        Ok(())
    }

    /// Accounts for the batches of a flight, for all of them even if one of them ends it.
    async fn account_transactions(
        &mut self,
        flown: Vec<FinishedTransaction>,
        size: &mut AdaptiveSize,
    ) -> Result<(), WriteStop> {
        size.adapt(&flown);
        let (mut halves, mut ended) = (vec![], Ok(()));
        for FinishedTransaction { jobs, result } in flown {
            ended = ended.and(self.record_transaction(jobs, result, &mut halves).await);
        }
        ended?;
        self.one_by_one(halves).await
    }

    /// Writes these batches; on an error halves them until the row to blame stands alone.
    async fn one_by_one(&mut self, mut waiting: Vec<Vec<usize>>) -> Result<(), WriteStop> {
        while let Some(jobs) = waiting.pop() {
            let result = self.write(&jobs, TransactionEnd::Commit).await;
            self.record_transaction(jobs, result, &mut waiting).await?;
        }
        Ok(())
    }

    async fn record_transaction(
        &mut self,
        jobs: Vec<usize>,
        result: Result<WriteResult, WriteError>,
        waiting: &mut Vec<Vec<usize>>,
    ) -> Result<(), WriteStop> {
        match result {
            Ok(written) => {
                (self.slow, self.lock_timeouts_in_a_row) = (0, 0);
                self.outcome.transactions.push(written.took);
                self.account(&jobs, &written.jobs).await?;
            }
            Err(WriteError::RowRejected(words)) => self.bisect(&jobs, words, waiting),
            Err(WriteError::TimedOut(error)) => return self.slow(&jobs, error, waiting),
            Err(WriteError::RowLocked) => {
                // Perhaps we stand in our own way: triggers may lock what two batches have in common.
                self.second = None;
                self.locked.extend(jobs);
            }
            Err(WriteError::LockTimeout(error)) => {
                self.locked.extend(jobs);
                self.lock_timeouts_in_a_row += 1;
                if self.lock_timeouts_in_a_row > MOST_BARRED {
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

    /// These rows ran out of time. One by one they tell which of them did; halves would hold their
    /// locks as long, again and again. Where several single ones in a row do, it is the server.
    fn slow(
        &mut self,
        jobs: &[usize],
        error: SourceError,
        waiting: &mut Vec<Vec<usize>>,
    ) -> Result<(), WriteStop> {
        self.slow += 1;
        if self.slow > MOST_SLOW {
            return Err(WriteStop::Database(error));
        }
        match jobs {
            [job] => self.outcome.errors.push((self.work.jobs[*job], error.message)),
            jobs => waiting.extend(jobs.iter().rev().map(|job| vec![*job])),
        }
        Ok(())
    }

    /// One of these rows refused: alone, it is known; else either half is to be tried.
    pub fn bisect(&mut self, jobs: &[usize], words: String, waiting: &mut Vec<Vec<usize>>) {
        if let [job] = jobs {
            self.outcome.errors.push((self.work.jobs[*job], words));
        } else {
            let (first, second) = jobs.split_at(jobs.len() / 2);
            waiting.extend([second.to_vec(), first.to_vec()]);
        }
    }
}

/// Jobs of the next batch.
struct AdaptiveSize(usize);

impl AdaptiveSize {
    /// Grows or shrinks towards the target, at most by half or double at a time, by the mean of a
    /// flight. Batches that were smaller than allowed say little; one that ran out of time says enough.
    fn adapt(&mut self, flown: &[FinishedTransaction]) {
        if flown.iter().any(|batch| matches!(batch.result, Err(WriteError::TimedOut(_)))) {
            self.0 = (self.0 / 2).max(1);
            return;
        }
        let written = |batch: &FinishedTransaction| {
            Some((batch.jobs.len(), batch.result.as_ref().ok()?.took))
        };
        let known: Vec<_> = flown.iter().filter_map(written).collect();
        let Ok(count) = u32::try_from(known.len()) else { return };
        let Some(took) = known.iter().map(|(_, took)| *took).sum::<Duration>().checked_div(count)
        else {
            return;
        };
        let jobs = known.iter().map(|(jobs, _)| jobs).sum::<usize>() / known.len();
        if jobs < self.0 && took < TARGET {
            return;
        }
        let factor = TARGET.as_secs_f64() / took.as_secs_f64().max(1e-4);
        let size = jobs as f64 * factor.clamp(0.5, 2.0);
        self.0 = (size as usize).clamp(1, LARGEST_BATCH);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SourceErrorKind;

    fn flown(jobs: usize, ms: u64) -> FinishedTransaction {
        let took = Duration::from_millis(ms);
        let result = Ok(WriteResult { jobs: [].into(), took });
        FinishedTransaction { jobs: vec![0; jobs], result }
    }

    #[test]
    fn transaction_size_adapts_to_the_server_speed() {
        let after = |batches: &[FinishedTransaction]| {
            let mut size = AdaptiveSize(FIRST_BATCH);
            size.adapt(batches);
            size.0
        };
        let one = |jobs, ms| after(&[flown(jobs, ms)]);
        assert_eq!((one(50, 1), one(50, 15), one(50, 500)), (100, 50, 25));
        assert_eq!(one(3, 1), 50, "a short last batch says nothing about a full one");
        assert_eq!(one(3, 100), 1, "but a slow one does");
        assert_eq!(after(&[flown(50, 1), flown(50, 1)]), 100, "a flight counts once");
        assert_eq!(after(&[]), 50);
        let late = SourceError::new(SourceErrorKind::Timeout, "canceled");
        let late =
            FinishedTransaction { jobs: vec![0; 50], result: Err(WriteError::TimedOut(late)) };
        assert_eq!(after(&[flown(50, 1), late]), 25, "what ran out of time is halved at once");
        let mut size = AdaptiveSize(LARGEST_BATCH);
        size.adapt(&[flown(LARGEST_BATCH, 0)]);
        assert_eq!(size.0, LARGEST_BATCH);
    }
}
