//! Keeps the pace of a write: asked before each batch, with no transaction open.

use std::time::{Duration, Instant};

use crate::checks::throttle::{TokenBucket, jobs_until_pause, pause_reason};
use crate::context::Context;
use crate::facts::requeue::Outcome;
use crate::facts::throttle::Throttle;
use crate::interrupt::Interrupt;
use crate::sources::postgres::table_load;
use crate::terminal::Progress;

/// Between two looks at the server.
const EVERY: Duration = Duration::from_secs(1);
/// A write of fewer jobs than this is over before anybody is in its way.
const MANY: u64 = 500;
/// So long we wait for others to leave the table; a vacuum of a large one takes hours.
const PATIENCE: Duration = Duration::from_mins(1);
/// Jobs of a batch beside somebody who does not leave.
const LOAD_SHARE: usize = 25;

/// The pace of one write.
pub struct WriteThrottle<'a> {
    context: &'a Context,
    interrupt: &'a Interrupt,
    limits: Throttle,
    bucket: Option<TokenBucket>,
    filled: Instant,
    last_load: Option<Instant>,
    /// Done by the writer's present account.
    done: u64,
    /// We waited long enough for others on the table.
    beside: bool,
}

impl<'a> WriteThrottle<'a> {
    /// A pace that has not begun.
    pub fn new(context: &'a Context, interrupt: &'a Interrupt, limits: Throttle) -> Self {
        let (bucket, filled) = (limits.rate.map(TokenBucket::new), Instant::now());
        Self { context, interrupt, limits, bucket, filled, last_load: None, done: 0, beside: false }
    }

    /// Jobs after which somebody should look how they do: those of two seconds, at most these.
    pub fn max_write_size(&self, most: usize) -> usize {
        let paced = self.limits.rate.map_or(usize::MAX, |rate| (rate * 2.0).ceil() as usize);
        let paused = self.limits.pause_above.map_or(usize::MAX, |_| MANY as usize);
        paced.min(paused).clamp(1, most)
    }

    /// How many of the `total` jobs of a piece of work may follow. Takes its time where it must, and
    /// says why. Somebody who interrupts is not kept waiting.
    pub async fn next_write_size(
        &mut self,
        so_far: &Outcome,
        total: u64,
        progress: &Progress,
    ) -> usize {
        self.record_written(so_far);
        let left = total.saturating_sub(so_far.decided() + so_far.in_doubt);
        if left == 0 {
            return usize::MAX;
        }
        let room = self.unhindered(left, progress).await;
        room.min(self.in_time(left).await)
    }

    /// Each piece of work has an account of its own, which begins at nothing.
    fn record_written(&mut self, so_far: &Outcome) {
        let new = so_far.done.checked_sub(self.done).unwrap_or(so_far.done);
        self.done = if so_far.decided() == 0 { 0 } else { so_far.done };
        if let Some(bucket) = &mut self.bucket {
            bucket.take(new);
        }
    }

    async fn in_time(&mut self, left: u64) -> usize {
        loop {
            let Some(bucket) = &mut self.bucket else { return usize::MAX };
            bucket.fill(self.filled.elapsed());
            self.filled = Instant::now();
            match bucket.allows(left) {
                Ok(jobs) => return jobs,
                Err(_) if self.interrupt.happened() => return 1,
                Err(wait) => self.interrupt.sleep(wait).await,
            }
        }
    }

    /// Waits until nobody is in the way, or we in nobody's.
    async fn unhindered(&mut self, left: u64, progress: &Progress) -> usize {
        let due = self.last_load.is_none_or(|looked| looked.elapsed() >= EVERY);
        let asked = self.limits.pause_above.is_some();
        if !asked && (left < MANY || !due) {
            return self.most();
        }
        let began = Instant::now();
        loop {
            self.last_load = Some(Instant::now());
            let why = match self.read_load().await {
                Ok(found) => match found {
                    Ok(room) => {
                        progress.note("");
                        return room.min(self.most());
                    }
                    Err((why, others)) => {
                        if others && (self.beside || began.elapsed() >= PATIENCE) {
                            self.beside = true;
                            progress.note(&format!("{why}; going on beside it in small steps"));
                            return LOAD_SHARE;
                        }
                        why
                    }
                },
                // Without a figure to hold against the limit, waiting is the careful answer.
                Err(error) if asked => format!("waiting: the backlog cannot be counted: {error}"),
                Err(_) => return self.most(),
            };
            progress.note(&why);
            self.interrupt.sleep(EVERY).await;
            if self.interrupt.happened() {
                return 1;
            }
        }
    }

    fn most(&self) -> usize {
        if self.beside { LOAD_SHARE } else { usize::MAX }
    }

    /// How many may follow; or why none may, and whether that is about others on the table.
    async fn read_load(
        &mut self,
    ) -> Result<Result<usize, (String, bool)>, crate::facts::SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let pressure = table_load::read(database, layout, self.limits.pause_above).await?;
        Ok(match pause_reason(&self.limits, &pressure) {
            None => {
                self.beside = false;
                Ok(jobs_until_pause(&self.limits, &pressure))
            }
            Some(hold) => Err((hold.message(), hold.is_external())),
        })
    }
}
