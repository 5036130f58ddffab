//! `ready.*`: the components of the readiness report.

use super::brief;
use crate::checks::Check;
use crate::checks::next;
use crate::facts::Suggestion;
use crate::facts::service::{Component, Readiness, ReadinessFormat, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

type ReadyCheck = Check<Observed<Readiness>>;

/// Returns a check of one component, or of all components without a check of their own.
const fn component_check(
    id: &'static str,
    title: &'static str,
    evaluate: fn(&ReadyCheck, &Observed<Readiness>, &Thresholds) -> Vec<Finding>,
) -> ReadyCheck {
    Check { id, title, section: Section::NotReady, evaluate }
}

/// Check of the database component.
pub(crate) const DB: ReadyCheck =
    component_check("ready.db", "the app reaches its database", required);
/// Check of the worker component.
pub(crate) const WORKER: ReadyCheck =
    component_check("ready.worker", "workers are active", required);
/// Check of the ffmpeg component.
pub(crate) const FFMPEG: ReadyCheck =
    component_check("ready.ffmpeg", "ffmpeg is available", required);
/// Check of the component for the environment variables of the app.
pub(crate) const ENV: ReadyCheck =
    component_check("ready.env", "the app's environment is complete", reported);
/// Check of the payment component.
pub(crate) const STRIPE: ReadyCheck =
    component_check("ready.stripe", "payments are configured", reported);
/// Check of the error reporting component.
pub(crate) const SENTRY: ReadyCheck =
    component_check("ready.sentry", "error reporting is configured", reported);
/// Check of all components without a check of their own.
pub(crate) const OTHER: ReadyCheck =
    component_check("ready.other", "other components are ok", others);

/// The components with checks of their own.
const NAMED: [&str; 7] = ["db", "worker", "queue", "ffmpeg", "env", "stripe", "sentry"];

/// Evaluates a component that every report should contain. If it is missing, the result is UNKNOWN.
fn required(check: &ReadyCheck, observed: &Observed<Readiness>, _: &Thresholds) -> Vec<Finding> {
    let name = name_of(check);
    match &observed.result {
        Ok(report) => {
            let findings = evaluate_named(check, observed, report);
            if findings.is_empty() {
                unmentioned(check, report, name).into_iter().collect()
            } else {
                findings
            }
        }
        Err(_) => vec![blocked(check, name)],
    }
}

/// Evaluates every component with the name of this check.
fn evaluate_named(
    check: &ReadyCheck,
    observed: &Observed<Readiness>,
    report: &Readiness,
) -> Vec<Finding> {
    let components = report.components_named(name_of(check));
    components.map(|component| evaluate_component(check, observed, report, component)).collect()
}

/// Evaluates an optional component. If it is missing, there is no finding.
fn reported(check: &ReadyCheck, observed: &Observed<Readiness>, _: &Thresholds) -> Vec<Finding> {
    observed.value().map(|report| evaluate_named(check, observed, report)).unwrap_or_default()
}

/// Evaluates the components without a check of their own.
fn others(check: &ReadyCheck, observed: &Observed<Readiness>, _: &Thresholds) -> Vec<Finding> {
    let Ok(report) = &observed.result else { return vec![] };
    let unknown = report.components.iter().filter(|c| !NAMED.contains(&c.name.as_str()));
    unknown.map(|component| evaluate_component(check, observed, report, component)).collect()
}

/// Returns the name of the component in reports: the part of the check id after the dot.
fn name_of(check: &ReadyCheck) -> &'static str {
    check.id.split_once('.').map_or(check.id, |(_, name)| name)
}

/// Returns a SKIPPED finding for a component if there is no readiness report.
pub(crate) fn blocked(check: &ReadyCheck, name: &str) -> Finding {
    let status = Status::Skipped { blocked_by: super::ready_ok::READY_OK.id };
    check.finding(status, name, "no readiness report")
}

/// Returns an UNKNOWN finding for a component that the report should contain and does not. `None` if the
/// context ignores the component, or if reports of this format say themselves what they contain.
pub(crate) fn unmentioned(check: &ReadyCheck, report: &Readiness, name: &str) -> Option<Finding> {
    if report.is_ignored(name) || report.format.lists_its_components() {
        return None;
    }
    if report.format == ReadinessFormat::Failure {
        return Some(blocked(check, name));
    }
    let message = format!("the app's report does not contain {name}");
    let finding = check.finding(Status::Unknown, name, message);
    // No command of this tool shows the state of ffmpeg on the app's machine.
    Some(if name == "ffmpeg" { finding } else { finding.next_step(next_step(name)) })
}

/// Evaluates a component. `ok: false` is CRITICAL; it is a WARNING if the overall result is `ok: true`,
/// and for a worker without a reason, because one version of the app always reports that.
pub(crate) fn evaluate_component(
    check: &ReadyCheck,
    observed: &Observed<Readiness>,
    report: &Readiness,
    component: &Component,
) -> Finding {
    let name = component.name.as_str();
    let (status, message) = match &component.ok {
        ReportedFlag::Is(true) => {
            (Status::Ok, component_text(component).unwrap_or_else(|| "ok".to_owned()))
        }
        ReportedFlag::Is(false) => {
            let text = component_text(component);
            let is_explained = name != "worker" || text.is_some();
            let text = text.unwrap_or_else(|| "reported as not ok, without a reason".to_owned());
            if report.ok == ReportedFlag::Is(true) {
                (Status::Warning, format!("{text} (while the app reports that it is ready)"))
            } else if is_explained {
                (Status::Critical, text)
            } else {
                (Status::Warning, text)
            }
        }
        ReportedFlag::Degraded => {
            (Status::Warning, component_text(component).unwrap_or_else(|| "degraded".to_owned()))
        }
        ReportedFlag::Absent => {
            (Status::Unknown, format!("the app's report on {name} has no status"))
        }
        ReportedFlag::Malformed(problem) => (Status::Unknown, problem.clone()),
    };
    let mut finding = check.finding(status, name, message);
    if let ReportedFlag::Is(ok) = component.ok {
        finding = finding.evidence(Evidence::flag(ok, observed.at, &observed.source));
    }
    if status == Status::Ok { finding } else { finding.next_step(next_step(name)) }
}

/// Formats the message of a component and what it reports as missing.
fn component_text(component: &Component) -> Option<String> {
    let missing = component.details.iter().filter(|(name, _)| name.starts_with("missing"));
    let texts: Vec<_> = component
        .message
        .iter()
        .map(|message| brief(message))
        .chain(missing.map(|(_, value)| format!("missing: {}", brief(value))))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// Returns the step that shows more about a component.
fn next_step(name: &str) -> Suggestion {
    match name {
        "db" | "worker" | "queue" => next::QUEUE,
        // The app reports ffmpeg as failing if there are too many dead letters.
        "ffmpeg" => next::GROUPS,
        // The report is about the deployment. A local template or schema may not exist or may differ.
        "env" | "stripe" | "sentry" => Suggestion::runbook(Section::Environment),
        _ => Suggestion::of_section(ShellCommand::new("ready --admin"), Section::NotReady),
    }
}
