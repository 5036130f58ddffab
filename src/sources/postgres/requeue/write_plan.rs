//! Writes a plan in flights of batches, every job accounted for.

use std::time::{Duration, Instant};

use super::pipeline::FinishedTransaction;
use super::write_transaction::{TransactionEnd, WriteError};
use super::writer::{RETRY_PAUSE, WriteInput, WriteResult, WriteRun, Writer};
use crate::facts::SourceError;
use crate::facts::requeue::{Outcome, WriteStop};

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
