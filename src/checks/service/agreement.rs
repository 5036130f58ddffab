//! `ready.agreement`: the overall result of the readiness report compared with everything else in it.

use super::brief;
use crate::checks::Check;
use crate::checks::next;
use crate::facts::service::{Component, Readiness, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Suggestion, Thresholds};
use crate::suggest::ShellCommand;

/// Check that the result matches the components, the errors and the other health words of the report. A
/// contradiction is a WARNING that shows both values.
pub(crate) const AGREEMENT: Check<Observed<Readiness>> = Check {
    id: "ready.agreement",
    title: "the status agrees with the rest of the report",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let Ok(report) = &observed.result else { return vec![] };
    let against = against_ready(report);
    let is_unhealthy_elsewhere = !report.unhealthy.is_empty() || !report.errors.is_empty();
    let (status, message) = match &report.ok {
        ReportedFlag::Is(true) if !against.is_empty() => {
            (Status::Warning, format!("reported as ready, but with {}", against.join(", ")))
        }
        ReportedFlag::Is(false) if is_unexplained(report) => {
            let healthy = names(&report.components, &ReportedFlag::Is(true));
            (Status::Warning, format!("reported as not ready, but with {}", healthy.join(", ")))
        }
        ReportedFlag::Is(ok) if !report.components.is_empty() => {
            (Status::Ok, "status and components agree".to_owned())
        }
        ReportedFlag::Degraded | ReportedFlag::Absent | ReportedFlag::Malformed(_)
            if is_unhealthy_elsewhere =>
        {
            (Status::Warning, format!("the report contains {}", against.join(", ")))
        }
        _ => return vec![],
    };
    let mut finding = check.finding(status, "agreement", message);
    if let ReportedFlag::Is(ok) = report.ok {
        finding = finding.evidence(Evidence::flag(ok, observed.at, &observed.source));
    }
    vec![if status == Status::Ok { finding } else { finding.next_step(next_step(check, report)) }]
}

/// Returns the step that shows which side is right: the counts in the database for what depends on it, the report
/// for operators for everything else.
fn next_step(check: &Check<Observed<Readiness>>, report: &Readiness) -> Suggestion {
    let healthy = ReportedFlag::Is(true);
    let mut unhealthy = report.components.iter().filter(|component| component.ok != healthy);
    match unhealthy.all(|component| ["db", "worker", "queue"].contains(&component.name.as_str())) {
        true if report.unhealthy.is_empty() && report.errors.is_empty() => next::QUEUE,
        _ if report.is_for_operators => Suggestion::runbook(check.section),
        _ => Suggestion::of_section(ShellCommand::new("ready --admin"), check.section),
    }
}

/// Returns everything in the report that contradicts a result of ready.
fn against_ready(report: &Readiness) -> Vec<String> {
    let mut against = names(&report.components, &ReportedFlag::Is(false));
    against.extend(report.unhealthy.iter().map(|text| brief(text)));
    against.extend(report.errors.iter().map(|error| format!("error {}", brief(error))));
    against
}

/// Whether the report is not ready although all of its components are, without any other reason.
fn is_unexplained(report: &Readiness) -> bool {
    let components = &report.components;
    let has_queue_warning =
        report.queue.as_ref().is_some_and(|queue| queue.warning == ReportedFlag::Is(true));
    !components.is_empty()
        && components.iter().all(|component| component.ok == ReportedFlag::Is(true))
        && !has_queue_warning
        && report.errors.is_empty()
        && report.unhealthy.is_empty()
}

/// Returns the components with this flag, as `db: false`.
fn names(components: &[Component], flag: &ReportedFlag) -> Vec<String> {
    let value = *flag == ReportedFlag::Is(true);
    let matching = components.iter().filter(|component| component.ok == *flag);
    matching.map(|component| format!("{}: {value}", component.name)).collect()
}
