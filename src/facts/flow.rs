//! What moved of late: deaths by the hour, failed attempts.

use serde::{Deserialize, Serialize};

use super::queue::Count;

/// How jobs died within two hours, by the time of their last change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetterTrend {
    /// Died within the last hour; `None` where the schema has no dead letters.
    #[serde(rename = "died_last_hour")]
    pub dead_lettered_last_hour: Option<Count>,
    /// Died within the hour before; `None` as above.
    #[serde(rename = "died_hour_before")]
    pub dead_lettered_hour_before: Option<Count>,
    /// Seconds since the creation of the oldest job that is not finished, dead ones included, as
    /// readyz counts it; `None` when there is none, or the table is too large to look.
    pub oldest_unfinished_age: Option<f64>,
}

/// Attempts that failed within the last hour, from the newest events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// How many.
    pub last_hour: Count,
}

/// What happened to jobs within the last hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHistogram {
    /// By what happened, the most frequent first.
    pub beats: Vec<EventCounts>,
    /// Whether no event of the hour was left out.
    pub whole: bool,
}

/// One thing that happened, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventCounts {
    /// The event.
    pub stage: String,
    /// Six counts of ten minutes each, the latest first.
    pub counts: Vec<i64>,
}
