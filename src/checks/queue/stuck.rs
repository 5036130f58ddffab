//! `queue.stuck`: jobs in progress that nobody works on any more.

use super::{Check, Facts, count_finding, reading, text};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Jobs in progress without a sign of life.
pub const CHECK: Check<Facts> = Check {
    id: "queue.stuck",
    title: "jobs in progress without a heartbeat",
    section: Section::Backlog,
    evaluate,
};

fn evaluate(check: &Check<Facts>, facts: &Facts, limits: &Thresholds) -> Vec<Finding> {
    reading(check, facts, "stuck jobs", |queue| match &queue.stuck {
        Some(stuck) => {
            let finding = count_finding(check, facts, "stuck jobs", stuck, limits.stuck, |n| {
                format!("{n} in progress without a heartbeat for {}", text::age(limits.stuck_after))
            });
            match finding.verdict {
                Status::Unknown => finding,
                _ => finding.next("cliplyctl jobs rescue --dry-run"),
            }
        }
        None => check.finding(Status::Ok, "stuck jobs", super::NO_LIFE),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::queue::Count;

    #[test]
    fn single_stuck_job_is_a_warning() {
        let mut queue = idle();
        queue.stuck = Some(Count::Exact(1));
        assert_eq!(evaluate(&CHECK, queue).verdict, Status::Warning);
    }
}
