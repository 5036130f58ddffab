//! `ready.queue`: the queue component of the readiness report.

use super::part::{blocked, evaluate_component, unmentioned};
use crate::checks::Check;
use crate::checks::next;
use crate::facts::service::{Readiness, ReportedFlag, ReportedQueue};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};
use crate::text;

/// Check for a queue warning in the readiness report, which is a WARNING. The reported numbers are
/// shown, but not evaluated, because their meaning differs between versions of the app; the database
/// has exact ones.
pub(crate) const QUEUE: Check<Observed<Readiness>> = Check {
    id: "ready.queue",
    title: "the queue as the app reports it",
    section: Section::Backlog,
    evaluate,
};

/// The subject of its findings, and the name in reports.
const SUBJECT: &str = "queue";

fn evaluate(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let report = match &observed.result {
        Ok(report) => report,
        Err(_) => return vec![blocked(check, SUBJECT)],
    };
    let components = report.components_named(SUBJECT);
    let mut findings: Vec<_> = components
        .map(|component| evaluate_component(check, observed, report, component))
        .collect();
    match &report.queue {
        Some(queue) => findings.extend(describe_values(check, observed, queue)),
        None if findings.is_empty() => findings.extend(unmentioned(check, report, SUBJECT)),
        None => {}
    }
    findings
}

fn describe_values(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    queue: &ReportedQueue,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |status, message: String| {
        let mut finding = check.finding(status, SUBJECT, message);
        if let Some(length) = queue.length {
            let length = length as f64;
            finding =
                finding.evidence(Evidence::number(length, "jobs", observed.at, &observed.source));
        }
        let is_problem = status != Status::Ok;
        findings.push(if is_problem { finding.next_step(next::QUEUE) } else { finding });
    };
    let malformed = match &queue.warning {
        ReportedFlag::Malformed(problem) => Some(problem),
        ReportedFlag::Is(_) | ReportedFlag::Degraded | ReportedFlag::Absent => None,
    };
    let problems: Vec<_> = queue.problems.iter().chain(malformed).collect();
    for problem in &problems {
        add(Status::Unknown, (*problem).clone());
    }
    if queue.warning == ReportedFlag::Is(true) {
        add(Status::Warning, format!("readyz warns: {}", describe_numbers(queue)));
    } else if problems.is_empty() && queue.length.is_none() {
        add(Status::Unknown, "the report has no queue length".to_owned());
    } else if problems.is_empty() {
        add(Status::Ok, describe_numbers(queue));
    }
    findings
}

/// Formats the reported length and age. If the unit of the age is not configured, both readings are
/// shown.
fn describe_numbers(queue: &ReportedQueue) -> String {
    let length = match queue.length {
        Some(length) => text::plural(length, "job", "jobs"),
        None => "length not reported".to_owned(),
    };
    match (queue.oldest_job_age, queue.age_unit) {
        (Some(age), Some(seconds)) => {
            format!("{length}, oldest {} old (may include dead letters)", text::age(age * seconds))
        }
        (Some(age), None) => format!(
            "{length}, oldestJobAge {age} ({} if seconds, {} if ms; set oldest_job_age_unit)",
            text::age(age),
            text::age(age / 1e3)
        ),
        (None, _) => length,
    }
}
