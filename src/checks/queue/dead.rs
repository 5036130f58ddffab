//! `dlq.size`: the number of dead letters.

use super::{
    Check, QueueFacts, classified_text, count_finding, count_plural, count_text, queue_finding,
};
use crate::checks::next;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::queue::{Count, Queue};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;
use crate::text;

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
        None => {
            let (status, why) = without_dead_state(queue);
            let failed = count_text(&queue.failed);
            let finding = check.finding(status, "dead letters", format!("{why}; failed: {failed}"));
            match status {
                Status::Ok => finding,
                _ if queue.unknown_states.is_empty() => {
                    finding.next(ShellCommand::new("jobs list --state failed"))
                }
                _ => finding.next(ShellCommand::new("jobs list --state unknown")),
            }
        }
    })
}

/// What a table without a state for dead letters says of them: nothing, if its jobs are in states unknown to this tool, and
/// not all if failed jobs may be given up.
pub(super) fn without_dead_state(queue: &Queue) -> (Status, String) {
    let unknown = queue.given_up.as_ref().map(|given_up| &given_up.unknown);
    if !queue.unknown_states.is_empty() {
        let names = text::some_of(&queue.unknown_states, 3);
        return (Status::Unknown, format!("not known: jobs are in unknown states ({names})"));
    }
    if queue.other.at_least().is_some_and(|jobs| jobs > 0) {
        return (Status::Unknown, "not known: jobs are in unknown states".to_owned());
    }
    if unknown.is_some_and(|unknown| *unknown != Count::Exact(0)) {
        return (Status::Unknown, "not known: no state of this table means dead".to_owned());
    }
    (Status::Ok, "this table has no dead letters".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::queue::GivenUp;

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
        let finding = evaluate(&CHECK, queue);
        assert_eq!(finding.status, Status::Ok);
        assert!(finding.message.contains("has no dead letters"));
    }

    #[test]
    fn dead_letters_are_not_known_beside_jobs_whose_state_or_fate_is_not() {
        let mut queue = Queue { dead: None, dead_lettered_last_hour: None, ..idle() };
        queue.unknown_states = vec!["snoozed".into()];
        assert_eq!(evaluate(&CHECK, queue.clone()).status, Status::Unknown);
        queue.unknown_states.clear();
        queue.given_up = Some(GivenUp { unknown: Count::Exact(5), ..GivenUp::of(Count::Exact(0)) });
        assert_eq!(evaluate(&CHECK, queue).status, Status::Unknown);
    }
}
