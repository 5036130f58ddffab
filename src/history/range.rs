//! Everything that `history` shows, read from the store in one pass.

use super::{ProblemStarts, TimeSeries};
use crate::facts::snapshot::{OperationMarker, SnapshotDetail};

/// A stretch of the past.
#[derive(Debug)]
pub struct HistoryRange {
    /// The timeline.
    pub series: TimeSeries,
    /// When each trouble began.
    pub problem_starts: ProblemStarts,
    /// Requeues and undos, the oldest first.
    pub marks: Vec<OperationMarker>,
    /// The readable part of the last snapshot.
    pub latest: Option<SnapshotDetail>,
    /// The first snapshot that was looked at for the beginning of a trouble.
    pub searched_since: Option<i64>,
    /// Where the timeline begins, if not where it was asked to: nothing before was recorded.
    pub began: Option<i64>,
    /// What the snapshots are of.
    pub subject: String,
}
