//! `dlq.failures`: the number of failed attempts in the last hour.

use super::{
    Check, Evidence, Failures, Finding, Observed, SourceErrorKind, Status, Threshold, count_status,
    count_text, threshold_text,
};
use crate::checks::next;
use crate::facts::{Section, Thresholds};

/// Check of the failed attempts in the last hour. A role without permission to read the events gets
/// no finding; the coverage of the report lists the events as not examined.
pub(crate) const CHECK: Check<Observed<Failures>> = Check {
    id: "dlq.failures",
    title: "failed attempts in the last hour",
    section: Section::DeadLetters,
    evaluate,
};

const UNIT: &str = "failures/h";

fn evaluate(
    check: &Check<Observed<Failures>>,
    observed: &Observed<Failures>,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    match &observed.result {
        Ok(failures) => vec![failure_status(check, observed, failures, thresholds.failures)],
        Err(error) if error.kind == SourceErrorKind::Permission => vec![],
        Err(error) => {
            vec![check.finding(Status::Unknown, check.title, format!("not read: {error}"))]
        }
    }
}

fn failure_status(
    check: &Check<Observed<Failures>>,
    observed: &Observed<Failures>,
    failures: &Failures,
    threshold: Threshold,
) -> Finding {
    let (status, formatted) =
        (count_status(&failures.last_hour, threshold), count_text(&failures.last_hour));
    let message = format!("{formatted} failed attempts in the last hour");
    let mut finding =
        check.finding(status, check.title, message).threshold(threshold_text(threshold, UNIT));
    if let Some(n) = failures.last_hour.at_least() {
        finding = finding.evidence(Evidence::number(n as f64, UNIT, observed.at, &observed.source));
    }
    if status == Status::Ok { finding } else { finding.next_step(next::GROUPS) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::facts::SourceError;
    use crate::facts::queue::Count;

    fn evaluate(result: Result<Count, SourceErrorKind>) -> Vec<Finding> {
        let (source, at) = ("public.job_events".to_owned(), Timestamp::UNIX_EPOCH);
        let result = result.map(|last_hour| Failures { last_hour });
        let result = result.map_err(|kind| SourceError::new(kind, "no"));
        CHECK.run(&Observed { source, at, took: Duration::ZERO, result }, &Thresholds::default())
    }

    #[test]
    fn failed_attempts_above_the_threshold_are_reported() {
        assert_eq!(evaluate(Ok(Count::Exact(49)))[0].status, Status::Ok);
        assert_eq!(evaluate(Ok(Count::Exact(50)))[0].status, Status::Warning);
        assert_eq!(evaluate(Ok(Count::AtLeast(9_000)))[0].status, Status::Critical);
    }

    #[test]
    fn missing_event_permission_is_ignored_and_timeout_is_unknown() {
        assert!(evaluate(Err(SourceErrorKind::Permission)).is_empty());
        assert_eq!(evaluate(Err(SourceErrorKind::Timeout))[0].status, Status::Unknown);
    }
}
