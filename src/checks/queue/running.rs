//! `queue.running`: the number of claimed jobs.

use super::{Check, QueueFacts, count_finding, jobs, queue_finding};
use crate::facts::{Finding, Section, Thresholds};

/// Check of the number of claimed jobs. More than the workers can process means that claims are not
/// released.
pub(crate) const CHECK: Check<QueueFacts> =
    Check { id: "queue.running", title: "claimed jobs", section: Section::Backlog, evaluate };

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    queue_finding(check, facts, "claimed jobs", |queue| {
        count_finding(check, facts, "claimed jobs", &queue.claimed, thresholds.running, |n| {
            format!("{} claimed", jobs(n))
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
    fn too_many_claimed_jobs_are_a_warning() {
        let mut queue = idle();
        queue.claimed = Count::Exact(50);
        assert_eq!(evaluate(&CHECK, queue).status, Status::Warning);
    }
}
