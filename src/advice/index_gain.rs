//! Benefit of an index: pages read with and without it. Times are not estimated, because reading a page of
//! an index does not take as long as reading one of a table.

use crate::facts::index_cost::{Cost, PlannerEstimate, Scan, TimedCount};

/// Bytes of a page without entries: the header, and the B-tree data at its end.
const PAGE_OVERHEAD: u64 = 24 + 16;
/// Percentage of the other bytes that a new index fills.
const FILL: u64 = 90;
/// Bytes of the header of an entry.
const ENTRY: u64 = 8;
/// Bytes of the pointer to an entry.
const POINTER: u64 = 4;
/// Entries are aligned to a multiple of this number of bytes.
const ALIGNMENT: u64 = 8;

/// A number that was measured or estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SizeEstimate {
    /// The number.
    pub(crate) value: u64,
    /// Whether it is an estimate.
    pub(crate) estimate: bool,
}

/// Number of jobs of the role: counted, otherwise estimated by the planner.
pub(crate) fn jobs(cost: &Cost) -> SizeEstimate {
    match cost.count {
        TimedCount::Counted { jobs, .. } => SizeEstimate { value: jobs, estimate: false },
        TimedCount::GivenUp(_) => {
            SizeEstimate { value: cost.planner_estimate.jobs, estimate: true }
        }
    }
}

/// Number of pages of the table that a count reads now; `None` if the plan does not show it.
pub(crate) fn pages_now(cost: &Cost) -> Option<SizeEstimate> {
    let PlannerEstimate { scans, table_pages, .. } = &cost.planner_estimate;
    match scans.as_slice() {
        [Scan::Sequential] => Some(SizeEstimate { value: *table_pages, estimate: false }),
        // In the worst case, each job is on a different page.
        [Scan::Index | Scan::Bitmap] => {
            Some(SizeEstimate { value: jobs(cost).value.min(*table_pages), estimate: true })
        }
        _ => None,
    }
}

/// Estimated number of leaf pages of the index, without the deduplication of equal entries.
pub(crate) fn pages_then(cost: &Cost) -> u64 {
    let PlannerEstimate { width, page, .. } = cost.planner_estimate;
    let entry = (ENTRY + width).next_multiple_of(ALIGNMENT) + POINTER;
    let usable = page.saturating_sub(PAGE_OVERHEAD) * FILL / 100;
    let entries = (usable / entry).max(1);
    jobs(cost).value.div_ceil(entries).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cost(count: TimedCount, scans: &[Scan]) -> Cost {
        let planner_estimate = PlannerEstimate {
            scans: scans.to_vec(),
            table_pages: 5_000,
            jobs: 900,
            width: 20,
            page: 8_192,
        };
        Cost { count, planner_estimate }
    }

    #[test]
    fn measured_count_takes_precedence_over_the_planner_estimate() {
        let counted = TimedCount::Counted { jobs: 1_000, took: Duration::from_millis(3) };
        assert_eq!(
            jobs(&cost(counted, &[Scan::Sequential])),
            SizeEstimate { value: 1_000, estimate: false }
        );
        let given_up = TimedCount::GivenUp(Duration::from_secs(1));
        assert_eq!(
            jobs(&cost(given_up, &[Scan::Sequential])),
            SizeEstimate { value: 900, estimate: true }
        );
    }

    #[test]
    fn pages_read_depend_on_the_scan_type() {
        let now = |jobs, scans: &[Scan]| {
            let count = TimedCount::Counted { jobs, took: Duration::from_millis(3) };
            pages_now(&cost(count, scans)).map(|pages| (pages.value, pages.estimate))
        };
        assert_eq!(now(10, &[Scan::Sequential]), Some((5_000, false)));
        assert_eq!(now(10, &[Scan::Bitmap]), Some((10, true)));
        assert_eq!(now(9_000, &[Scan::Index]), Some((5_000, true)));
        assert_eq!(now(10, &[Scan::IndexOnly]), None);
        assert_eq!(now(10, &[Scan::Sequential, Scan::Index]), None, "partitions differ");
    }

    #[test]
    fn index_pages_are_computed_from_the_entry_count() {
        let then = |jobs| {
            let count = TimedCount::Counted { jobs, took: Duration::ZERO };
            pages_then(&cost(count, &[Scan::Sequential]))
        };
        // Entries of 32 bytes and their pointers, 203 on a page.
        assert_eq!(then(0), 1);
        assert_eq!(then(203), 1);
        assert_eq!(then(204), 2);
        assert_eq!(then(61_000), 301);
    }
}
