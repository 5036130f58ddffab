//! `dlq.size`: the number of dead letters.

use super::{
    Check, QueueFacts, classified_text, count_finding, count_plural, count_text, queue_finding,
};
use crate::checks::next;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check of the total number of dead letters.
pub(crate) const CHECK: Check<QueueFacts> =
    Check { id: "dlq.size", title: "dead letters", section: Section::DeadLetters, evaluate };

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    queue_finding(check, facts, "dead letters", |queue| match &queue.dead {
        Some(dead) => {
            let acknowledged = queue.acknowledged.as_ref().map_or(0, AcknowledgedDead::jobs);
            let counted = dead.without(acknowledged);
            count_finding(check, facts, "dead letters", &counted, thresholds.dead, |_| {
                let all = count_plural(dead, "dead letter", "dead letters");
                format!("{all}{}", classified_text(queue.acknowledged.as_ref()))
            })
            .next_step(next::GROUPS)
        }
        None => check.finding(
            Status::Ok,
            "dead letters",
            format!("this table has no dead letters; failed: {}", count_text(&queue.failed)),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::queue::Count;

    #[test]
    fn hundred_dead_letters_are_critical() {
        let mut queue = idle();
        queue.dead = Some(Count::Exact(100));
        assert_eq!(evaluate(&CHECK, queue).status, Status::Critical);
    }

    #[test]
    fn schema_without_dead_letters_is_reported() {
        let mut queue = idle();
        queue.dead = None;
        assert!(evaluate(&CHECK, queue).message.contains("has no dead letters"));
    }
}
