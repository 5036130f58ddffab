//! How many jobs may be written next, and when none may.

use std::time::Duration;

use crate::facts::throttle::{PauseReason, TableLoad, Throttle};
use crate::text::{count, plural};

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
