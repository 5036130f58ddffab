//! Keeps the pace of a write: asked before each batch, with no transaction open.

use std::time::{Duration, Instant};

use crate::context::Context;
use crate::facts::requeue::Outcome;
use crate::facts::throttle::{PauseReason, TableLoad, Throttle};
use crate::interrupt::Interrupt;
use crate::sources::postgres::table_load;
use crate::terminal::Progress;
use crate::text::{count, plural};

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

/// Parts of a second's jobs that are written at a time: a rate is kept in small pieces.
const PIECES: f64 = 4.0;

/// Why nothing may be written now; none when something may.
#[must_use]
pub fn pause_reason(pace: &Throttle, pressure: &TableLoad) -> Option<PauseReason> {
    if let (Some(most), Some(waiting)) = (pace.pause_above, pressure.due)
        && waiting > most
    {
        return Some(PauseReason::Backlog { waiting, most });
    }
    if pressure.lock_waiters > 0 {
        return Some(PauseReason::LockWaiters { sessions: pressure.lock_waiters });
    }
    pressure.vacuum_running.then_some(PauseReason::Vacuum)
}

/// Jobs that may follow until the backlog is as long as it may be, one at least.
#[must_use]
pub fn jobs_until_pause(pace: &Throttle, pressure: &TableLoad) -> usize {
    match (pace.pause_above, pressure.due) {
        (Some(most), Some(waiting)) => {
            let room = most.saturating_sub(waiting).saturating_add(1);
            usize::try_from(room).unwrap_or(usize::MAX)
        }
        _ => usize::MAX,
    }
}

impl PauseReason {
    /// Whether others are at the table, and not the queue too long.
    #[must_use]
    pub fn is_external(&self) -> bool {
        !matches!(self, Self::Backlog { .. })
    }

    /// `waiting: 120 jobs are due and not claimed, more than 100`
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Backlog { waiting, most } => {
                let jobs = plural(*waiting, "job is due", "jobs are due");
                format!("waiting: at least {jobs} and not claimed, more than {}", count(*most))
            }
            Self::LockWaiters { sessions } => {
                let sessions = plural(*sessions, "session waits", "sessions wait");
                format!("waiting: {sessions} for a lock on jobs")
            }
            Self::Vacuum => "waiting: a vacuum is at work on jobs".to_owned(),
        }
    }
}

/// Lets so many jobs a second through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenBucket {
    rate: f64,
    level: f64,
}

impl TokenBucket {
    /// A bucket that lets the first piece through at once.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self { rate, level: (rate / PIECES).max(1.0) }
    }

    /// Time went by: what it allows is saved up for no longer than a second.
    pub fn fill(&mut self, elapsed: Duration) {
        let most = self.rate.max(1.0);
        self.level = (self.level + self.rate * elapsed.as_secs_f64()).min(most);
    }

    /// So many jobs were written.
    pub fn take(&mut self, jobs: u64) {
        self.level -= jobs as f64;
    }

    /// How many jobs may follow now.
    ///
    /// # Errors
    /// How long to wait until a piece of them may.
    pub fn allows(&self, left: u64) -> Result<usize, Duration> {
        let piece = (self.rate / PIECES).max(1.0).min(left.max(1) as f64);
        // A wait is never quite exact.
        if self.level + 1e-6 >= piece {
            return Ok((self.level + 1e-6) as usize);
        }
        Err(Duration::from_secs_f64((piece - self.level) / self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limit_is_exact_over_time_and_caps_bursts() {
        let mut bucket = TokenBucket::new(20.0);
        let (mut seconds, mut written) = (0.0, 0);
        while seconds < 60.0 {
            match bucket.allows(1_000_000) {
                Ok(jobs) => {
                    bucket.take(jobs as u64);
                    written += jobs;
                }
                Err(wait) => {
                    bucket.fill(wait);
                    seconds += wait.as_secs_f64();
                }
            }
        }
        assert!((1_200..=1_206).contains(&written), "{written}");
        bucket.fill(Duration::from_hours(1));
        assert_eq!(bucket.allows(1_000_000), Ok(20));
    }

    #[test]
    fn slow_rate_allows_single_jobs_and_a_small_remainder() {
        let mut bucket = TokenBucket::new(0.5);
        assert_eq!(bucket.allows(10), Ok(1));
        bucket.take(1);
        assert_eq!(bucket.allows(10), Err(Duration::from_secs(2)));
        let mut fast = TokenBucket::new(100.0);
        fast.take(23);
        assert_eq!(fast.allows(2), Ok(2));
        assert!(fast.allows(100).is_err());
    }

    #[test]
    fn backlog_lock_waiters_and_vacuum_pause_the_requeue() {
        let pace = Throttle { pause_above: Some(100), ..Throttle::default() };
        let waiting = |n| TableLoad { due: Some(n), ..TableLoad::default() };
        assert_eq!(pause_reason(&pace, &waiting(100)), None);
        assert_eq!(
            pause_reason(&pace, &waiting(101)),
            Some(PauseReason::Backlog { waiting: 101, most: 100 })
        );
        assert_eq!(
            (jobs_until_pause(&pace, &waiting(97)), jobs_until_pause(&pace, &waiting(100))),
            (4, 1)
        );
        assert_eq!(jobs_until_pause(&Throttle::default(), &TableLoad::default()), usize::MAX);
        let queue = TableLoad { lock_waiters: 1, vacuum_running: true, ..waiting(0) };
        assert_eq!(pause_reason(&pace, &queue), Some(PauseReason::LockWaiters { sessions: 1 }));
        let vacuum = TableLoad { lock_waiters: 0, ..queue };
        assert_eq!(pause_reason(&pace, &vacuum), Some(PauseReason::Vacuum));
    }
}
