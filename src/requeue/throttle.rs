//! The throttle of a write: limits the rate and pauses before each write transaction, while none is
//! open.

use std::time::{Duration, Instant};

use crate::context::Context;
use crate::facts::SourceError;
use crate::facts::requeue::Outcome;
use crate::facts::throttle::{PauseReason, TableLoad, Throttle};
use crate::interrupt::Interrupt;
use crate::sources::postgres::table_load;
use crate::terminal::Progress;
use crate::text::{count, plural};

/// The pause between two reads of the table load.
const LOAD_INTERVAL: Duration = Duration::from_secs(1);
/// Without `--pause-above`, a write with fewer remaining jobs than this does not read the table load.
const MIN_JOBS_FOR_LOAD: u64 = 500;
/// The longest pause for other sessions on the table. It is limited because the vacuum of a large
/// table takes hours.
const MAX_LOAD_PAUSE: Duration = Duration::from_mins(1);
/// Jobs per write transaction after that pause, while other sessions still use the table.
const REDUCED_SIZE: usize = 25;

/// The rate limit and the pauses of one write.
pub(crate) struct WriteThrottle<'a> {
    context: &'a Context,
    interrupt: &'a Interrupt,
    limits: Throttle,
    bucket: Option<TokenBucket>,
    filled: Instant,
    last_load: Option<Instant>,
    /// Jobs written by the current call of the writer, as of the last transaction.
    written: u64,
    /// Whether `MAX_LOAD_PAUSE` is over and writes continue with `REDUCED_SIZE`.
    is_reduced: bool,
}

impl<'a> WriteThrottle<'a> {
    /// Creates a throttle; its rate limit starts now.
    pub(crate) fn new(context: &'a Context, interrupt: &'a Interrupt, limits: Throttle) -> Self {
        let (bucket, filled) = (limits.rate.map(TokenBucket::new), Instant::now());
        let (last_load, written, is_reduced) = (None, 0, false);
        Self { context, interrupt, limits, bucket, filled, last_load, written, is_reduced }
    }

    /// Returns how many jobs a canary may write between two polls: those of two seconds at the rate
    /// limit, at most `max`.
    pub(crate) fn max_write_size(&self, max: usize) -> usize {
        let by_rate = self.limits.rate.map_or(usize::MAX, |rate| (rate * 2.0).ceil() as usize);
        let by_pause = self.limits.pause_above.map_or(usize::MAX, |_| MIN_JOBS_FOR_LOAD as usize);
        by_rate.min(by_pause).clamp(1, max)
    }

    /// Returns how many of the `total` jobs of the writer's input may be written next. Waits as long
    /// as the limits require and shows the reason; an interrupt ends the wait.
    pub(crate) async fn next_write_size(
        &mut self,
        so_far: &Outcome,
        total: u64,
        progress: &Progress,
    ) -> usize {
        self.record_written(so_far);
        let remaining = total.saturating_sub(so_far.decided() + so_far.in_doubt);
        if remaining == 0 {
            return usize::MAX;
        }
        let by_load = self.wait_for_load(remaining, progress).await;
        by_load.min(self.wait_for_rate(remaining).await)
    }

    /// Takes the jobs written since the last call from the rate limit. The outcome starts at zero
    /// with each input of the writer.
    fn record_written(&mut self, so_far: &Outcome) {
        let new = so_far.written.checked_sub(self.written).unwrap_or(so_far.written);
        self.written = if so_far.decided() == 0 { 0 } else { so_far.written };
        if let Some(bucket) = &mut self.bucket {
            bucket.take(new);
        }
    }

    /// Waits until the rate limit allows more jobs and returns how many.
    async fn wait_for_rate(&mut self, remaining: u64) -> usize {
        loop {
            let Some(bucket) = &mut self.bucket else { return usize::MAX };
            bucket.fill(self.filled.elapsed());
            self.filled = Instant::now();
            match bucket.allows(remaining) {
                Ok(jobs) => return jobs,
                Err(_) if self.interrupt.is_interrupted() => return 1,
                Err(wait) => self.interrupt.sleep(wait).await,
            }
        }
    }

    /// Waits until neither the backlog nor other sessions require a pause and returns how many jobs
    /// may be written. For other sessions it waits at most `MAX_LOAD_PAUSE`.
    async fn wait_for_load(&mut self, remaining: u64, progress: &Progress) -> usize {
        let due = self.last_load.is_none_or(|at| at.elapsed() >= LOAD_INTERVAL);
        let has_backlog_limit = self.limits.pause_above.is_some();
        if !has_backlog_limit && (remaining < MIN_JOBS_FOR_LOAD || !due) {
            return self.max_size();
        }
        let began = Instant::now();
        loop {
            self.last_load = Some(Instant::now());
            let reason = match self.read_load().await {
                Ok(Ok(size)) => {
                    progress.note("");
                    return size.min(self.max_size());
                }
                Ok(Err(pause)) => {
                    let reason = pause.message();
                    let waited = self.is_reduced || began.elapsed() >= MAX_LOAD_PAUSE;
                    if pause.is_external() && waited {
                        self.is_reduced = true;
                        progress.note(&format!("{reason}; continuing with small transactions"));
                        return REDUCED_SIZE;
                    }
                    reason
                }
                // Without a count to compare with the limit, waiting is the safe choice.
                Err(error) if has_backlog_limit => {
                    format!("paused: cannot count due jobs: {error}")
                }
                Err(_) => return self.max_size(),
            };
            progress.note(&reason);
            self.interrupt.sleep(LOAD_INTERVAL).await;
            if self.interrupt.is_interrupted() {
                return 1;
            }
        }
    }

