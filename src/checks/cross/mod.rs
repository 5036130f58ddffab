//! Two witnesses, one fact: what readyz says against what the database shows.
//!
//! A disagreement is a finding that names both readings and which of them to trust. Where one of the
//! two said nothing there is nothing to compare: other checks say that it is missing.

mod db;
pub mod oldest_age;
mod queue_length;
mod worker;

use super::Check;
use crate::facts::triage::TriageFacts;

/// Every comparison, in the order in which they are shown.
pub const CROSS: [Check<TriageFacts>; 4] =
    [db::CHECK, worker::CHECK, queue_length::CHECK, oldest_age::CHECK];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::service::{Readiness, ReportedFlag, ReportedQueue};
    use crate::facts::{Finding, SourceError, SourceErrorKind, Status, Thresholds};
    use crate::triage::testing::healthy;

    /// Healthy facts with another readiness report.
    pub(crate) fn with(change: impl FnOnce(&mut Readiness)) -> TriageFacts {
        let mut facts = healthy();
        change(facts.readiness.result.as_mut().unwrap());
        facts
    }

    pub(crate) fn queue_of(report: &mut Readiness) -> &mut ReportedQueue {
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
            let verdict = evaluate(check, &healthy()).map(|f| f.status);
            assert_eq!(verdict, Some(Status::Ok), "{}", check.id);
        }
    }

    #[test]
    fn missing_or_empty_readiness_report_yields_no_finding() {
        let mut facts = healthy();
        facts.readiness.result = Err(SourceError::new(SourceErrorKind::Timeout, "no answer"));
        let silent = with(|report| {
            report.ok = ReportedFlag::Absent;
            report.components.clear();
            report.queue = None;
        });
        for facts in [facts, silent] {
            for check in &CROSS {
                assert_eq!(evaluate(check, &facts), None, "{}", check.id);
            }
        }
    }
}
