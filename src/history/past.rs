//! Everything that `history` shows, read from the store in one pass.

use crate::facts::snapshot::{Detail, Mark};

use super::{Onsets, Series};

/// A stretch of the past.
#[derive(Debug)]
pub struct Past {
    /// The timeline.
    pub series: Series,
    /// When each trouble began.
    pub onsets: Onsets,
    /// Requeues and undos, the oldest first.
    pub marks: Vec<Mark>,
    /// The readable part of the last snapshot.
    pub latest: Option<Detail>,
    /// The first snapshot that was looked at for the beginning of a trouble.
    pub looked_back: Option<i64>,
    /// Where the timeline begins, if not where it was asked to: nothing before was recorded.
    pub began: Option<i64>,
    /// What the snapshots are of.
    pub subject: String,
}
