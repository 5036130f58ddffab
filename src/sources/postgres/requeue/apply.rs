//! Writes a plan in batches, every job accounted for.

use std::time::{Duration, Instant};

use super::batch::{Ending, Trouble};
use super::writer::{RETRY_PAUSE, Run, Work, Writer};
use crate::facts::requeue::{Outcome, Stop};

/// Locks are held for about this long.
const TARGET: Duration = Duration::from_millis(25);
/// Jobs of the first batch, and of the largest.
const FIRST_BATCH: usize = 50;
const LARGEST_BATCH: usize = 500;

impl Writer<'_> {
    /// Writes every job that still can be; each ends in exactly one place of the outcome.
    ///
    /// Before each batch, with no transaction open, `pace` is shown the account so far and answers
    /// with the largest batch that may follow (at least one job; [`usize::MAX`] leaves it to the
    /// server's speed). It may take its time: that is how a rate is kept.
    pub async fn apply(
        &mut self,
        work: Work<'_>,
        pace: impl AsyncFnMut(&Outcome) -> usize,
    ) -> Outcome {
        match self.begin(work).await {
            Ok(mut run) => {
                let ended = run.batches(pace).await;
                run.settle(ended)
            }
            Err(outcome) => outcome,
        }
    }
}

impl Run<'_, '_> {
    async fn batches(&mut self, mut pace: impl AsyncFnMut(&Outcome) -> usize) -> Result<(), Stop> {
        let (mut next, mut size) = (0, Size(FIRST_BATCH));
        while next < self.work.jobs.len() {
            let most = pace(&self.outcome).await.max(1);
            self.go_on()?;
            let end = (next + size.0.min(most)).min(self.work.jobs.len());
            self.batch((next..end).collect(), &mut size).await?;
            next = end;
        }
        let deadline = Instant::now() + self.writer.lock_wait;
        while !self.locked.is_empty() && Instant::now() < deadline {
            self.writer.interrupt.sleep(RETRY_PAUSE).await;
            let most = pace(&self.outcome).await.clamp(1, LARGEST_BATCH);
            self.go_on()?;
            for chunk in std::mem::take(&mut self.locked).chunks(most) {
                self.batch(chunk.to_vec(), &mut size).await?;
            }
        }
        self.give_up_on_locked();
        _ = pace(&self.outcome).await;
        Ok(())
    }

    /// Writes these jobs; on an error halves them until the row to blame stands alone.
    async fn batch(&mut self, jobs: Vec<usize>, size: &mut Size) -> Result<(), Stop> {
        let mut waiting = vec![jobs];
        while let Some(jobs) = waiting.pop() {
            match self.write(&jobs, Ending::Commit).await {
                Ok(written) => {
                    self.outcome.transactions.push(written.took);
                    size.adapt(jobs.len(), written.took);
                    self.account(&jobs, &written.jobs).await?;
                }
                Err(Trouble::Row(words)) => self.blame(&jobs, words, &mut waiting),
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

    /// One of these rows refused: alone, it is known; else either half is to be tried.
    pub fn blame(&mut self, jobs: &[usize], words: String, waiting: &mut Vec<Vec<usize>>) {
        if let [job] = jobs {
            self.outcome.errors.push((self.work.jobs[*job], words));
        } else {
            let (first, second) = jobs.split_at(jobs.len() / 2);
            waiting.extend([second.to_vec(), first.to_vec()]);
        }
    }
}

/// Jobs of the next batch.
struct Size(usize);

impl Size {
    /// Grows or shrinks towards the target, at most by half or double at a time. A batch that was
    /// smaller than allowed says little.
    fn adapt(&mut self, jobs: usize, took: Duration) {
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

    #[test]
    fn batches_grow_where_the_server_is_fast_and_shrink_where_it_is_slow() {
        let after = |jobs: usize, ms: u64| {
            let mut size = Size(FIRST_BATCH);
            size.adapt(jobs, Duration::from_millis(ms));
            size.0
        };
        assert_eq!((after(50, 1), after(50, 25), after(50, 500)), (100, 50, 25));
        assert_eq!(after(3, 1), 50, "a short last batch says nothing about a full one");
        assert_eq!(after(3, 100), 1, "but a slow one does");
        let mut size = Size(LARGEST_BATCH);
        size.adapt(LARGEST_BATCH, Duration::ZERO);
        assert_eq!(size.0, LARGEST_BATCH);
    }
}
