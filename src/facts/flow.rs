//! Recent changes: new dead letters, failed attempts, events.

use serde::{Deserialize, Serialize};

use super::queue::Count;

/// Dead letters of the last two hours, by the time of their last change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeadLetterTrend {
    /// Number dead-lettered in the last hour; `None` if the schema has no dead letters.
    pub(crate) dead_lettered_last_hour: Option<Count>,
    /// Number dead-lettered in the hour before; `None` if the schema has no dead letters.
    pub(crate) dead_lettered_hour_before: Option<Count>,
    /// Those of the last hour and of the hour before that belong to acknowledged groups.
    #[serde(default)]
    pub(crate) acknowledged: (u64, u64),
    /// Seconds since the creation of the oldest job that is not finished, including dead letters, as
    /// readyz counts it; `None` if there is none, or if the table is too large to search.
    pub(crate) oldest_unfinished_age: Option<f64>,
}

/// Failed attempts of the last hour, from the newest events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failures {
    /// How many.
    pub(crate) last_hour: Count,
}

/// Events of the last hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventHistogram {
    /// Counts by event, most frequent first.
    pub(crate) buckets: Vec<EventCounts>,
    /// Whether all events of the hour were counted.
    pub(crate) is_complete: bool,
}

/// Counts of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventCounts {
    /// Name of the event.
    pub(crate) stage: String,
    /// Six counts of ten minutes each, latest first.
    pub(crate) counts: Vec<i64>,
}
