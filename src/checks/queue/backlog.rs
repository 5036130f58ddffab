//! `queue.backlog`: the number of due jobs.

use super::{Check, QueueFacts, count_finding, jobs, queue_finding};
use crate::facts::{Finding, Section, Thresholds};

/// Check of the number of due jobs. Scheduled jobs do not count.
pub(crate) const CHECK: Check<QueueFacts> =
    Check { id: "queue.backlog", title: "due jobs", section: Section::Backlog, evaluate };

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    queue_finding(check, facts, "due jobs", |queue| {
        count_finding(check, facts, "due jobs", &queue.due, thresholds.due, |n| {
            format!("{} due", jobs(n))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::Status;
    use crate::facts::queue::Count;

    #[test]
    fn scheduled_jobs_do_not_count_as_backlog() {
        let mut queue = idle();
        queue.scheduled = Count::Exact(1_000_000);
        assert_eq!(evaluate(&CHECK, queue).status, Status::Ok);
    }

    #[test]
    fn due_jobs_above_the_threshold_are_critical() {
        let mut queue = idle();
        queue.due = Count::Exact(100);
        let finding = evaluate(&CHECK, queue);
        assert_eq!(finding.status, Status::Critical);
        assert_eq!(
            crate::text::threshold(&finding.threshold.unwrap()),
            "warning ≥ 50, critical ≥ 100"
        );
    }
}
