//! What moved of late: deaths by the hour, failed attempts.

use super::queue::Count;

/// How jobs died within two hours, by the time of their last change.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Died within the last hour; `None` where the schema has no dead letters.
    pub died_last_hour: Option<Count>,
    /// Died within the hour before; `None` as above.
    pub died_hour_before: Option<Count>,
    /// Seconds since the creation of the oldest job that is not finished, dead ones included, as
    /// readyz counts it; `None` when there is none, or the table is too large to look.
    pub oldest_unfinished_age: Option<f64>,
}

/// Attempts that failed within the last hour, from the newest events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub last_hour: Count,
}
