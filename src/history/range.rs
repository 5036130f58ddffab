//! The data of the `history` report, read from the store in one pass.

use super::{ProblemStarts, TimeSeries};
use crate::facts::snapshot::{OperationMarker, SnapshotDetail};

/// A time range of the history.
#[derive(Debug)]
pub(crate) struct HistoryRange {
    /// The timeline.
    pub(crate) series: TimeSeries,
    /// When each problem started.
    pub(crate) problem_starts: ProblemStarts,
    /// The operations, oldest first.
    pub(crate) marks: Vec<OperationMarker>,
    /// The details of the last snapshot.
    pub(crate) latest: Option<SnapshotDetail>,
    /// The first snapshot that was searched for the start of a problem.
    pub(crate) searched_since: Option<i64>,
    /// The start of the timeline if it is later than requested, because nothing older was recorded.
    pub(crate) began: Option<i64>,
    /// The database and the app.
    pub(crate) subject: String,
}
