//! Writes a plan: batches that adapt to the server, every job accounted for.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::batch::{self, Ending, Limits, Trouble};
use super::journal::Journal;
use super::statements::Statements;
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Outcome, Skip, Stop};
use crate::interrupt::Interrupt;
use crate::permit::WritePermit;
use crate::sources::postgres::{Connection, Database};

/// Locks are held for about this long.
const TARGET: Duration = Duration::from_millis(25);
/// Jobs of the first batch, and of the largest.
const FIRST_BATCH: usize = 50;
const LARGEST_BATCH: usize = 500;
/// Between two tries of locked rows.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Jobs to write, and the key by which the statement knows each; without keys it is their id.
pub struct Work {
    /// The jobs.
    pub jobs: Vec<JobId>,
    /// Their keys, as many; or none.
    pub keys: Option<Vec<String>>,
}

impl Work {
    fn keys(&self, at: &[usize]) -> Vec<String> {
        match &self.keys {
            Some(keys) => at.iter().map(|&i| keys[i].clone()).collect(),
            None => at.iter().map(|&i| self.jobs[i].to_string()).collect(),
        }
    }
}

/// The only writer.
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

/// One run of the writer.
struct Run<'a, 'w> {
    writer: &'w mut Writer<'a>,
    connection: Connection,
    work: &'w Work,
    outcome: Outcome,
    locked: Vec<usize>,
    size: usize,
}

impl Writer<'_> {
    /// Writes every job that still can be; each ends in exactly one place of the outcome.
    pub async fn apply(&mut self, work: &Work, progress: &dyn Fn(&Outcome)) -> Outcome {
        let connection = match self.database.connection().await {
            Ok(connection) => connection,
            Err(error) => return stopped(work, Stop::Database(error)),
        };
        let mut run = Run {
            writer: self,
            connection,
            work,
            outcome: Outcome::default(),
            locked: vec![],
            size: FIRST_BATCH,
        };
        let ended = run.all(progress).await;
        run.outcome.stopped = ended.err();
        run.settle();
        run.outcome
    }

    /// Writes all jobs in one transaction, or none.
    pub async fn all_or_nothing(&mut self, work: &Work) -> Outcome {
        let connection = match self.database.connection().await {
            Ok(connection) => connection,
            Err(error) => return stopped(work, Stop::Database(error)),
        };
        let mut run = Run {
            writer: self,
            connection,
            work,
            outcome: Outcome::default(),
            locked: vec![],
            size: LARGEST_BATCH,
        };
        let ended = run.one_transaction().await;
        run.outcome.stopped = ended.err();
        run.settle();
        run.outcome
    }
}

fn stopped(work: &Work, why: Stop) -> Outcome {
    Outcome { left: work.jobs.len() as u64, stopped: Some(why), ..Outcome::default() }
}

impl Run<'_, '_> {
    async fn all(&mut self, progress: &dyn Fn(&Outcome)) -> Result<(), Stop> {
        let mut next = 0;
        while next < self.work.jobs.len() {
            self.go_on()?;
            let end = (next + self.size).min(self.work.jobs.len());
            self.batch((next..end).collect()).await?;
            next = end;
            progress(&self.outcome);
        }
        let deadline = Instant::now() + self.writer.lock_wait;
        while !self.locked.is_empty() && Instant::now() < deadline {
            self.writer.interrupt.sleep(RETRY_PAUSE).await;
            self.go_on()?;
            for chunk in std::mem::take(&mut self.locked).chunks(LARGEST_BATCH) {
                self.batch(chunk.to_vec()).await?;
            }
            progress(&self.outcome);
        }
        Ok(())
    }

