//! `queue.stuck`: the number of stuck jobs.

use super::{Check, QueueFacts, count_finding, jobs, on_workers, queue_finding};
use crate::checks::next;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check of the number of claimed jobs without a recent heartbeat.
pub(crate) const CHECK: Check<QueueFacts> =
    Check { id: "queue.stuck", title: "stuck jobs", section: Section::Backlog, evaluate };

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    queue_finding(check, facts, "stuck jobs", |queue| match &queue.stuck {
        Some(stuck) => {
            let finding = count_finding(check, facts, "stuck jobs", stuck, thresholds.stuck, |n| {
                format!("{} stuck{}", jobs(n), on_workers(queue))
            });
            match finding.status {
                Status::Unknown => finding,
                _ if queue.is_rescue_refused => {
                    finding.next(ShellCommand::new("jobs list --state stuck"))
                }
                _ => finding.next_step(next::RESCUE_PREVIEW),
            }
        }
        None => check.finding(Status::Ok, "stuck jobs", super::NO_HEARTBEATS),
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
        let finding = evaluate(&CHECK, queue.clone());
        assert_eq!(finding.status, Status::Warning);
        assert_eq!(finding.next, Some(next::RESCUE_PREVIEW));
        queue.is_rescue_refused = true;
        let finding = evaluate(&CHECK, queue);
        let list = ShellCommand::new("jobs list --state stuck");
        assert_eq!(finding.next_command(), Some(&list));
    }
}
