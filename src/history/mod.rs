//! History: the snapshots of a time range as a timeline.
//!
//! `snapshot` condenses the results of one poll, `series` arranges snapshots in time, `problem_start`
//! finds when each problem began, `transitions` describes the changes between two polls.

pub(crate) mod problem_start;
pub(crate) mod series;
pub(crate) mod snapshot;
pub(crate) mod transitions;

pub(crate) use problem_start::{OpenProblem, ProblemStarts};
pub(crate) use series::{HistoryRange, TimeBucket, TimeSeries};

use crate::facts::Section;
use crate::facts::snapshot::CheckSet;
use crate::triage::areas::AREAS;

/// Returns for each area whether one of its checks was evaluated.
pub(crate) fn evaluated_areas(evaluated: Option<&CheckSet>) -> [bool; AREAS.len()] {
    AREAS.each_ref().map(|area| match evaluated {
        Some(set) => area.checks().any(|check| set.contains(check)),
        // Earlier versions did not store it; `record` never evaluates the environment.
        None => area.section != Section::Environment,
    })
}
