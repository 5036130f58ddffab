//! Does the app itself warn of its queue?

use super::part::{blocked, evaluate_component, unmentioned};
use crate::checks::Check;
use crate::facts::service::{Readiness, ReportedFlag, ReportedQueue};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};
use crate::text;

/// WARNING when the server warns. Its figures are not judged here: their meaning differs between
/// versions, and the database tells them better.
pub const QUEUE: Check<Observed<Readiness>> = Check {
    id: "ready.queue",
    title: "the app sees no backlog",
    section: Section::Backlog,
    evaluate,
};

/// The subject of its findings, and the name in reports.
const SUBJECT: &str = "queue";

fn evaluate(
    check: &Check<Observed<Readiness>>,
    seen: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let report = match &seen.result {
        Ok(report) => report,
        Err(_) => return vec![blocked(check, SUBJECT)],
    };
    match (&report.queue, report.component(SUBJECT)) {
        (Some(queue), _) => describe_values(check, seen, queue),
        (None, Some(component)) => vec![evaluate_component(check, seen, report, component)],
        (None, None) => vec![unmentioned(check, report, SUBJECT)],
    }
}

fn describe_values(
    check: &Check<Observed<Readiness>>,
    seen: &Observed<Readiness>,
    queue: &ReportedQueue,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |verdict, message: String| {
        let mut finding = check.finding(verdict, SUBJECT, message);
        if let Some(length) = queue.length {
            let length = length as f64;
            finding = finding.evidence(Evidence::number(length, "jobs", seen.at, &seen.source));
        }
        let sick = verdict != Status::Ok;
        findings.push(if sick { finding.next("cliplyctl queue") } else { finding });
    };
    let malformed = match &queue.warning {
        ReportedFlag::Malformed(what) => Some(what),
        ReportedFlag::Is(_) | ReportedFlag::Absent => None,
    };
    let problems: Vec<_> = queue.problems.iter().chain(malformed).collect();
    for problem in &problems {
        say(Status::Unknown, (*problem).clone());
    }
    if queue.warning == ReportedFlag::Is(true) {
        say(Status::Warning, format!("the server warns: {}", describe_numbers(queue)));
    } else if problems.is_empty() && queue.length.is_none() {
        say(Status::Unknown, "the report gives no length of the queue".to_owned());
    } else if problems.is_empty() {
        say(Status::Ok, describe_numbers(queue));
    }
    findings
}

/// The figures as they are: the unit of the age differs between versions of the app.
fn describe_numbers(queue: &ReportedQueue) -> String {
    let length = match queue.length {
        Some(length) => text::plural(length, "job", "jobs"),
        None => "length not told".to_owned(),
    };
    match (queue.oldest_job_age, queue.age_unit) {
        (Some(age), Some(seconds)) => {
            format!(
                "{length}, the oldest {} old (it may count dead ones)",
                text::age(age * seconds)
            )
        }
        (Some(age), None) => format!(
            "{length}, oldest job age {age}: {} or, in ms, {} (state oldest_job_age_unit)",
            text::age(age),
            text::age(age / 1e3)
        ),
        (None, _) => length,
    }
}
