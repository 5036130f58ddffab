//! Is the database server itself in the queue's way? Sections 3.2 and 3.3 of the runbook.

mod connections;
mod dead_rows;
mod locks;
mod reachable;
mod standby;
mod transactions;

pub use reachable::{REACHABLE, obstacle};

use super::{Check, compare, limit_text};
use crate::facts::server::ServerStatus;
use crate::facts::{Evidence, Finding, Observed, SourceErrorKind, Status, Threshold};

/// What these checks judge.
pub type ServerFacts = Observed<ServerStatus>;

/// Every check on the server's own statistics, in the order in which they are shown.
pub const SERVER: [Check<ServerFacts>; 5] =
    [connections::CHECK, standby::CHECK, transactions::CHECK, locks::CHECK, dead_rows::CHECK];

/// Where what to do stands; the statements themselves are for a person to run.
fn runbook_command<F>(check: &Check<F>) -> String {
    format!("cliplyctl runbook {}", check.id)
}

/// Runs a judgement on the statistics, or says why they were not read. A role that may not read
/// them at all gets no finding: that is by design, and the report's coverage says it.
fn metric_finding(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    evaluate: impl FnOnce(&ServerStatus) -> Option<Finding>,
) -> Vec<Finding> {
    match &facts.result {
        Ok(server) => evaluate(server).into_iter().collect(),
        Err(error) if error.kind == SourceErrorKind::Permission => vec![],
        Err(error) => {
            vec![check.finding(Status::Unknown, check.title, format!("not read: {error}"))]
        }
    }
}

/// A finding about a number held against its limit.
fn measured(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    (value, unit): (f64, &'static str),
    limit: Threshold,
    message: String,
) -> Finding {
    let verdict = compare(value, limit);
    let finding = check
        .finding(verdict, check.title, message)
        .evidence(Evidence::number(value, unit, facts.at, facts.source.clone()))
        .threshold(limit_text(limit, unit));
    if verdict == Status::Ok { finding } else { finding.next(runbook_command(check)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::facts::{SourceError, Thresholds};

    pub(crate) fn observed(result: Result<ServerStatus, SourceError>) -> ServerFacts {
        let (source, at) = ("pg_stat_activity".to_owned(), Timestamp::UNIX_EPOCH);
        Observed { source, at, took: Duration::ZERO, result }
    }

    pub(crate) fn evaluate(check: &Check<ServerFacts>, server: ServerStatus) -> Vec<Finding> {
        check.run(&observed(Ok(server)), &Thresholds::default())
    }

    #[test]
    fn unreadable_server_facts_are_unknown_unless_not_permitted() {
        for check in &SERVER {
            let run = |kind| {
                check.run(&observed(Err(SourceError::new(kind, "no"))), &Thresholds::default())
            };
            let timeout = run(SourceErrorKind::Timeout);
            assert_eq!(timeout[0].status, Status::Unknown, "{}", check.id);
            assert!(run(SourceErrorKind::Permission).is_empty(), "{}", check.id);
        }
    }
}
