//! `queue.workers`: the age of the newest heartbeat.

use super::{
    Check, QueueFacts, compare, count_text, not_counted_status, queue_finding, text, threshold_text,
};
use crate::checks::next;
use crate::facts::queue::{Count, Queue, Workers};
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};

/// Check that a worker is active. Heartbeats are stored only in job rows, so an idle queue has none
/// and is OK.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "queue.workers",
    title: "last heartbeat of a worker",
    section: Section::Backlog,
    evaluate,
};

const SUBJECT: &str = "workers";

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    queue_finding(check, facts, SUBJECT, |queue| {
        let Some(workers) = queue.observable_workers() else {
            return check.finding(Status::Ok, SUBJECT, super::NO_HEARTBEATS);
        };
        let finding = match (&queue.claimed, workers.heartbeat_age) {
            (_, Some(age)) => active_workers(check, facts, workers, age, thresholds),
            (Count::Exact(0), None) => no_active_worker(check, queue, thresholds),
            (Count::Exact(_), None) => match &queue.owner {
                // Nothing is unknown: the package's table has no row for them.
                Some(owner) => check.finding(
                    compare(f64::INFINITY, thresholds.heartbeat_age),
                    SUBJECT,
                    format!("jobs are claimed, but no {owner} owns them"),
                ),
                None => check.finding(
                    Status::Unknown,
                    SUBJECT,
                    "jobs are claimed, but none has a heartbeat",
                ),
            },
            (count, None) => check.finding(
                not_counted_status(count),
                SUBJECT,
                format!("{SUBJECT}: {}", count_text(count)),
            ),
        };
        finding.threshold(threshold_text(thresholds.heartbeat_age, "s")).next_step(next::QUEUE)
    })
}

fn active_workers(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    workers: &Workers,
    age: f64,
    thresholds: &Thresholds,
) -> Finding {
    let active = match &workers.active {
        Count::Exact(n) => text::plural(*n, "active worker", "active workers") + ", ",
        // No column names the worker.
        Count::NotCounted(_) => String::new(),
        count => format!("{} active workers, ", count_text(count)),
    };
    let message = format!("{active}last heartbeat {} ago", text::age(age));
    check
        .finding(compare(age, thresholds.heartbeat_age), SUBJECT, message)
        .evidence(Evidence::number(age.round(), "s", facts.at, facts.source.clone()))
}

/// Returns the finding for a queue without claimed jobs: it is idle unless jobs have been due for long.
fn no_active_worker(check: &Check<QueueFacts>, queue: &Queue, thresholds: &Thresholds) -> Finding {
    match queue.oldest_due_age.filter(|_| queue.due != Count::Exact(0)) {
        None => {
            check.finding(Status::Ok, SUBJECT, "no job is due or claimed, so no worker is visible")
        }
        Some(age) => check.finding(
            compare(age, thresholds.heartbeat_age),
            SUBJECT,
            format!("no job is claimed, although jobs are due for {}", text::age(age)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;

    #[test]
    fn idle_queue_without_workers_is_ok() {
        let finding = evaluate(&CHECK, idle());
        assert_eq!(finding.status, Status::Ok);
        assert!(finding.message.contains("no worker is visible"));
    }

    #[test]
    fn due_jobs_that_no_worker_claims_are_critical() {
        let mut queue = idle();
        (queue.due, queue.oldest_due_age) = (Count::Exact(5), Some(700.0));
        assert_eq!(evaluate(&CHECK, queue).status, Status::Critical);
    }

    #[test]
    fn claimed_jobs_of_an_unresponsive_worker_are_critical() {
        let mut queue = idle();
        queue.claimed = Count::Exact(2);
        queue.workers = Some(Workers {
            is_observable: true,
            active: Count::Exact(0),
            heartbeat_age: Some(601.0),
            by_worker: vec![],
            more: 0,
        });
        let finding = evaluate(&CHECK, queue);
        assert_eq!(finding.status, Status::Critical);
        assert!(
            finding.message.contains("0 active workers") && finding.message.contains("10m 01s")
        );
    }
}
