//! Dead letters.

use jiff::Timestamp;

use super::queue::Count;

/// A dead letter in a listing. Texts are untrusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeadLetter {
    /// Id, a uuid or a number.
    pub(crate) id: String,
    /// Kind of job.
    pub(crate) kind: Option<String>,
    /// Workspace of the job.
    pub(crate) workspace: Option<String>,
    /// Number of failed attempts.
    pub(crate) attempts: Option<i64>,
    /// Maximum number of attempts.
    pub(crate) max_attempts: Option<i64>,
    /// Start of the error text.
    pub(crate) error: Option<String>,
    /// Id of its group.
    pub(crate) group: String,
    /// When it was dead-lettered.
    pub(crate) dead_since: Option<DeadSince>,
    /// Seconds until the package deletes it, if it does.
    pub(crate) deleted_in: Option<f64>,
    /// Last change of the row, RFC 3339 UTC with microseconds: the key of the cursor.
    pub(crate) changed: String,
}

/// When a job was dead-lettered, and the source of this time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DeadSince {
    /// The time.
    pub(crate) at: Timestamp,
    /// Age in seconds, by the clock of the database server.
    pub(crate) age: f64,
    /// Where it is recorded.
    pub(crate) source: DeathRecord,
}

/// Where the time of death is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeathRecord {
    /// The error: the worker wrote it (`failed_at`, `recovered_at`).
    Error,
    /// An event.
    Event,
    /// Nowhere: it is the last change of the row, which any edit replaces.
    LastChange,
}

/// Number of other dead letters with the same cause as a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SameCauseCount {
    /// Number of jobs.
    pub(crate) count: Count,
    /// Number of dead letters of its kind that were searched, newest first.
    pub(crate) read: u64,
}

/// States of failed jobs that are not tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GivenUpStates {
    /// The states.
    pub(crate) states: Vec<String>,
    /// Those of them that no claim function takes.
    pub(crate) not_claimed: Vec<String>,
    /// Names of the claim functions; empty if all of the states are claimed, or may be.
    pub(crate) functions: Vec<String>,
}

/// A page of dead letters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DeadLetters {
    /// Jobs of the page.
    pub(crate) jobs: Vec<DeadLetter>,
    /// Whether more jobs follow.
    pub(crate) more: bool,
    /// Number of dead letters on all pages, with the same filters.
    pub(crate) total: Count,
    /// Number of jobs that were searched for members of a group, if not all were.
    pub(crate) window: Option<u64>,
}
