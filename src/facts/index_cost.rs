//! What the figures of one role cost while no index serves them.

use std::time::Duration;

use super::SourceError;
use crate::queue::Lifecycle;

/// A role whose figures have no index of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnindexedMetric {
    /// The role.
    pub role: Lifecycle,
    /// What its figures cost, or why that was not seen.
    pub cost: Result<Cost, SourceError>,
}

/// What one count of a role's jobs cost, and what the server knows of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// What came of the count.
    pub count: TimedCount,
    /// How the planner reads the table for it, and how much there is of what.
    pub planner_estimate: PlannerEstimate,
}

/// A count that was tried within a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimedCount {
    /// It ended.
    Counted {
        /// The jobs.
        jobs: u64,
        /// The time it took.
        took: Duration,
    },
    /// It was given up after this time.
    GivenUp(Duration),
}

/// What the server says without reading the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannerEstimate {
    /// The ways in which the table is read, each once.
    pub scans: Vec<Scan>,
    /// Pages of the table, all partitions together.
    pub table_pages: u64,
    /// The role's jobs, as the planner estimates them.
    pub jobs: u64,
    /// Bytes of the columns that the index would hold, as the planner estimates them.
    pub width: u64,
    /// Bytes of a page.
    pub page: u64,
}

/// A way to read a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// Every page.
    Sequential,
    /// The pages that an index points to.
    Index,
    /// The same, each page once.
    Bitmap,
    /// An index, and the table where the index alone is not enough.
    IndexOnly,
    /// Something else.
    Other,
}

impl Scan {
    /// The planner's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "Seq Scan",
            Self::Index => "Index Scan",
            Self::Bitmap => "Bitmap Heap Scan",
            Self::IndexOnly => "Index Only Scan",
            Self::Other => "scan",
        }
    }
}
