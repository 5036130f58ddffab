//! Is each part of the app well, as the readiness report tells?

use super::brief;
use crate::checks::Check;
use crate::facts::service::{Component, Readiness, ReadinessFormat, ReportedFlag};
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};

type ReadyCheck = Check<Observed<Readiness>>;

const fn part(
    id: &'static str,
    title: &'static str,
    evaluate: fn(&ReadyCheck, &Observed<Readiness>, &Thresholds) -> Vec<Finding>,
) -> ReadyCheck {
    Check { id, title, section: Section::NotReady, evaluate }
}

/// The app reaches its database.
pub const DB: ReadyCheck = part("ready.db", "the app reaches its database", required);
/// Workers are alive, as the app sees them.
pub const WORKER: ReadyCheck = part("ready.worker", "workers are alive", required);
/// ffmpeg is there.
pub const FFMPEG: ReadyCheck = part("ready.ffmpeg", "ffmpeg is there", required);
/// The app's environment is complete.
pub const ENV: ReadyCheck = part("ready.env", "the app's environment is complete", reported);
/// Payments are set up.
pub const STRIPE: ReadyCheck = part("ready.stripe", "payments are set up", reported);
/// Error reporting is set up.
pub const SENTRY: ReadyCheck = part("ready.sentry", "error reporting is set up", reported);
/// Parts that this tool does not know by name.
pub const OTHER: ReadyCheck = part("ready.other", "further parts of the report are well", others);

/// The parts with checks of their own.
const NAMED: [&str; 7] = ["db", "worker", "queue", "ffmpeg", "env", "stripe", "sentry"];

/// A part that every report should speak of: silence is not knowing.
fn required(check: &ReadyCheck, seen: &Observed<Readiness>, _: &Thresholds) -> Vec<Finding> {
    let name = name_of(check);
    match &seen.result {
        Ok(report) => vec![match report.component(name) {
            Some(component) => evaluate_component(check, seen, report, component),
            None => unmentioned(check, report, name),
        }],
        Err(_) => vec![blocked(check, name)],
    }
}

/// A part that some reports speak of.
fn reported(check: &ReadyCheck, seen: &Observed<Readiness>, _: &Thresholds) -> Vec<Finding> {
    let report = seen.value();
    let component = report.and_then(|report| Some((report, report.component(name_of(check))?)));
    component.map(|(report, c)| evaluate_component(check, seen, report, c)).into_iter().collect()
}

fn others(check: &ReadyCheck, seen: &Observed<Readiness>, _: &Thresholds) -> Vec<Finding> {
    let Ok(report) = &seen.result else { return vec![] };
    let unknown = report.components.iter().filter(|c| !NAMED.contains(&c.name.as_str()));
    unknown.map(|component| evaluate_component(check, seen, report, component)).collect()
}

/// The name of the part in reports: the id after its dot.
fn name_of(check: &ReadyCheck) -> &'static str {
    check.id.split_once('.').map_or(check.id, |(_, name)| name)
}

/// There is no report to look into.
pub fn blocked(check: &ReadyCheck, name: &str) -> Finding {
    let verdict = Status::Skipped { blocked_by: super::ready_ok::READY_OK.id };
    check.finding(verdict, name, "no readiness report to look into")
}

/// The report is silent about this part.
pub fn unmentioned(check: &ReadyCheck, report: &Readiness, name: &str) -> Finding {
    if report.format == ReadinessFormat::Failure {
        return blocked(check, name);
    }
    let message = format!("the app's report does not speak of {name}");
    let finding = check.finding(Status::Unknown, name, message);
    // The database tells of the rest; only the app's machine knows of ffmpeg.
    if name == "ffmpeg" { finding } else { finding.next(next(name)) }
}

/// A part that says `ok: false` is CRITICAL, unless the server's own verdict contradicts it.
pub fn evaluate_component(
    check: &ReadyCheck,
    seen: &Observed<Readiness>,
    report: &Readiness,
    component: &Component,
) -> Finding {
    let name = component.name.as_str();
    let (verdict, message) = match &component.ok {
        ReportedFlag::Is(true) => (Status::Ok, said(component).unwrap_or_else(|| "ok".to_owned())),
        ReportedFlag::Is(false) => {
            let said = said(component).unwrap_or_else(|| "reported as not ok".to_owned());
            if report.ok == ReportedFlag::Is(true) {
                (Status::Warning, format!("{said} (while the server says ok: true)"))
            } else {
                (Status::Critical, said)
            }
        }
        ReportedFlag::Absent => {
            (Status::Unknown, format!("the app's report on {name} has no verdict"))
        }
        ReportedFlag::Malformed(what) => (Status::Unknown, what.clone()),
    };
    let mut finding = check.finding(verdict, name, message);
    if let ReportedFlag::Is(ok) = component.ok {
        finding = finding.evidence(Evidence::flag(ok, seen.at, &seen.source));
    }
    if verdict == Status::Ok { finding } else { finding.next(next(name)) }
}

/// The server's words about a part: its message, what is missing.
fn said(component: &Component) -> Option<String> {
    let missing = component.details.iter().filter(|(name, _)| name.starts_with("missing"));
    let texts: Vec<_> = component
        .message
        .iter()
        .map(|message| brief(message))
        .chain(missing.map(|(_, value)| format!("missing: {}", brief(value))))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// What tells more about a part.
fn next(name: &str) -> &'static str {
    match name {
        "db" | "worker" | "queue" => "cliplyctl queue",
        // Too many dead letters turn ffmpeg red as well.
        "ffmpeg" => "cliplyctl dlq groups",
        // What is deployed is meant: a template and a schema need not lie here.
        "env" | "stripe" | "sentry" => "cliplyctl runbook 4.1",
        _ => "cliplyctl ready --admin",
    }
}
