//! Checks of the PostgreSQL server: connections, replication, transactions, locks and dead rows
//! (runbook sections 3.2 and 3.3).

mod connections;
mod dead_rows;
mod locks;
mod reachable;
mod standby;
mod transactions;

pub(crate) use reachable::{REACHABLE, obstacle};
pub(crate) use standby::CHECK as STANDBY;

use super::{Check, compare, threshold_text};
use crate::facts::server::ServerStatus;
use crate::facts::{Evidence, Finding, Observed, SourceErrorKind, Status, Threshold};
use crate::suggest::ShellCommand;

/// The facts that these checks evaluate.
pub(crate) type ServerFacts = Observed<ServerStatus>;

/// The checks of the server's statistics, in display order.
pub(crate) const SERVER: [Check<ServerFacts>; 5] =
    [connections::CHECK, standby::CHECK, transactions::CHECK, locks::CHECK, dead_rows::CHECK];

/// Returns the command that shows the runbook section of a check.
fn runbook_command<F>(check: &Check<F>) -> ShellCommand {
    ShellCommand::new("runbook").arg(check.id)
}

/// Returns the finding of `evaluate`, or UNKNOWN with the reason if the statistics could not be read.
///
/// A role without permission to read them gets no finding; the coverage of the report lists them as
/// not examined.
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

/// Returns a finding about a number, with its status against the threshold.
fn number_finding(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    (value, unit): (f64, &'static str),
    threshold: Threshold,
    message: String,
) -> Finding {
    let status = compare(value, threshold);
    let finding = check
        .finding(status, check.title, message)
        .evidence(Evidence::number(value, unit, facts.at, facts.source.clone()))
        .threshold(threshold_text(threshold, unit));
    if status == Status::Ok { finding } else { finding.next(runbook_command(check)) }
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
