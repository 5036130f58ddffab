//! `db.connections`: connections in use.

use super::{Check, ServerFacts, metric_finding, number_finding};
use crate::facts::{Finding, Section, Thresholds};

/// Check of the share of connections in use, in percent. At 100%, the server rejects the app and the
/// workers.
pub(crate) const CHECK: Check<ServerFacts> = Check {
    id: "db.connections",
    title: "connections of the database server",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let (used, max) = (server.connections, server.max_connections.max(1));
        let percent = (used as f64 / max as f64 * 100.0).floor();
        let message = format!("{used} of {max} connections in use ({percent}%)");
        Some(number_finding(check, facts, (percent, "%"), thresholds.connections, message))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
    use crate::facts::Status;
    use crate::facts::server::ServerStatus;

    #[test]
    fn connection_usage_near_the_maximum_is_critical() {
        for (connections, status) in
            [(10, Status::Ok), (80, Status::Warning), (96, Status::Critical)]
        {
            let server =
                ServerStatus { connections, max_connections: 100, ..ServerStatus::default() };
            let finding = evaluate(&CHECK, server).remove(0);
            assert_eq!(finding.status, status, "{finding:?}");
        }
    }
}
