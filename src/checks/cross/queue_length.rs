//! `cross.queue_length`: readyz's length of the queue against the rows themselves.

use super::{Check, TriageFacts};
use crate::checks::{compare, limit_text};
use crate::facts::queue::Count;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::text;

/// WARNING when they are further apart than what moves between two looks. The app counts through a
/// layer that returns at most 1,000 rows: trust the database.
pub const CHECK: Check<TriageFacts> = Check {
    id: "cross.queue_length",
    title: "readyz and the database count the same queue",
    section: Section::Backlog,
    evaluate,
};

/// Part of the queue by which two looks may differ besides the limit.
const MOVING: f64 = 0.1;

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, limits: &Thresholds) -> Vec<Finding> {
    let report = facts.readiness.value().and_then(|report| report.queue.as_ref());
    let Some(said) = report.and_then(|queue| queue.length) else { return vec![] };
    let Some(seen) = &facts.queue else { return vec![] };
    let Some(queue) = seen.value() else { return vec![] };
    // The canonical builder counts waiting and running jobs.
    let (waiting, running) = (queue.waiting(), &queue.in_progress);
    let (Some(a), Some(b)) = (waiting.at_least(), running.at_least()) else { return vec![] };
    let counted = a + b;
    let exact = matches!((&waiting, running), (Count::Exact(_), Count::Exact(_)));
    if !exact && said >= counted {
        return vec![];
    }
    let gap = said.abs_diff(counted) as f64;
    let judged = (gap - counted as f64 * MOVING).max(0.0);
    let verdict = compare(judged, limits.queue_gap);
    let bound = if exact { "" } else { "≥ " };
    let (said, counted) = (text::count(said), text::count(counted));
    let message = if verdict == Status::Ok {
        format!("readyz says {said}, the database {bound}{counted}")
    } else {
        format!(
            "readyz says {said} jobs waiting or running, the database {bound}{counted}; trust the \
             database"
        )
    };
    let finding = check
        .finding(verdict, "queue length", message)
        .evidence(Evidence::number(gap, "jobs", seen.at, &facts.readiness.source))
        .threshold(limit_text(limits.queue_gap, "jobs"));
    vec![if verdict == Status::Ok { finding } else { finding.next("cliplyctl queue") }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, queue_of, with};
    use super::*;

    #[test]
    fn queue_length_capped_at_1000_rows_is_detected() {
        let mut facts = with(|report| queue_of(report).length = Some(990));
        facts.queue.as_mut().unwrap().result.as_mut().unwrap().due = Count::Exact(1_500);
        let finding = evaluate(&CHECK, &facts).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("readyz says 990"), "{}", finding.message);
        assert!(finding.message.contains("1,501; trust the database"), "{}", finding.message);
    }

    #[test]
    fn small_difference_between_two_reads_counts_as_agreement() {
        let facts = with(|report| queue_of(report).length = Some(9));
        assert_eq!(evaluate(&CHECK, &facts).unwrap().status, Status::Ok);
    }

    #[test]
    fn lower_bound_contradicts_only_smaller_lengths() {
        let mut facts = with(|report| queue_of(report).length = Some(900));
        let queue = facts.queue.as_mut().unwrap().result.as_mut().unwrap();
        queue.due = Count::AtLeast(500);
        assert_eq!(evaluate(&CHECK, &facts), None);
        let queue = facts.queue.as_mut().unwrap().result.as_mut().unwrap();
        queue.due = Count::AtLeast(5_000);
        assert_eq!(evaluate(&CHECK, &facts).unwrap().status, Status::Warning);
    }
}
