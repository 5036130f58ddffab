//! `dlq.given_up`: failed jobs that no worker takes up again.

use super::{Check, QueueFacts, count_finding, count_plural};
use crate::facts::queue::{Count, GivenUp};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::queue::LONGEST_WAIT;
use crate::suggest::ShellCommand;
use crate::text;

/// Check of the number of failed jobs that are not tried again. They are dead letters by another name, so the same
/// thresholds apply. Jobs of which that is not known are UNKNOWN. Without such jobs there is no finding.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "dlq.given_up",
    title: "failed jobs that are not tried again",
    section: Section::DeadLetters,
    evaluate,
};

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    // The other checks report a queue that could not be read.
    let Ok(queue) = &facts.result else { return vec![] };
    let Some(given_up) = &queue.given_up else { return vec![] };
    let message = |n: &str| match text::some_of(&given_up.functions, 3) {
        functions if functions.is_empty() => {
            format!("{n} failed jobs given up: {}", given_up_reason(given_up))
        }
        functions => format!("{n} failed jobs are not claimed again by {functions}"),
    };
    let mut finding =
        count_finding(check, facts, "given-up jobs", &given_up.jobs, thresholds.dead, message)
            .next(ShellCommand::new("jobs list --state failed"));
    if given_up.unknown != Count::Exact(0) {
        let unknown = count_plural(&given_up.unknown, "failed job", "failed jobs");
        let unknown = format!(
            "{unknown}: nothing shows whether failed jobs are tried again (declare the table: config check --declare TABLE)"
        );
        finding.message = match given_up.jobs {
            Count::Exact(0) | Count::NotCounted(_) | Count::BeyondBudget(_) => unknown,
            _ => format!("{}; {unknown}", finding.message),
        };
        if finding.status != Status::Critical {
            finding.status = Status::Unknown;
        }
    }
    vec![finding]
}

/// Why jobs are given up.
pub(crate) fn given_up_reason(given_up: &GivenUp) -> String {
    let overdue = format!("due for more than {LONGEST_WAIT}h");
    match given_up.jobs {
        _ if !given_up.functions.is_empty() => "no function claims them again".to_owned(),
        _ if given_up.overdue == 0 => "all attempts are used".to_owned(),
        Count::Exact(jobs) if jobs == given_up.overdue => overdue,
        _ => format!("all attempts are used, or {overdue}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;

    #[test]
    fn given_up_jobs_are_judged_like_dead_letters() {
        let mut queue = idle();
        let given_up = GivenUp::of(Count::Exact(150));
        queue.given_up = Some(GivenUp { functions: vec!["claim".into()], ..given_up });
        let finding = evaluate(&CHECK, queue);
        assert_eq!(finding.status, Status::Critical);
        assert_eq!(finding.message, "150 failed jobs are not claimed again by claim");
    }

    #[test]
    fn failed_jobs_whose_fate_is_not_known_are_unknown() {
        let with = |jobs: u64, unknown: u64| {
            let mut queue = idle();
            let given_up = GivenUp::of(Count::Exact(jobs));
            queue.given_up = Some(GivenUp { unknown: Count::Exact(unknown), ..given_up });
            evaluate(&CHECK, queue).status
        };
        assert_eq!(with(0, 1), Status::Unknown);
        assert_eq!(with(20, 1), Status::Unknown);
        assert_eq!(with(150, 1), Status::Critical);
        assert_eq!(with(0, 0), Status::Ok);
    }
}
