//! What was, as pure judgement: a look becomes a snapshot, snapshots become a timeline.
//!
//! `snapshot` condenses one look, `series` lays many of them over time, `onset` says when each
//! trouble began, `transitions` says what changed between two.

pub mod problem_start;
pub mod range;
pub mod series;
pub mod snapshot;
pub mod transitions;

pub use problem_start::{OpenProblem, ProblemStarts};
pub use range::HistoryRange;
pub use series::{TimeBucket, TimeSeries};

use crate::triage::areas::AREAS;

/// The place of the check's question in the checklist.
#[must_use]
pub fn area_of(check: &str) -> Option<usize> {
    AREAS.iter().position(|branch| branch.checks.contains(&check))
}
