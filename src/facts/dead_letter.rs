//! Jobs that were given up.

use jiff::Timestamp;

use super::queue::Count;

/// A dead job, as a listing shows it. Texts come from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Its id, a uuid or a number.
    pub id: String,
    /// What it was to do.
    pub kind: Option<String>,
    /// Its tenant.
    pub workspace: Option<String>,
    /// Attempts made.
    pub attempts: Option<i64>,
    /// Attempts allowed.
    pub max_attempts: Option<i64>,
    /// The beginning of its error text.
    pub error: Option<String>,
    /// When it died.
    pub dead_since: Option<DeadSince>,
    /// When the row was last changed, RFC 3339 UTC with microseconds: the key of the cursor.
    pub changed: String,
}

/// When a job died, and how we know.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeadSince {
    /// When.
    pub at: Timestamp,
    /// Seconds ago, by the server's clock.
    pub age: f64,
    /// Whether the worker wrote it (`error.failed_at`); otherwise the row's last change is taken,
    /// which any edit can rewrite.
    pub recorded: bool,
}

/// How many others died of the same as one job.
#[derive(Debug, Clone, PartialEq)]
pub struct SameCauseCount {
    /// How many.
    pub count: Count,
    /// Dead jobs of its kind that were looked at, the newest.
    pub read: u64,
}

/// A page of dead jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetters {
    /// The jobs of this page.
    pub jobs: Vec<DeadLetter>,
    /// Whether there are more behind the last one.
    pub more: bool,
    /// How many there are in all, with the same filters.
    pub total: Count,
    /// How many jobs were looked at for members of a group, where there were more.
    pub window: Option<u64>,
}
