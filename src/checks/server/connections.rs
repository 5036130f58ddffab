//! `db.connections`: is there room for one more?

use super::{Check, ServerFacts, measured, metric_finding};
use crate::facts::{Finding, Section, Thresholds};

/// Connections in use. At the limit, the app and the workers are turned away.
pub const CHECK: Check<ServerFacts> = Check {
    id: "db.connections",
    title: "connections of the database server",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(check: &Check<ServerFacts>, facts: &ServerFacts, limits: &Thresholds) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let (used, most) = (server.connections, server.max_connections.max(1));
        let percent = (used as f64 / most as f64 * 100.0).floor();
        let message = format!("{used} of {most} connections in use ({percent} %)");
        Some(measured(check, facts, (percent, "%"), limits.connections, message))
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
        for (connections, verdict) in
            [(10, Status::Ok), (80, Status::Warning), (96, Status::Critical)]
        {
            let server =
                ServerStatus { connections, max_connections: 100, ..ServerStatus::default() };
            let finding = evaluate(&CHECK, server).remove(0);
            assert_eq!(finding.status, verdict, "{finding:?}");
        }
    }
}
