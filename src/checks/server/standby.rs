//! `db.standby`: the replication role of the server and the replay lag of a standby.

use super::{Check, ServerFacts, metric_finding, number_finding, runbook_command};
use crate::facts::server::Standby;
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text;

/// Check of the replay lag, in seconds. A primary is OK, and so is a standby with little lag.
pub(crate) const CHECK: Check<ServerFacts> = Check {
    id: "db.standby",
    title: "replication role of the server",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(
    check: &Check<ServerFacts>,
    facts: &ServerFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    metric_finding(check, facts, |server| {
        let Some(Standby { receiving, lag }) = server.standby else {
            return Some(check.finding(Status::Ok, check.title, "primary"));
        };
        let link = if receiving { "" } else { ", not connected to its primary" };
        Some(match lag {
            Some(lag) => {
                let lag = lag.max(0.0).floor();
                let message = format!("hot standby, {} behind{link}", text::age(lag));
                number_finding(check, facts, (lag, "s"), thresholds.replay_lag, message)
            }
            None => {
                let message = format!("hot standby, replication lag not known{link}");
                check.finding(Status::Unknown, check.title, message).next(runbook_command(check))
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::evaluate;
    use super::*;
    use crate::facts::server::ServerStatus;

    fn standby(receiving: bool, lag: Option<f64>) -> Finding {
        let standby = Some(Standby { receiving, lag });
        evaluate(&CHECK, ServerStatus { standby, ..ServerStatus::default() }).remove(0)
    }

    #[test]
    fn standby_is_ok_until_it_lags_or_disconnects() {
        let finding = standby(true, Some(0.0));
        assert_eq!(
            (finding.status, finding.message.as_str()),
            (Status::Ok, "hot standby, 0s behind")
        );
        assert_eq!(standby(true, Some(61.0)).status, Status::Warning);
        let lost = standby(false, Some(301.0));
        assert_eq!(lost.status, Status::Critical);
        assert!(lost.message.contains("not connected"), "{}", lost.message);
        assert_eq!(standby(false, None).status, Status::Unknown);
    }
}