    fn go_on(&self) -> Result<(), Stop> {
        if self.writer.interrupt.happened() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    /// Writes these jobs; on an error halves them until the row to blame stands alone.
    async fn batch(&mut self, jobs: Vec<usize>) -> Result<(), Stop> {
        let mut waiting = vec![jobs];
        while let Some(jobs) = waiting.pop() {
            match self.write(&jobs, Ending::Commit).await {
                Ok((done, took)) => {
                    self.adapt(jobs.len(), took);
                    self.account(&jobs, &done).await?;
                }
                Err(Trouble::Row(words)) if jobs.len() == 1 => {
                    self.outcome.errors.push((self.work.jobs[jobs[0]], words));
                }
                Err(Trouble::Row(_)) => {
                    let (first, second) = jobs.split_at(jobs.len() / 2);
                    waiting.extend([second.to_vec(), first.to_vec()]);
                }
                Err(Trouble::Busy) => self.locked.extend(jobs),
                Err(Trouble::InDoubt(error)) => {
                    self.outcome.in_doubt += jobs.len() as u64;
                    return Err(Stop::Database(error));
                }
                Err(Trouble::Fatal(error)) => return Err(Stop::Database(error)),
            }
        }
        Ok(())
    }

    async fn write(
        &mut self,
        jobs: &[usize],
        ending: Ending,
    ) -> Result<(HashSet<String>, Duration), Trouble> {
        let keys = self.work.keys(jobs);
        let limits = Limits { statement: self.writer.timeout, lock: self.writer.lock_wait };
        let writer = &mut *self.writer;
        let payload = (keys.as_slice(), writer.event.as_str());
        let (permit, statements) = (&writer.permit, &writer.statements);
        let (rows, took) = match &mut writer.journal {
            Some(journal) if ending == Ending::Commit => {
                let keep = |rows: &[_]| journal.note(rows).map(|()| Ending::Commit);
                batch::run_watched(&self.connection, permit, statements, payload, limits, keep)
                    .await?
            }
            _ => batch::run(&self.connection, permit, statements, payload, limits, ending).await?,
        };
        Ok((rows.iter().map(|row| row.get("id")).collect(), took))
    }

    fn adapt(&mut self, jobs: usize, took: Duration) {
        self.outcome.transactions.push(took);
        if jobs < self.size {
            return;
        }
        let factor = TARGET.as_secs_f64() / took.as_secs_f64().max(1e-4);
        let size = self.size as f64 * factor.clamp(0.5, 2.0);
        self.size = (size as usize).clamp(1, LARGEST_BATCH);
    }

    /// Sorts the jobs of a committed batch: written, locked (to be tried again), or changed.
    async fn account(&mut self, jobs: &[usize], done: &HashSet<String>) -> Result<(), Stop> {
        self.outcome.done += done.len() as u64;
        if done.len() == jobs.len() {
            return Ok(());
        }
        let missed: Vec<_> = jobs
            .iter()
            .copied()
            .filter(|&i| !done.contains(&self.work.jobs[i].to_string()))
            .collect();
        let still = self.still_matching(&missed).await.map_err(Stop::Database)?;
        for i in missed {
            let job = self.work.jobs[i];
            if still.contains(&job.to_string()) {
                self.locked.push(i);
            } else {
                self.outcome.skipped.push((job, Skip::Changed));
            }
        }
        Ok(())
    }

    async fn still_matching(&self, jobs: &[usize]) -> Result<HashSet<String>, SourceError> {
        use tokio_postgres::types::Type;
        let keys = self.work.keys(jobs);
        let rows = self
            .connection
            .query_typed(&self.writer.statements.matching, &[(&keys, Type::TEXT_ARRAY)])
            .await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    /// Whatever is not accounted for yet, is left: or locked, when its time is up.
    fn settle(&mut self) {
        let o = &mut self.outcome;
        if o.stopped.is_none() {
            let jobs = self.locked.drain(..).map(|i| (self.work.jobs[i], Skip::Locked));
            o.skipped.extend(jobs);
        }
        let told = o.done + o.in_doubt + (o.skipped.len() + o.errors.len()) as u64;
        o.left = (self.work.jobs.len() as u64).saturating_sub(told);
    }

    /// All jobs in one transaction. Rows that others hold are waited for; the first row that
    /// refuses, or is not what it was, makes it nothing.
    async fn one_transaction(&mut self) -> Result<(), Stop> {
        let everything: Vec<_> = (0..self.work.jobs.len()).collect();
        let deadline = Instant::now() + self.writer.lock_wait;
        loop {
            self.go_on()?;
            self.outcome.skipped.clear();
            self.locked.clear();
            match self.try_all(&everything).await {
                Ok(None) => return Ok(()),
                Ok(Some(done)) => {
                    self.account(&everything, &done).await?;
                    self.outcome.done = 0;
                }
                Err(Trouble::Busy) => self.locked.extend(&everything),
                Err(Trouble::Row(_)) => {
                    self.blame(everything).await?;
                    return Err(Stop::AllOrNothing);
                }
                Err(Trouble::InDoubt(error)) => {
                    self.outcome.in_doubt = everything.len() as u64;
                    return Err(Stop::Database(error));
                }
                Err(Trouble::Fatal(error)) => return Err(Stop::Database(error)),
            }
            if !self.outcome.skipped.is_empty() || Instant::now() >= deadline {
                let jobs = self.locked.drain(..).map(|i| (self.work.jobs[i], Skip::Locked));
                self.outcome.skipped.extend(jobs);
                return Err(Stop::AllOrNothing);
            }
            self.writer.interrupt.sleep(RETRY_PAUSE).await;
        }
    }

    /// Commits when every job was written (`None`); else says which would have been.
    async fn try_all(&mut self, jobs: &[usize]) -> Result<Option<HashSet<String>>, Trouble> {
        let keys = self.work.keys(jobs);
        let limits = Limits { statement: self.writer.timeout, lock: self.writer.lock_wait };
        let writer = &mut *self.writer;
        let journal = &mut writer.journal;
        let keep = |rows: &[tokio_postgres::Row]| {
            if rows.len() < jobs.len() {
                return Ok(Ending::Rollback);
            }
            journal.as_mut().map_or(Ok(()), |journal| journal.note(rows)).map(|()| Ending::Commit)
        };
        let payload = (keys.as_slice(), writer.event.as_str());
        let (rows, took) = batch::run_watched(
            &self.connection,
            &writer.permit,
            &writer.statements,
            payload,
            limits,
            keep,
        )
        .await?;
        if rows.len() < jobs.len() {
            return Ok(Some(rows.iter().map(|row| row.get("id")).collect()));
        }
        self.outcome.transactions.push(took);
        self.outcome.done = rows.len() as u64;
        Ok(None)
    }

    /// Finds the rows that refuse, writing nothing.
    async fn blame(&mut self, jobs: Vec<usize>) -> Result<(), Stop> {
        let mut waiting = vec![jobs];
        while let Some(jobs) = waiting.pop() {
            match self.write(&jobs, Ending::Rollback).await {
                Ok(_) | Err(Trouble::Busy) => {}
                Err(Trouble::Row(words)) if jobs.len() == 1 => {
                    self.outcome.errors.push((self.work.jobs[jobs[0]], words));
                }
                Err(Trouble::Row(_)) => {
                    let (first, second) = jobs.split_at(jobs.len() / 2);
                    waiting.extend([second.to_vec(), first.to_vec()]);
                }
                Err(Trouble::InDoubt(error) | Trouble::Fatal(error)) => {
                    return Err(Stop::Database(error));
                }
            }
        }
        Ok(())
    }
}
