//! `dlq.given_up`: failed jobs that no worker takes up again.

use super::{Check, QueueFacts, count_finding};
use crate::facts::queue::Count;
use crate::facts::{Finding, Section, Thresholds};
use crate::suggest::ShellCommand;
use crate::text;

/// Check of the number of failed jobs that no claim function takes. They are dead letters by another name, so the
/// same thresholds apply. Without such jobs there is no finding.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "dlq.given_up",
    title: "failed jobs that no function claims again",
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
    // Without a claim function, nothing says that jobs without attempts left are taken up again.
    if given_up.functions.is_empty() && given_up.jobs == Count::Exact(0) {
        return vec![];
    }
    let message = |n: &str| match text::some_of(&given_up.functions, 3) {
        functions if functions.is_empty() => {
            format!("{n} failed jobs have used all their attempts")
        }
        functions => format!("{n} failed jobs are not claimed again by {functions}"),
    };
    let finding =
        count_finding(check, facts, "given-up jobs", &given_up.jobs, thresholds.dead, message);
    vec![finding.next(ShellCommand::new("jobs list --state failed"))]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, idle};
    use super::*;
    use crate::facts::Status;
    use crate::facts::queue::GivenUp;

    #[test]
    fn given_up_jobs_are_judged_like_dead_letters() {
        let mut queue = idle();
        queue.given_up = Some(GivenUp { jobs: Count::Exact(150), functions: vec!["claim".into()] });
        let finding = evaluate(&CHECK, queue);
        assert_eq!(finding.status, Status::Critical);
        assert_eq!(finding.message, "150 failed jobs are not claimed again by claim");
    }
}
