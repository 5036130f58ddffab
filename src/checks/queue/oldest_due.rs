//! `queue.oldest_due`: the age of the oldest due job.

use super::{
    Check, QueueFacts, compare, count_text, jobs, not_counted_status, queue_finding, text,
    threshold_text,
};
use crate::checks::next;
use crate::facts::queue::{Count, Queue};
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};

/// Check of the age of the oldest due job, by the clock of the database.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "queue.oldest_due",
    title: "age of the oldest due job",
    section: Section::Backlog,
    evaluate,
};

/// Of a queue whose due jobs may be paused on purpose.
const PAUSES_UNKNOWN: &str = "; which queues are paused is not known";

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let subject = "oldest due job";
    queue_finding(check, facts, subject, |queue| {
        let threshold = threshold_text(thresholds.oldest_due, "s");
        let finding = match (queue.oldest_due_age, &queue.due) {
            (Some(age), due) => check
                .finding(
                    compare(age, thresholds.oldest_due),
                    subject,
                    format!(
                        "{} due, oldest due for {}{}",
                        jobs(&count_text(due)),
                        text::age(age),
                        if queue.pauses_unknown { PAUSES_UNKNOWN } else { "" }
                    ),
                )
                .evidence(Evidence::number(age.round(), "s", facts.at, facts.source.clone())),
            (None, Count::Exact(0)) => check.finding(Status::Ok, subject, "no job is due"),
            (None, Count::Exact(_)) => {
                check.finding(Status::Unknown, subject, "jobs are due, but none has a due time")
            }
            (None, count) => {
                let message = format!("{subject}: {}", count_text(count));
                check.finding(not_counted_status(count), subject, message)
            }
        };
        let finding = match held_up(check, facts, queue, thresholds) {
            Some(held_up) if finding.status == Status::Ok => held_up,
            _ => finding,
        };
        finding.threshold(threshold).next_step(next::QUEUE)
    })
}

/// WARNING if blocked jobs have been due for longer than due jobs may be, and wait for one that is scheduled for later.
fn held_up(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    queue: &Queue,
    thresholds: &Thresholds,
) -> Option<Finding> {
    let age = queue.held_up_age?;
    if compare(age, thresholds.oldest_due) == Status::Ok {
        return None;
    }
    let due = text::age(age);
    let message =
        format!("blocked jobs, due for {due}, wait for a job that is scheduled for later");
    let evidence = Evidence::number(age.round(), "s", facts.at, facts.source.clone());
    Some(check.finding(Status::Warning, "oldest due job", message).evidence(evidence))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;

    #[test]
    fn old_due_job_is_critical_and_shows_its_age() {
        let mut queue = idle();
        (queue.due, queue.oldest_due_age) = (Count::Exact(1), Some(2_520.0));
        let finding = evaluate(&CHECK, queue);
        assert_eq!(finding.status, Status::Critical);
        assert_eq!(finding.message, "1 job due, oldest due for 42m 00s");
    }

    #[test]
    fn due_jobs_without_an_age_are_unknown() {
        let mut queue = idle();
        queue.due = Count::Exact(3);
        assert_eq!(evaluate(&CHECK, queue).status, Status::Unknown);
    }
}
