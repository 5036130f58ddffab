//! `cross.queue_length`: the queue length in readyz compared with the row counts.

use super::{Check, TriageFacts};
use crate::checks::next;
use crate::checks::{compare, threshold_text};
use crate::facts::queue::Count;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::text;

/// Check that the two counts differ by no more than the threshold plus the changes between two reads.
/// The app counts through a layer that returns at most 1,000 rows, so the database is right.
pub(crate) const CHECK: Check<TriageFacts> = Check {
    id: "cross.queue_length",
    title: "queue.length matches the database",
    section: Section::Backlog,
    evaluate,
};

/// The share of the queue by which two reads may differ, in addition to the threshold.
const CHANGE_SHARE: f64 = 0.1;

fn evaluate(
    check: &Check<TriageFacts>,
    facts: &TriageFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let report = facts.readiness.value().and_then(|report| report.queue.as_ref());
    let Some(reported) = report.and_then(|queue| queue.length) else { return vec![] };
    let Some(observed) = &facts.queue else { return vec![] };
    let Some(queue) = observed.value() else { return vec![] };
    // The readiness report counts queued and running jobs.
    let (queued, running) = (queue.queued(), &queue.claimed);
    let (Some(queued_jobs), Some(running_jobs)) = (queued.at_least(), running.at_least()) else {
        return vec![];
    };
    let counted = queued_jobs + running_jobs;
    let exact = matches!((&queued, running), (Count::Exact(_), Count::Exact(_)));
    if !exact && reported >= counted {
        return vec![];
    }
    let difference = reported.abs_diff(counted) as f64;
    let value = (difference - counted as f64 * CHANGE_SHARE).max(0.0);
    let status = compare(value, thresholds.queue_gap);
    let bound = if exact { "" } else { "≥ " };
    let (reported, counted) = (text::count(reported), text::count(counted));
    let message = if status == Status::Ok {
        format!("readyz reports {reported}, the database {bound}{counted}")
    } else {
        format!(
            "readyz reports {reported} queued or running jobs, the database {bound}{counted}; trust the \
             database"
        )
    };
    let finding = check
        .finding(status, "queue length", message)
        .evidence(Evidence::number(difference, "jobs", observed.at, &facts.readiness.source))
        .threshold(threshold_text(thresholds.queue_gap, "jobs"));
    vec![if status == Status::Ok { finding } else { finding.next_step(next::QUEUE) }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, reported_queue, with_readiness};
    use super::*;

    #[test]
    fn queue_length_capped_at_1000_rows_is_detected() {
        let mut facts = with_readiness(|report| reported_queue(report).length = Some(990));
        facts.queue.as_mut().unwrap().result.as_mut().unwrap().due = Count::Exact(1_500);
        let finding = evaluate(&CHECK, &facts).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("readyz reports 990"), "{}", finding.message);
        assert!(finding.message.contains("1,501; trust the database"), "{}", finding.message);
    }

    #[test]
    fn small_difference_between_two_reads_counts_as_agreement() {
        let facts = with_readiness(|report| reported_queue(report).length = Some(9));
        assert_eq!(evaluate(&CHECK, &facts).unwrap().status, Status::Ok);
    }

    #[test]
    fn lower_bound_contradicts_only_smaller_lengths() {
        let mut facts = with_readiness(|report| reported_queue(report).length = Some(900));
        let queue = facts.queue.as_mut().unwrap().result.as_mut().unwrap();
        queue.due = Count::AtLeast(500);
        assert_eq!(evaluate(&CHECK, &facts), None);
        let queue = facts.queue.as_mut().unwrap().result.as_mut().unwrap();
        queue.due = Count::AtLeast(5_000);
        assert_eq!(evaluate(&CHECK, &facts).unwrap().status, Status::Warning);
    }
}
