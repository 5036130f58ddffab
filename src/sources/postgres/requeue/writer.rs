//! Writes a list of jobs, either in many small transactions ([`Writer::apply`]) or all of them in
//! one ([`Writer::all_or_nothing`]).

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use futures_util::future::join;
use tokio_postgres::Row;

use super::declared;
use super::journal::Journal;
use super::statements::Statements;
use super::stored::NotStored;
use super::write_transaction;
use super::write_transaction::{
    Rejection, TransactionEnd, TransactionTimeouts, WriteError, WriteTransaction,
};
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, WriteStop};
use crate::interrupt::Interrupt;
use crate::permit::WritePermit;
use crate::sources::postgres::{Connection, Database};

/// Pause between two attempts to write locked rows.
pub(crate) const LOCK_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Jobs to write, all jobs of a plan or some of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteInput<'a> {
    /// Ids of the jobs.
    pub(crate) jobs: &'a [JobId],
    /// Keys of the jobs for the statement, in the same order.
    pub(crate) keys: &'a [String],
}

impl WriteInput<'_> {
    /// Returns the keys of the jobs at these indices.
    pub(crate) fn keys(&self, indices: &[usize]) -> Vec<String> {
        indices.iter().map(|&i| self.keys[i].clone()).collect()
    }
}

/// Writer of one operation. [`Writer::apply`] and [`Writer::all_or_nothing`] can be called several
/// times; each call returns the outcome of its own jobs.
pub(crate) struct Writer<'a> {
    /// Database that is written to.
    pub(crate) database: &'a Database,
    /// Permission to write.
    pub(crate) permit: WritePermit,
    /// Statements of the operation.
    pub(crate) statements: Statements,
    /// JSON that is part of every event.
    pub(crate) event: String,
    /// Time during which locked rows are retried.
    pub(crate) lock_wait: Duration,
    /// Timeout of each statement.
    pub(crate) timeout: Duration,
    /// Local journal, if the database has no events.
    pub(crate) journal: Option<Journal>,
    /// Interrupt by the user (Ctrl-C).
    pub(crate) interrupt: &'a Interrupt,
}

/// State of one call of the writer.
pub(crate) struct WriteRun<'r, 'w> {
    pub(crate) writer: &'r mut Writer<'w>,
    pub(crate) connection: Connection,
    /// Second connection, for many jobs.
    pub(crate) second: Option<Connection>,
    pub(crate) input: WriteInput<'r>,
    /// Keys of the jobs, if they are not those of the input.
    own_keys: Option<Vec<String>>,
    pub(crate) outcome: Outcome,
    /// Indices of jobs whose rows were locked.
    pub(crate) locked: Vec<usize>,
    /// Number of successive transactions that timed out.
    pub(crate) timeouts_in_a_row: u32,
    /// Number of successive transactions that exceeded the lock timeout.
    pub(crate) lock_timeouts_in_a_row: u32,
    /// Rows that were rejected since the last one that was written.
    pub(crate) rejected: RejectedRows,
}

/// Result of one transaction.
pub(crate) struct WriteResult {
    /// Ids of the jobs that were written.
    pub(crate) jobs: HashSet<String>,
    /// Ids of jobs that a deferred trigger changed back at COMMIT.
    pub(crate) reverted: Vec<(String, NotStored)>,
    /// Maximum time for which the transaction held locks.
    pub(crate) took: Duration,
}

impl<'w> Writer<'w> {
    /// Returns a transaction that writes the rows with these keys.
    fn transaction<'b>(&'b self, keys: &'b [String]) -> WriteTransaction<'b> {
        let Statements { write, verify, after_commit, .. } = &self.statements;
        let (verify, after_commit) = (verify.as_deref(), after_commit.as_deref());
        WriteTransaction { verify, after_commit, ..self.query(write, keys) }
    }

