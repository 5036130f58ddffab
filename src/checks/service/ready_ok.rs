//! `ready.ok`: the overall result of the readiness report.

use super::{brief, readiness_error_status};
use crate::checks::Check;
use crate::facts::service::{Readiness, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, SourceError, Status, Thresholds};

/// Check that the app reports that it is ready. CRITICAL if it reports the opposite, UNKNOWN if the
/// report has no result.
pub(crate) const READY_OK: Check<Observed<Readiness>> = Check {
    id: "ready.ok",
    title: "the app says that it is ready",
    section: Section::NotReady,
    evaluate,
};

/// The subject of its findings.
const SUBJECT: &str = "ready";

fn evaluate(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let report = match &observed.result {
        Ok(report) => report,
        Err(error) => return vec![no_report(check, observed, error)],
    };
    let http_status = report.exchange.http_status;
    let (status, message) = match &report.ok {
        ReportedFlag::Is(true) if http_status >= 500 => {
            (Status::Critical, format!("HTTP {http_status}, although ok: true"))
        }
        ReportedFlag::Is(true) => (Status::Ok, "ready".to_owned()),
        ReportedFlag::Is(false) => (Status::Critical, not_ready(report)),
        ReportedFlag::Absent if http_status >= 500 => (Status::Critical, not_ready(report)),
        ReportedFlag::Absent => {
            (Status::Unknown, "the report has no verdict of its own".to_owned())
        }
        ReportedFlag::Malformed(problem) => (Status::Unknown, problem.clone()),
    };
    let mut finding = check.finding(status, SUBJECT, message);
    if let ReportedFlag::Is(ok) = report.ok {
        finding = finding.evidence(Evidence::flag(ok, observed.at, &observed.source));
    }
    if status != Status::Ok {
        finding = finding.next(next(observed));
    }
    let problems = report.problems.iter();
    let problems = problems.map(|problem| check.finding(Status::Unknown, SUBJECT, problem));
    std::iter::once(finding).chain(problems).collect()
}

fn no_report(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    error: &SourceError,
) -> Finding {
    check
        .finding(readiness_error_status(error.kind), SUBJECT, &error.message)
        .evidence(Evidence::text(error.kind.as_str(), observed.at, &observed.source))
        .next("cliplyctl health")
}

/// Formats the reasons that the report gives for not being ready.
fn not_ready(report: &Readiness) -> String {
    let failing: Vec<_> = report
        .components
        .iter()
        .filter(|c| c.ok == ReportedFlag::Is(false))
        .map(|c| c.name.as_str())
        .collect();
    let reason = if report.fatal {
        "the server could not build its report".to_owned()
    } else if failing.is_empty() && all_healthy(report) {
        match report.queue.as_ref().is_some_and(|queue| queue.warning == ReportedFlag::Is(true)) {
            true => "not ready: no part is down, but its queue warns".to_owned(),
            false => "not ready, though every part that it reports is ok".to_owned(),
        }
    } else if failing.is_empty() {
        "not ready".to_owned()
    } else {
        format!("not ready because of {}", failing.join(", "))
    };
    match report.errors.first() {
        Some(error) => format!("{reason}: {}", brief(error)),
        None => reason,
    }
}

/// Whether the report lists components and all of them are ok.
fn all_healthy(report: &Readiness) -> bool {
    let components = &report.components;
    !components.is_empty()
        && components.iter().all(|component| component.ok == ReportedFlag::Is(true))
}

/// Returns the next command: the admin report, or the runbook if this is the admin report.
fn next(observed: &Observed<Readiness>) -> &'static str {
    if observed.source.contains("/admin/") {
        "cliplyctl runbook 3.2"
    } else {
        "cliplyctl ready --admin"
    }
}