    fn max_size(&self) -> usize {
        if self.is_reduced { REDUCED_SIZE } else { usize::MAX }
    }

    /// Reads the table load and returns how many jobs may be written, or the reason for a pause.
    async fn read_load(&mut self) -> Result<Result<usize, PauseReason>, SourceError> {
        let (layout, database) = (self.context.layout().await?, self.context.database().await?);
        let load = table_load::read(database, layout, self.limits.pause_above).await?;
        Ok(match pause_reason(&self.limits, &load) {
            None => {
                self.is_reduced = false;
                Ok(jobs_until_pause(&self.limits, &load))
            }
            Some(reason) => Err(reason),
        })
    }
}

/// The rate limit lets jobs through in pieces of 1/4 second.
const PIECES_PER_SECOND: f64 = 4.0;

/// Returns why nothing may be written now; `None` if jobs may be written.
fn pause_reason(throttle: &Throttle, load: &TableLoad) -> Option<PauseReason> {
    if let (Some(most), Some(waiting)) = (throttle.pause_above, load.due)
        && waiting > most
    {
        return Some(PauseReason::Backlog { waiting, most });
    }
    if load.lock_waiters > 0 {
        return Some(PauseReason::LockWaiters { sessions: load.lock_waiters });
    }
    load.vacuum_running.then_some(PauseReason::Vacuum)
}

/// Returns how many jobs may be written until the backlog reaches its limit, at least 1.
fn jobs_until_pause(throttle: &Throttle, load: &TableLoad) -> usize {
    match (throttle.pause_above, load.due) {
        (Some(most), Some(waiting)) => {
            let jobs = most.saturating_sub(waiting).saturating_add(1);
            usize::try_from(jobs).unwrap_or(usize::MAX)
        }
        _ => usize::MAX,
    }
}

impl PauseReason {
    /// Returns whether other sessions are the reason, and not the backlog.
    pub(crate) fn is_external(&self) -> bool {
        !matches!(self, Self::Backlog { .. })
    }

    /// `paused: at least 120 jobs are due, more than 100`
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Backlog { waiting, most } => {
                let jobs = plural(*waiting, "job is due", "jobs are due");
                format!("paused: at least {jobs}, more than {}", count(*most))
            }
            Self::LockWaiters { sessions } => {
                let sessions = plural(*sessions, "session waits", "sessions wait");
                format!("paused: {sessions} for a lock on the jobs table")
            }
            Self::Vacuum => "paused: a vacuum is running on the jobs table".to_owned(),
        }
    }
}

/// A token bucket: lets `rate` jobs per second through.
#[derive(Debug, Clone, Copy, PartialEq)]
struct TokenBucket {
    rate: f64,
    level: f64,
}

impl TokenBucket {
    /// Creates a bucket that lets the first piece through at once.
    fn new(rate: f64) -> Self {
        Self { rate, level: (rate / PIECES_PER_SECOND).max(1.0) }
    }

    /// Adds the jobs of the elapsed time, up to those of one second.
    fn fill(&mut self, elapsed: Duration) {
        let capacity = self.rate.max(1.0);
        self.level = (self.level + self.rate * elapsed.as_secs_f64()).min(capacity);
    }

    /// Takes the given number of written jobs out of the bucket.
    fn take(&mut self, jobs: u64) {
        self.level -= jobs as f64;
    }

    /// Returns how many jobs may be written now.
    ///
    /// # Errors
    /// The time to wait until a piece of the `remaining` jobs may be written.
    fn allows(&self, remaining: u64) -> Result<usize, Duration> {
        let piece = (self.rate / PIECES_PER_SECOND).max(1.0).min(remaining.max(1) as f64);
        // Timers are not exact to the last digit.
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
        let throttle = Throttle { pause_above: Some(100), ..Throttle::default() };
        let backlog = |n| TableLoad { due: Some(n), ..TableLoad::default() };
        assert_eq!(pause_reason(&throttle, &backlog(100)), None);
        assert_eq!(
            pause_reason(&throttle, &backlog(101)),
            Some(PauseReason::Backlog { waiting: 101, most: 100 })
        );
        assert_eq!(
            (jobs_until_pause(&throttle, &backlog(97)), jobs_until_pause(&throttle, &backlog(100))),
            (4, 1)
        );
        assert_eq!(jobs_until_pause(&Throttle::default(), &TableLoad::default()), usize::MAX);
        let lock_waiters_load = TableLoad { lock_waiters: 1, vacuum_running: true, ..backlog(0) };
        assert_eq!(
            pause_reason(&throttle, &lock_waiters_load),
            Some(PauseReason::LockWaiters { sessions: 1 })
        );
        let vacuum_load = TableLoad { lock_waiters: 0, ..lock_waiters_load };
        assert_eq!(pause_reason(&throttle, &vacuum_load), Some(PauseReason::Vacuum));
    }
}