    /// Returns a transaction that runs a query on `keys`.
    pub(crate) fn query<'b>(
        &'b self,
        statement: &'b str,
        keys: &'b [String],
    ) -> WriteTransaction<'b> {
        WriteTransaction {
            statement,
            verify: None,
            after_commit: None,
            keys,
            event: &self.event,
            timeouts: TransactionTimeouts { statement: self.timeout, lock: self.lock_wait },
        }
    }

    /// Starts a run. Without a connection, the outcome says that no job was written.
    pub(crate) async fn start_run<'r>(
        &'r mut self,
        input: WriteInput<'r>,
    ) -> Result<WriteRun<'r, 'w>, Outcome> {
        let own_keys = match &self.statements.keys {
            Some(query) => {
                let jobs = (input.jobs, input.keys);
                declared::keys(self.database, query, jobs, self.timeout).await.map(Some)
            }
            None => Ok(None),
        };
        let connected = async { Ok((own_keys?, self.database.connection().await?)) };
        match connected.await {
            Ok((own_keys, connection)) => {
                let outcome = Outcome::default();
                Ok(WriteRun {
                    writer: self,
                    connection,
                    second: None,
                    input,
                    own_keys,
                    outcome,
                    locked: vec![],
                    timeouts_in_a_row: 0,
                    lock_timeouts_in_a_row: 0,
                    rejected: RejectedRows::default(),
                })
            }
            Err(error) => {
                let not_requeued = input.jobs.len() as u64;
                let stopped = Some(WriteStop::Database(error));
                Err(Outcome { not_requeued, stopped, ..Outcome::default() })
            }
        }
    }
}

impl WriteRun<'_, '_> {
    /// Returns the keys of the jobs at these indices.
    pub(crate) fn keys(&self, indices: &[usize]) -> Vec<String> {
        let keys = self.own_keys.as_deref().unwrap_or(self.input.keys);
        WriteInput { keys, ..self.input }.keys(indices)
    }

    /// Fails if the user has interrupted the command.
    pub(crate) fn check_interrupt(&self) -> Result<(), WriteStop> {
        if self.writer.interrupt.is_interrupted() { Err(WriteStop::Interrupted) } else { Ok(()) }
    }

    /// Writes jobs in one transaction and records them in the journal, if there is one.
    pub(crate) async fn write(
        &mut self,
        jobs: &[usize],
        end: TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        if self.writer.journal.is_some() && end == TransactionEnd::Commit {
            return self.write_if(jobs, |_| TransactionEnd::Commit).await;
        }
        self.write_on(&self.connection, jobs, end).await
    }

    /// Writes jobs in one transaction on `connection`, without a journal.
    pub(crate) async fn write_on(
        &self,
        connection: &Connection,
        jobs: &[usize],
        end: TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        let keys = self.keys(jobs);
        let transaction = self.writer.transaction(&keys);
        let written =
            write_transaction::run(connection, &self.writer.permit, transaction, end).await?;
        let is_committed = end == TransactionEnd::Commit || written.0.len() == jobs.len();
        if end == TransactionEnd::Rollback || !is_committed {
            return Ok(write_result(written, vec![]));
        }
        let reverted =
            write_transaction::reverted_at_commit(connection, transaction, &written.0).await?;
        Ok(write_result(written, reverted))
    }

    /// Writes jobs as [`Self::write`] does. `decide` gets the number of rows before they are
    /// committed.
    pub(crate) async fn write_if(
        &mut self,
        jobs: &[usize],
        decide: impl FnOnce(usize) -> TransactionEnd,
    ) -> Result<WriteResult, WriteError> {
        let keys = self.keys(jobs);
        let mut journal = self.writer.journal.take();
        let check = |rows: &[Row]| match (decide(rows.len()), &mut journal) {
            (TransactionEnd::Commit, Some(journal)) => {
                journal.append(rows).map(|()| TransactionEnd::Commit)
            }
            (end, _) => Ok(end),
        };
        let transaction = self.writer.transaction(&keys);
        let result = write_transaction::run_checked(
            &self.connection,
            &self.writer.permit,
            transaction,
            check,
        )
        .await;
        let reverted = match &result {
            Ok((rows, _)) => {
                write_transaction::reverted_at_commit(&self.connection, transaction, rows).await
            }
            Err(_) => Ok(vec![]),
        };
        self.writer.journal = journal;
        Ok(write_result(result?, reverted?))
    }

    /// Returns the outcome; jobs that have no result yet count as not requeued.
    pub(crate) fn into_outcome(mut self, ended: Result<(), WriteStop>) -> Outcome {
        self.outcome.stopped = ended.err();
        let accounted = self.outcome.decided() + self.outcome.in_doubt;
        self.outcome.not_requeued = (self.input.jobs.len() as u64).saturating_sub(accounted);
        self.outcome
    }
}

