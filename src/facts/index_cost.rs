//! Cost of the metrics of one role without an index.

use std::time::Duration;

use super::SourceError;
use crate::queue::Lifecycle;

/// A role whose metrics have no index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnindexedMetric {
    /// The role.
    pub(crate) role: Lifecycle,
    /// Cost of its metrics, or why it could not be determined.
    pub(crate) cost: Result<Cost, SourceError>,
}

/// Cost of counting the jobs of a role: measured and estimated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Result of the count.
    pub(crate) count: TimedCount,
    /// Estimate of the planner.
    pub(crate) planner_estimate: PlannerEstimate,
}

/// Result of a count with a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimedCount {
    /// It completed.
    Counted {
        /// Number of jobs.
        jobs: u64,
        /// Duration of the count.
        took: Duration,
    },
    /// It was canceled after this time.
    GivenUp(Duration),
}

/// Estimate of the server, made without reading the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannerEstimate {
    /// Scan types of the plan, without duplicates.
    pub(crate) scans: Vec<Scan>,
    /// Number of pages of the table, including all partitions.
    pub(crate) table_pages: u64,
    /// Estimated number of jobs of the role.
    pub(crate) jobs: u64,
    /// Estimated width in bytes of the columns that the index would contain.
    pub(crate) width: u64,
    /// Page size in bytes.
    pub(crate) page: u64,
}

/// Scan type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    /// Reads every page.
    Sequential,
    /// Reads the pages that an index points to.
    Index,
    /// Reads the pages that an index points to, each page once.
    Bitmap,
    /// Reads an index, and the table if the index is not sufficient.
    IndexOnly,
    /// Something else.
    Other,
}

impl Scan {
    /// Name in the plan of the server.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "Seq Scan",
            Self::Index => "Index Scan",
            Self::Bitmap => "Bitmap Heap Scan",
            Self::IndexOnly => "Index Only Scan",
            Self::Other => "scan",
        }
    }
}
