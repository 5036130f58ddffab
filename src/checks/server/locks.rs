//! `db.locks`: sessions that wait for a lock on the jobs table.

use super::{Check, ServerFacts, metric_finding, number_finding, runbook_command};
use crate::facts::server::{LockWait, MAX_WAITS};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;

/// Check of the longest wait for a lock on jobs. Claims skip locked rows, so normal operation does
/// not wait.
pub(crate) const CHECK: Check<ServerFacts> = Check {
    id: "db.locks",
    title: "lock waits on the jobs table",
    section: Section::Backlog,
    evaluate,
};

fn evaluate(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let Some(longest) = server.waits.first() else {
            return Some(check.finding(
                Status::Ok,
                check.title,
                "no session waits for a lock on jobs",
            ));
        };
        let bound = if server.waits.len() == MAX_WAITS { "≥ " } else { "" };
        let n = text::plural(server.waits.len() as u64, "session waits", "sessions wait");
        let message = format!("{bound}{n} for a lock on jobs: {}", describe_wait(longest));
        Some(match longest.age {
            Some(age) => {
                number_finding(check, facts, (age as f64, "s"), thresholds.lock_wait, message)
            }
            None => {
                check.finding(Status::Unknown, check.title, message).next(runbook_command(check))
            }
        })
    })
}

fn describe_wait(wait: &LockWait) -> String {
    let since = match wait.age {
        Some(age) => text::age(age as f64),
        None => "an unknown time".to_owned(),
    };
    let blockers: Vec<_> = wait
        .blockers
        .iter()
        .map(|pid| if *pid == 0 { "a prepared transaction".to_owned() } else { pid.to_string() })
        .collect();
    let blockers =
        if blockers.is_empty() { "no session any more".to_owned() } else { blockers.join(", ") };
    format!("process {} for {since}, blocked by {blockers}", wait.pid)
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
    use crate::facts::server::ServerStatus;
    use crate::suggest::ShellCommand;

    #[test]
    fn long_lock_wait_is_critical_and_names_both_processes() {
        let waits = vec![LockWait { pid: 71, age: Some(31), blockers: vec![42, 0] }];
        let finding = evaluate(&CHECK, ServerStatus { waits, ..ServerStatus::default() }).remove(0);
        assert_eq!(finding.status, Status::Critical);
        let says = "process 71 for 31s, blocked by 42, a prepared transaction";
        assert!(finding.message.ends_with(says), "{}", finding.message);
        assert_eq!(finding.next_command(), Some(&ShellCommand::new("runbook db.locks")));
    }

    #[test]
    fn lock_wait_without_an_age_is_unknown() {
        let waits = vec![LockWait { pid: 71, ..LockWait::default() }];
        let finding = evaluate(&CHECK, ServerStatus { waits, ..ServerStatus::default() }).remove(0);
        assert_eq!(finding.status, Status::Unknown);
    }
}
