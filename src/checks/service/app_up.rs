//! `app.up`: the answer of healthz.

use super::{after_retries, brief, health_error_status};
use crate::checks::next;
use crate::checks::{Check, compare, threshold_text};
use crate::facts::service::Health;
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};
use crate::facts::{SourceErrorKind, Suggestion};
use crate::suggest::ShellCommand;

/// Check that the app is up. CRITICAL if healthz cannot be reached or fails; WARNING if it is slow;
/// UNKNOWN if it answers with success, but not with a report.
pub(crate) const APP_UP: Check<Observed<Health>> =
    Check { id: "app.up", title: "the app answers", section: Section::AppDown, evaluate };

/// The subject of its findings.
const SUBJECT: &str = "healthz";

fn evaluate(
    check: &Check<Observed<Health>>,
    observed: &Observed<Health>,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let finding = match &observed.result {
        Err(error) => {
            let status = health_error_status(error.kind);
            let next = match status {
                // Most causes need a manual check.
                Status::Critical => Suggestion::runbook(check.section),
                _ => next::CONFIG_SHOW,
            };
            let message = match error.kind {
                SourceErrorKind::Unrecognized => {
                    format!("the app answers, but not with a health report: {}", error.message)
                }
                _ => error.message.clone(),
            };
            check
                .finding(status, SUBJECT, message)
                .evidence(Evidence::text(error.kind.as_str(), observed.at, &observed.source))
                .next_step(next)
        }
        Ok(health) if health.exchange.http_status >= 500 || !health.ok => {
            let error = health.error.as_deref().map(|e| format!(": {}", brief(e)));
            let message = format!(
                "HTTP {} with ok: {}{}",
                health.exchange.http_status,
                health.ok,
                error.unwrap_or_default()
            );
            check
                .finding(Status::Critical, SUBJECT, message)
                .evidence(Evidence::flag(health.ok, observed.at, &observed.source))
                .next_step(Suggestion::runbook(check.section))
        }
        Ok(health) if !health.unhealthy.is_empty() => {
            let message =
                format!("reported as up, but with {}", brief(&health.unhealthy.join(", ")));
            check
                .finding(Status::Warning, SUBJECT, message)
                .evidence(Evidence::flag(health.ok, observed.at, &observed.source))
                .next(ShellCommand::new("ready --admin"))
        }
        Ok(health) => latency(check, observed, health, thresholds),
    };
    vec![finding]
}

fn latency(
    check: &Check<Observed<Health>>,
    observed: &Observed<Health>,
    health: &Health,
    thresholds: &Thresholds,
) -> Finding {
    let ms = health.exchange.latency.first_byte.as_secs_f64() * 1e3;
    let status = compare(ms, thresholds.health_latency);
    let slow = if status == Status::Ok { "" } else { " (slow)" };
    let retries = after_retries(health.exchange.retries);
    let code = health.exchange.http_status;
    let finding = check
        .finding(status, SUBJECT, format!("HTTP {code} in {ms:.0} ms{slow}{retries}"))
        .evidence(Evidence::number(ms, "ms", observed.at, &observed.source))
        .threshold(threshold_text(thresholds.health_latency, "ms"));
    if status == Status::Ok { finding } else { finding.next(ShellCommand::new("ready --admin")) }
}
