//! What moves: the newest deaths by cause, the newest events, silent jobs. Each is a bounded reading,
//! for those who look again every few seconds.

use super::Observed;
use super::operation::OperationType;

/// Seconds of each of the two spans that tell whether a cause is rising.
pub const WINDOW: f64 = 900.0;
/// Silent jobs that are shown.
pub const MOST_STUCK: usize = 20;
/// Jobs of a cause that are named.
pub const NAMED: usize = 8;

/// The moving parts of one look.
#[derive(Debug, Clone)]
pub struct RecentActivity {
    /// The newest dead letters.
    pub dead_letters: Observed<RecentDeadLetters>,
    /// The newest events.
    pub activity: Observed<Activity>,
    /// Jobs of silent workers, the longest silent first; at most [`MOST_STUCK`].
    pub stuck: Observed<Vec<Stuck>>,
}

/// The newest dead letters by what they died of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecentDeadLetters {
    /// The most frequent first.
    pub causes: Vec<RecentGroup>,
    /// Dead letters that were read.
    pub read: u64,
    /// Whether these are all there are.
    pub whole: bool,
}

/// A cause among the newest dead letters. Texts come from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentGroup {
    /// Names the group: `dlq list --group HASH`.
    pub group: String,
    /// The kind of its jobs.
    pub kind: String,
    /// The error with `<*>` where jobs differ.
    pub cause: String,
    /// Jobs among those that were read.
    pub jobs: u64,
    /// Deaths within the last [`SPAN`].
    pub recent: u64,
    /// Deaths within the span before it.
    pub before: u64,
    /// Seconds since the latest.
    pub newest: Option<f64>,
    /// Ids of the newest, at most [`NAMED`].
    pub ids: Vec<String>,
}

/// What the newest events tell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Activity {
    /// Jobs finished a minute over the last five; over less where events are many. `None` where no
    /// events tell.
    pub finished_per_minute: Option<f64>,
    /// Requeues and undos among them, the newest first.
    pub operations: Vec<RecentOperation>,
}

/// An operation whose events are among the newest. Texts come from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentOperation {
    /// Its id.
    pub operation: String,
    /// What it is.
    pub operation_type: OperationType,
    /// `user@host`.
    pub who: String,
    /// Why.
    pub reason: Option<String>,
    /// Jobs that it wrote, as far as events were read.
    pub jobs: u64,
    /// Seconds since its first event that was read.
    pub first: f64,
    /// Seconds since its last event.
    pub last: f64,
    /// Those jobs by their state now, most first.
    pub now: Vec<(String, u64)>,
}

/// Seconds without an event after which an operation counts as ended.
const QUIET: f64 = 15.0;

impl RecentOperation {
    /// Whether it still writes, as far as its events tell.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.last < QUIET
    }
}

/// A job in progress whose worker is silent. Texts come from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Stuck {
    /// Its id.
    pub id: String,
    /// What it was to do.
    pub kind: String,
    /// Who holds it.
    pub worker: String,
    /// Seconds since the last sign of life; `None` when there never was one.
    pub silent: Option<f64>,
}
