//! `db.connections`: connections in use.

use super::{Check, ServerFacts, compare, metric_finding, number_finding};
use crate::facts::server::ConnectionLimit;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check of the share of connections in use, in percent: of the server, and of roles and a database with a limit of
/// their own. At 100%, the server rejects the app and the workers.
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
        let whole = Usage::new(String::new(), server.connections, server.max_connections);
        let limits = server.connection_limits.iter().map(Usage::of_limit);
        let is_notable =
            |usage: &Usage| compare(usage.percent, thresholds.connections) != Status::Ok;
        let fullest = limits
            .filter(|usage| is_notable(usage) && usage.percent > whole.percent)
            .max_by(|one, other| one.percent.total_cmp(&other.percent));
        let (percent, message) = match fullest {
            Some(limit) => (limit.percent, format!("{limit}; server: {whole}")),
            None => (whole.percent, whole.to_string()),
        };
        Some(number_finding(check, facts, (percent, "%"), thresholds.connections, message))
    })
}

/// Connections in use of those that a limit allows.
struct Usage {
    /// Empty for the server.
    owner: String,
    used: u64,
    limit: u64,
    percent: f64,
}

impl Usage {
    fn new(owner: String, used: u64, limit: u64) -> Self {
        let percent = (used as f64 / limit.max(1) as f64 * 100.0).floor();
        Self { owner, used, limit, percent }
    }

    fn of_limit(limit: &ConnectionLimit) -> Self {
        let owner = match &limit.role {
            Some(role) => format!("role {role}: "),
            None => "this database: ".to_owned(),
        };
        Self::new(owner, limit.used, limit.limit)
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { owner, used, limit, percent } = self;
        write!(f, "{owner}{used} of {limit} connections in use ({percent}%)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
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

    #[test]
    fn role_or_database_at_its_limit_is_named() {
        let finding = |role: Option<&str>, used, limit| {
            let limits = [(Some("idle"), 1, 10), (role, used, limit)];
            let connection_limits = limits
                .map(|(role, used, limit)| ConnectionLimit {
                    role: role.map(str::to_owned),
                    used,
                    limit,
                })
                .to_vec();
            let server = ServerStatus {
                connections: 5,
                max_connections: 100,
                connection_limits,
                ..ServerStatus::default()
            };
            evaluate(&CHECK, server).remove(0)
        };
        let app = finding(Some("app"), 3, 3);
        assert_eq!(app.status, Status::Critical, "{app:?}");
        assert!(app.message.starts_with("role app: 3 of 3 connections in use (100%)"), "{app:?}");
        let database = finding(None, 17, 20);
        assert_eq!(database.status, Status::Warning, "{database:?}");
        assert!(database.message.starts_with("this database: 17 of 20"), "{database:?}");
        let healthy = finding(Some("app"), 3, 10);
        assert_eq!(healthy.status, Status::Ok, "{healthy:?}");
        assert_eq!(healthy.message, "5 of 100 connections in use (5%)");
    }
}