fn write_result((rows, took): (Vec<Row>, Duration), reverted: Vec<String>) -> WriteResult {
    let mut jobs: HashSet<String> = rows.iter().map(|row| row.get("id")).collect();
    reverted.iter().for_each(|id| _ = jobs.remove(id));
    let reverted = reverted.into_iter().map(|id| (id, NotStored::RevertedAtCommit)).collect();
    WriteResult { jobs, reverted, took }
}

/// Target duration of a transaction, which is the time for which it holds locks. Low, because two
/// connections write at the same time and few transactions may take much longer.
const TARGET_TIME: Duration = Duration::from_millis(15);
/// Number of jobs of the first transaction.
const INITIAL_SIZE: usize = 50;
/// Maximum number of jobs of a transaction.
pub(crate) const MAX_SIZE: usize = 500;
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
        let (mut next, mut size) = (0, AdaptiveSize(INITIAL_SIZE));
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
    pub(crate) fn bisect(
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

impl WriteRun<'_, '_> {
    /// Records a job that the database rejected.
    fn record_rejected(&mut self, job: usize, rejection: Rejection) {
        self.rejected.add(&rejection);
        self.outcome.errors.push((self.input.jobs[job], rejection.message));
    }

    /// Records the jobs that must not be committed, and returns the others.
    fn record_refused(&mut self, jobs: &[usize], refused: &[(String, NotStored)]) -> Vec<usize> {
        let refused: HashMap<_, _> = refused.iter().map(|(id, why)| (id.as_str(), *why)).collect();
        let mut others = vec![];
        for &job in jobs {
            match refused.get(self.input.jobs[job].to_string().as_str()) {
                Some(refusal) => self.record_rejected(job, (*refusal).into()),
                None => others.push(job),
            }
        }
        others
    }
}

/// Rows that were rejected in a row for one reason. What rejects every row is found out once.
#[derive(Debug, Default)]
pub(crate) struct RejectedRows {
    last: Option<Rejection>,
    rows: usize,
}

impl RejectedRows {
    fn add(&mut self, rejection: &Rejection) {
        let same = self.last.as_ref().is_some_and(|last| last.reason == rejection.reason);
        self.rows = if same { self.rows + 1 } else { 1 };
        self.last = Some(rejection.clone());
    }

    /// Stops the write if a batch of `size` jobs, and enough jobs together with those before it, were
    /// rejected for one reason. One odd row stops nothing.
    fn check(&self, size: usize) -> Result<(), WriteStop> {
        match &self.last {
            Some(last) if self.rows >= size.max(MIN_REJECTED) => {
                Err(WriteStop::Rejected { jobs: self.rows as u64, message: last.message.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Number of jobs from which one reason for all of them stops the write.
const MIN_REJECTED: usize = 25;

/// Number of jobs of the next transaction, adapted to the server's speed.
struct AdaptiveSize(usize);

impl AdaptiveSize {
    /// Adapts the size to [`TARGET_TIME`] by the mean of a round, at most by a factor of 2. Fast
    /// transactions that were smaller than allowed are ignored; a timeout halves the size.
    fn adapt(&mut self, finished: &[FinishedTransaction]) {
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

/// Maximum number of transactions of one round, after which the throttle is called.
const TRANSACTIONS_PER_ROUND: usize = 8;

/// Transaction that has ended.
pub(crate) struct FinishedTransaction {
    /// Indices of its jobs.
    jobs: Vec<usize>,
    result: Result<WriteResult, WriteError>,
}

impl WriteRun<'_, '_> {
    /// Opens a second connection if there are many jobs and no journal, which has only one writer.
    /// The second connection is optional.
    pub(crate) async fn open_second_connection(&mut self) {
        if self.input.jobs.len() > MAX_SIZE && self.writer.journal.is_none() {
            self.second = self.writer.database.spare_connection().await;
        }
    }

    /// Runs one round: writes the first of these jobs in transactions of `size` jobs, until the
    /// round is full, the connection is lost or the user interrupts. Returns all transactions that
    /// were tried; together they cover a contiguous range that starts at the first job.
    pub(crate) async fn run_transactions(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SourceErrorKind;

    fn finished(jobs: usize, ms: u64) -> FinishedTransaction {
        let took = Duration::from_millis(ms);
        let result = Ok(WriteResult { jobs: [].into(), reverted: vec![], took });
        FinishedTransaction { jobs: vec![0; jobs], result }
    }

    #[test]
    fn transaction_size_adapts_to_the_server_speed() {
        let size_after = |transactions: &[FinishedTransaction]| {
            let mut size = AdaptiveSize(INITIAL_SIZE);
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
