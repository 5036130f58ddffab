//! `dlq.inflow`: the number of jobs dead-lettered in the last hour.

use super::dead::without_dead_state;
use super::{Check, QueueFacts, acknowledged_text, count_finding, count_text, queue_finding};
use crate::checks::next;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::{Finding, Section, Thresholds};

/// Check of the jobs dead-lettered in the last hour. The time is the last change of the row, so an
/// edited dead letter counts as well.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "dlq.inflow",
    title: "dead-lettered in the last hour",
    section: Section::DeadLetters,
    evaluate,
};

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    queue_finding(check, facts, "dead-lettered", |queue| match &queue.dead_lettered_last_hour {
        Some(count) => {
            let acknowledged = queue.acknowledged.as_ref().map_or(0, AcknowledgedDead::last_hour);
            let counted = count.without(acknowledged);
            count_finding(check, facts, "dead-lettered", &counted, thresholds.dead_inflow, |_| {
                let (all, acknowledged) = (count_text(count), acknowledged_text(acknowledged));
                format!("{all} dead-lettered in the last hour{acknowledged}")
            })
            .next_step(next::GROUPS)
        }
        None => {
            let (status, why) = without_dead_state(queue);
            check.finding(status, "dead-lettered", why)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::Status;
    use crate::facts::queue::Count;

    #[test]
    fn ten_dead_lettered_jobs_per_hour_are_a_warning() {
        let mut queue = idle();
        queue.dead_lettered_last_hour = Some(Count::Exact(10));
        assert_eq!(evaluate(&CHECK, queue).status, Status::Warning);
    }
}
