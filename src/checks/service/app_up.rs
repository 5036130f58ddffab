//! Is the app up?

use super::{brief, no_health_report};
use crate::checks::{Check, compare, limit_text};
use crate::facts::service::Health;
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};

/// CRITICAL when healthz cannot be reached, fails or answers nonsense; WARNING when it is slow.
pub const APP_UP: Check<Observed<Health>> =
    Check { id: "app.up", title: "the app answers", section: Section::AppDown, evaluate };

/// The subject of its findings.
const SUBJECT: &str = "healthz";
/// What is next to do when the app is down: most of it only a human can check.
const NEXT: &str = "cliplyctl runbook 3.1";

fn evaluate(
    check: &Check<Observed<Health>>,
    seen: &Observed<Health>,
    limits: &Thresholds,
) -> Vec<Finding> {
    let finding = match &seen.result {
        Err(error) => {
            let verdict = no_health_report(error.kind);
            let next = match verdict {
                Status::Critical => NEXT,
                _ => "cliplyctl config show",
            };
            check
                .finding(verdict, SUBJECT, &error.message)
                .evidence(Evidence::text(error.kind.as_str(), seen.at, &seen.source))
                .next(next)
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
                .evidence(Evidence::flag(health.ok, seen.at, &seen.source))
                .next(NEXT)
        }
        Ok(health) => latency(check, seen, health, limits),
    };
    vec![finding]
}

fn latency(
    check: &Check<Observed<Health>>,
    seen: &Observed<Health>,
    health: &Health,
    limits: &Thresholds,
) -> Finding {
    let ms = health.exchange.latency.first_byte.as_secs_f64() * 1e3;
    let verdict = compare(ms, limits.health_latency);
    let pace = if verdict == Status::Ok { "up" } else { "up, but slow" };
    let retries = match health.exchange.retries {
        0 => String::new(),
        1 => ", at the second attempt".to_owned(),
        n => format!(", after {n} retries"),
    };
    let finding = check
        .finding(verdict, SUBJECT, format!("{pace}: first byte after {ms:.0} ms{retries}"))
        .evidence(Evidence::number(ms, "ms", seen.at, &seen.source))
        .threshold(limit_text(limits.health_latency, "ms"));
    if verdict == Status::Ok { finding } else { finding.next("cliplyctl ready --admin") }
}
