//! Rate limit of a requeue, and the load that pauses it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the rate limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throttle {
    /// Maximum number of jobs per second.
    pub(crate) rate: Option<f64>,
    /// Duration over which the run times of the jobs are spread.
    pub(crate) spread: Option<Duration>,
    /// Number of due jobs above which the requeue pauses.
    pub(crate) pause_above: Option<u64>,
}

impl Throttle {
    /// Whether there is no limit.
    pub(crate) fn is_unlimited(&self) -> bool {
        self.rate.is_none() && self.pause_above.is_none()
    }
}

/// Load on the jobs table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TableLoad {
    /// Number of due jobs, counted up to the requested limit; `None` if they were not counted.
    pub(crate) due: Option<u64>,
    /// Number of sessions that wait for a lock on the table.
    pub(crate) lock_waiters: u64,
    /// Whether a vacuum or another maintenance command is running on the table.
    pub(crate) vacuum_running: bool,
}

/// Why a requeue is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseReason {
    /// Too many jobs are due.
    Backlog {
        /// Minimum number of due jobs.
        waiting: u64,
        /// Number of due jobs that is allowed.
        most: u64,
    },
    /// Sessions, such as a migration, wait for a lock on the table, and more writes would delay them.
    LockWaiters {
        /// Number of sessions.
        sessions: u64,
    },
    /// A vacuum is running on the table.
    Vacuum,
}
