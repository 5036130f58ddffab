//! Checks that compare values of readyz with those of the database.
//!
//! A finding about a difference names both values and the one to trust. If either value is missing,
//! there is no finding; other checks report the missing value.

mod db;
pub(crate) mod oldest_age;
mod queue_length;
mod worker;

use super::Check;
use crate::facts::triage::TriageFacts;

/// The checks of this family, in display order.
pub(crate) const CROSS: [Check<TriageFacts>; 4] =
    [db::CHECK, worker::CHECK, queue_length::CHECK, oldest_age::CHECK];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::service::{Readiness, ReportedFlag, ReportedQueue};
    use crate::facts::{Finding, SourceError, SourceErrorKind, Status, Thresholds};
    use crate::triage::testing::healthy;

    /// Returns healthy facts with a modified readiness report.
    pub(crate) fn with_readiness(change: impl FnOnce(&mut Readiness)) -> TriageFacts {
        let mut facts = healthy();
        change(facts.readiness.result.as_mut().unwrap());
        facts
    }

    pub(crate) fn reported_queue(report: &mut Readiness) -> &mut ReportedQueue {
        report.queue.as_mut().unwrap()
    }

    pub(crate) fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts) -> Option<Finding> {
        let mut findings = check.run(facts, &Thresholds::default());
        assert!(findings.len() < 2, "{findings:?}");
        findings.pop()
    }

    #[test]
    fn healthy_sources_agree_in_every_cross_check() {
        for check in &CROSS {
            let status = evaluate(check, &healthy()).map(|f| f.status);
            assert_eq!(status, Some(Status::Ok), "{}", check.id);
        }
    }

    #[test]
    fn missing_or_empty_readiness_report_yields_no_finding() {
        let mut facts = healthy();
        facts.readiness.result = Err(SourceError::new(SourceErrorKind::Timeout, "no answer"));
        let empty = with_readiness(|report| {
            report.ok = ReportedFlag::Absent;
            report.components.clear();
            report.queue = None;
        });
        for facts in [facts, empty] {
            for check in &CROSS {
                assert_eq!(evaluate(check, &facts), None, "{}", check.id);
            }
        }
    }
}
