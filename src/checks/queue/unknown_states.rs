//! `queue.unknown_states`: jobs whose state has no known meaning.

use super::{Check, QueueFacts, count_text};
use crate::facts::queue::Count;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check that the state of every job is known. Counts of known states say nothing about the other jobs, so an
/// unknown state that was seen is UNKNOWN. Without one there is no finding.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "queue.unknown_states",
    title: "jobs in unknown states",
    section: Section::Backlog,
    evaluate,
};

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    _thresholds: &Thresholds,
) -> Vec<Finding> {
    // The other checks report a queue that could not be read.
    let Ok(queue) = &facts.result else { return vec![] };
    let names = match queue.unknown_states.as_slice() {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    let (status, message) = match &queue.other {
        Count::Exact(0) => return vec![],
        count @ (Count::NotCounted(_) | Count::BeyondBudget(_)) if names.is_empty() => {
            (Status::Ok, format!("unknown states: {}", count_text(count)))
        }
        Count::NotCounted(_) | Count::BeyondBudget(_) => {
            (Status::Unknown, format!("jobs are in states unknown to this tool{names}"))
        }
        count => {
            let n = count_text(count);
            (Status::Unknown, format!("{n} in a state unknown to this tool{names}"))
        }
    };
    let mut finding = check
        .finding(status, "unknown states", message)
        .next(ShellCommand::new("jobs list --state unknown"));
    if let Some(n) = queue.other.at_least() {
        finding.evidence = Some(Evidence::number(n as f64, "jobs", facts.at, facts.source.clone()));
    }
    vec![finding]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{idle, observed};
    use super::*;

    fn status(other: Count, seen: &[&str]) -> Option<Status> {
        let mut queue = idle();
        queue.other = other;
        queue.unknown_states = seen.iter().map(|&name| name.to_owned()).collect();
        let findings = CHECK.run(&observed(Ok(queue)), &Thresholds::default());
        findings.first().map(|finding| finding.status)
    }

    #[test]
    fn seen_unknown_state_is_unknown_and_none_is_no_finding() {
        let not_counted = || Count::NotCounted("no index".into());
        assert_eq!(status(Count::Exact(0), &[]), None);
        assert_eq!(status(Count::Exact(1), &[]), Some(Status::Unknown));
        assert_eq!(status(not_counted(), &["paused"]), Some(Status::Unknown));
        assert_eq!(status(not_counted(), &[]), Some(Status::Ok));
    }
}
