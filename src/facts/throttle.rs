//! How fast a requeue may go, and what the server says about it.

use std::time::Duration;

/// What was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Throttle {
    /// Jobs a second, at most.
    pub rate: Option<f64>,
    /// Jobs become due one by one over this span.
    pub spread: Option<Duration>,
    /// Waits while more jobs than this are due and not claimed.
    pub pause_above: Option<u64>,
}

impl Throttle {
    /// Whether everything may be written in one go.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.rate.is_none() && self.pause_above.is_none()
    }
}

/// What is going on at the jobs table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableLoad {
    /// Jobs that are due and not claimed, counted no further than asked; none where nobody asked.
    pub due: Option<u64>,
    /// Sessions that wait for a lock on the table.
    pub lock_waiters: u64,
    /// Whether a vacuum (or another command that maintains the table) is at work on it.
    pub vacuum_running: bool,
}

/// Why nothing is written for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The workers have enough to do.
    Backlog {
        /// Jobs that wait, at least.
        waiting: u64,
        /// Jobs that may wait.
        most: u64,
    },
    /// Somebody waits for the table: a migration, perhaps. More writes would keep it waiting.
    LockWaiters {
        /// How many.
        sessions: u64,
    },
    /// A vacuum is at work on the table.
    Vacuum,
}
