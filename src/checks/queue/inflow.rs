//! `dlq.inflow`: how fast jobs die.

use super::{Check, QueueFacts, count_finding, queue_finding};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Deaths in the last hour. Taken from the row's last change, so that an edit of a dead row counts.
pub const CHECK: Check<QueueFacts> = Check {
    id: "dlq.inflow",
    title: "deaths in the last hour",
    section: Section::DeadLetters,
    evaluate,
};

fn evaluate(check: &Check<QueueFacts>, facts: &QueueFacts, limits: &Thresholds) -> Vec<Finding> {
    queue_finding(check, facts, "deaths", |queue| match &queue.dead_lettered_last_hour {
        Some(died) => count_finding(check, facts, "deaths", died, limits.dead_inflow, |n| {
            format!("{n} died in the last hour")
        })
        .next("cliplyctl dlq groups"),
        None => check.finding(Status::Ok, "deaths", "this schema keeps no dead letters"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::queue::Count;

    #[test]
    fn ten_dead_lettered_jobs_per_hour_are_a_warning() {
        let mut queue = idle();
        queue.dead_lettered_last_hour = Some(Count::Exact(10));
        assert_eq!(evaluate(&CHECK, queue).status, Status::Warning);
    }
}
