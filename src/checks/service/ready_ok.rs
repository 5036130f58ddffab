//! `ready.ok`: the overall result of the readiness report.

use super::{after_retries, brief, readiness_error_status};
use crate::checks::Check;
use crate::checks::next;
use crate::facts::Suggestion;
use crate::facts::service::{Component, Readiness, ReportedFlag};
use crate::facts::{
    Evidence, Finding, Observed, Section, SourceError, SourceErrorKind, Status, Thresholds,
};
use crate::suggest::ShellCommand;

/// Check that the app reports that it is ready. CRITICAL if it reports the opposite, UNKNOWN if the
/// report has no result.
pub(crate) const READY_OK: Check<Observed<Readiness>> =
    Check { id: "ready.ok", title: "the app is ready", section: Section::NotReady, evaluate };

/// The subject of its findings.
const SUBJECT: &str = "ready";
/// The components that can make the app not ready without being in its report: the version that the
/// runbook describes counts them and does not report them.
const HIDDEN: [&str; 3] = ["env", "stripe", "sentry"];

/// Checks the environment of the process that runs it.
const CHECK_PROCESS: ShellCommand = ShellCommand::new("env check --process");

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
        ReportedFlag::Is(true) => {
            (Status::Ok, format!("ready{}", after_retries(report.exchange.retries)))
        }
        ReportedFlag::Is(false) => (Status::Critical, not_ready(report)),
        ReportedFlag::Degraded if http_status >= 500 => (Status::Critical, not_ready(report)),
        ReportedFlag::Degraded => (Status::Warning, "reported as degraded".to_owned()),
        ReportedFlag::Absent if http_status >= 500 => (Status::Critical, not_ready(report)),
        ReportedFlag::Malformed(problem) if http_status >= 500 => {
            (Status::Critical, format!("HTTP {http_status}: {problem}"))
        }
        ReportedFlag::Absent => (Status::Unknown, "the report has no status of its own".to_owned()),
        ReportedFlag::Malformed(problem) => (Status::Unknown, problem.clone()),
    };
    let mut finding = check.finding(status, SUBJECT, message);
    if let ReportedFlag::Is(ok) = report.ok {
        finding = finding.evidence(Evidence::flag(ok, observed.at, &observed.source));
    }
    if status != Status::Ok {
        finding = finding.next_step(next_step(check, report));
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
    use SourceErrorKind::{
        Authentication, Intercepted, InvalidSetting, NotConfigured, NotFound, Permission, Proxy,
        Timeout, Unrecognized,
    };
    let next = match error.kind {
        // What answered, or did not get through, depends on the settings.
        Authentication | Intercepted | InvalidSetting | NotConfigured | NotFound | Permission
        | Proxy | Unrecognized => next::CONFIG_SHOW,
        // The app accepts connections; healthz may answer.
        Timeout => Suggestion::runbook(check.section),
        _ => Suggestion::of_section(ShellCommand::new("health"), check.section),
    };
    check
        .finding(readiness_error_status(error.kind), SUBJECT, &error.message)
        .evidence(Evidence::text(error.kind.as_str(), observed.at, &observed.source))
        .next_step(next)
}

/// Formats the reasons that the report gives for not being ready, or says that it gives none.
fn not_ready(report: &Readiness) -> String {
    let failing: Vec<_> =
        report.components.iter().filter(|c| explains(c)).map(|c| c.name.as_str()).collect();
    let has_queue_warning =
        report.queue.as_ref().is_some_and(|queue| queue.warning == ReportedFlag::Is(true));
    let reasons: Vec<_> = report.errors.iter().chain(&report.unhealthy).map(|r| brief(r)).collect();
    let error = reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    if report.fatal {
        format!("the app could not build its report{error}")
    } else if !failing.is_empty() {
        format!("not ready, failing: {}{error}", failing.join(", "))
    } else if has_queue_warning {
        format!("not ready: all components are up, but queue reports a warning{error}")
    } else if reasons.is_empty() {
        unexplained(report)
    } else {
        format!("not ready{error}")
    }
}

/// Whether a component is a reason for not being ready. A worker without a message is none: one version
/// of the app always reports it as not ok.
fn explains(component: &Component) -> bool {
    component.ok == ReportedFlag::Is(false)
        && (component.name != "worker"
            || component.message.is_some()
            || !component.details.is_empty())
}

/// Formats a report that is not ready and does not say why.
fn unexplained(report: &Readiness) -> String {
    let components = &report.components;
    let is_healthy = !components.is_empty()
        && components.iter().all(|component| component.ok == ReportedFlag::Is(true));
    let what = match is_healthy {
        true => "not ready, although all components are ok",
        false => "not ready, and the report does not say why",
    };
    match hidden_causes(report).join(", ") {
        hidden if hidden.is_empty() => what.to_owned(),
        hidden => format!(
            "{what}: the cause may be a component that is not in the report ({hidden}); on the server run {}",
            CHECK_PROCESS
        ),
    }
}

/// Returns the components that count for the app and are not in its report.
fn hidden_causes(report: &Readiness) -> Vec<&'static str> {
    if report.format.lists_its_components() {
        return vec![];
    }
    HIDDEN.into_iter().filter(|name| report.component(name).is_none()).collect()
}

/// Returns the next step: the environment for a report that hides its causes; else the admin report,
/// or the runbook if this is the admin report.
fn next_step(check: &Check<Observed<Readiness>>, report: &Readiness) -> Suggestion {
    let is_unexplained = report.ok == ReportedFlag::Is(false)
        && !report.fatal
        && !report.components.iter().any(explains)
        && report.errors.is_empty()
        && report.unhealthy.is_empty()
        && !report.queue.as_ref().is_some_and(|q| q.warning == ReportedFlag::Is(true))
        && !hidden_causes(report).is_empty();
    let command = match is_unexplained {
        true => CHECK_PROCESS,
        false if report.is_for_operators => return Suggestion::runbook(check.section),
        false => ShellCommand::new("ready --admin"),
    };
    Suggestion::of_section(command, check.section)
}
