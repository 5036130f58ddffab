//! `db.transactions`: the age of the oldest open transaction, which delays vacuum.

use super::{Check, ServerFacts, metric_finding, number_finding};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;

/// Check of the oldest open transaction on this database. An ordinary role does not see the start of
/// other roles' transactions; if some are hidden, the check reports problems, but never OK.
pub(crate) const CHECK: Check<ServerFacts> = Check {
    id: "db.transactions",
    title: "oldest open transaction",
    section: Section::Backlog,
    evaluate,
};

fn evaluate(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let finding = match &server.oldest_transaction {
            None => check.finding(Status::Ok, check.title, "no other transaction is open"),
            Some(oldest) => {
                let user = oldest.user.as_deref().unwrap_or("?");
                let state = oldest.state.as_deref().unwrap_or("state unknown");
                let age = oldest.age as f64;
                let message = format!(
                    "oldest transaction open for {}: {} of {user}, {state}",
                    text::age(age),
                    oldest.name
                );
                number_finding(check, facts, (age, "s"), thresholds.transaction_age, message)
            }
        };
        (server.hidden_sessions == 0 || finding.status != Status::Ok).then_some(finding)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
    use crate::facts::server::{OpenTransaction, ServerStatus};

    fn server(age: u64, hidden_sessions: u64) -> ServerStatus {
        let oldest = OpenTransaction {
            age,
            name: "4711".to_owned(),
            user: Some("app".to_owned()),
            state: Some("idle in transaction".to_owned()),
        };
        ServerStatus {
            oldest_transaction: Some(oldest),
            hidden_sessions,
            ..ServerStatus::default()
        }
    }

    #[test]
    fn old_transaction_is_critical_and_names_its_session() {
        let finding = evaluate(&CHECK, server(3_700, 0)).remove(0);
        assert_eq!(finding.status, Status::Critical);
        assert!(finding.message.contains("4711 of app, idle in transaction"), "{finding:?}");
        assert_eq!(evaluate(&CHECK, server(10, 0))[0].status, Status::Ok);
    }

    #[test]
    fn hidden_sessions_yield_no_ok_finding() {
        assert!(evaluate(&CHECK, server(10, 3)).is_empty());
        assert_eq!(evaluate(&CHECK, server(301, 3))[0].status, Status::Warning);
    }
}
