//! What is the server's own verdict?

use super::{brief, no_readiness_report};
use crate::checks::Check;
use crate::facts::service::{Readiness, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, SourceError, Status, Thresholds};

/// CRITICAL when the server says that it is not ready; UNKNOWN when it does not say.
pub const READY_OK: Check<Observed<Readiness>> = Check {
    id: "ready.ok",
    title: "the app says that it is ready",
    section: Section::NotReady,
    evaluate,
};

/// The subject of its findings.
const SUBJECT: &str = "ready";

fn evaluate(
    check: &Check<Observed<Readiness>>,
    seen: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let report = match &seen.result {
        Ok(report) => report,
        Err(error) => return vec![no_report(check, seen, error)],
    };
    let status = report.exchange.http_status;
    let (verdict, message) = match &report.ok {
        ReportedFlag::Is(true) if status >= 500 => {
            (Status::Critical, format!("HTTP {status}, although ok: true"))
        }
        ReportedFlag::Is(true) => (Status::Ok, "ready".to_owned()),
        ReportedFlag::Is(false) => (Status::Critical, not_ready(report)),
        ReportedFlag::Absent if status >= 500 => (Status::Critical, not_ready(report)),
        ReportedFlag::Absent => {
            (Status::Unknown, "the report has no verdict of its own".to_owned())
        }
        ReportedFlag::Malformed(what) => (Status::Unknown, what.clone()),
    };
    let mut finding = check.finding(verdict, SUBJECT, message);
    if let ReportedFlag::Is(ok) = report.ok {
        finding = finding.evidence(Evidence::flag(ok, seen.at, &seen.source));
    }
    if verdict != Status::Ok {
        finding = finding.next(next(seen));
    }
    let problems = report.problems.iter();
    let problems = problems.map(|what| check.finding(Status::Unknown, SUBJECT, what));
    std::iter::once(finding).chain(problems).collect()
}

fn no_report(
    check: &Check<Observed<Readiness>>,
    seen: &Observed<Readiness>,
    error: &SourceError,
) -> Finding {
    check
        .finding(no_readiness_report(error.kind), SUBJECT, &error.message)
        .evidence(Evidence::text(error.kind.as_str(), seen.at, &seen.source))
        .next("cliplyctl health")
}

/// Why, as far as the report says.
fn not_ready(report: &Readiness) -> String {
    let sick: Vec<_> = report
        .components
        .iter()
        .filter(|c| c.ok == ReportedFlag::Is(false))
        .map(|c| c.name.as_str())
        .collect();
    let head = if report.fatal {
        "the server could not build its report".to_owned()
    } else if sick.is_empty() && all_healthy(report) {
        match report.queue.as_ref().is_some_and(|queue| queue.warning == ReportedFlag::Is(true)) {
            true => "not ready: no part is down, but its queue warns".to_owned(),
            false => "not ready, though every part that it reports is ok".to_owned(),
        }
    } else if sick.is_empty() {
        "not ready".to_owned()
    } else {
        format!("not ready because of {}", sick.join(", "))
    };
    match report.errors.first() {
        Some(error) => format!("{head}: {}", brief(error)),
        None => head,
    }
}

/// Whether the report speaks of parts, and well of all of them.
fn all_healthy(report: &Readiness) -> bool {
    let parts = &report.components;
    !parts.is_empty() && parts.iter().all(|part| part.ok == ReportedFlag::Is(true))
}

/// The admin report tells more; after that, only the runbook knows what to go by.
fn next(seen: &Observed<Readiness>) -> &'static str {
    if seen.source.contains("/admin/") {
        "cliplyctl runbook 3.2"
    } else {
        "cliplyctl ready --admin"
    }
}
