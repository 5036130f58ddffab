//! Checks of the app over HTTP: `/api/healthz` (runbook section 3.1) and `/api/readyz` with its
//! components (section 3.2).

mod agreement;
mod app_up;
mod part;
mod queue;
mod ready_ok;

use super::Check;
use crate::facts::service::{Health, Readiness};
use crate::facts::{Finding, Observed, Section, SourceErrorKind, Status, Thresholds};

/// The checks of `/api/healthz`.
pub const HEALTH: [&Check<Observed<Health>>; 1] = [&app_up::APP_UP];

/// The checks of `/api/readyz` and `/api/admin/readyz`, in display order.
pub const READINESS: [&Check<Observed<Readiness>>; 10] = [
    &ready_ok::READY_OK,
    &agreement::AGREEMENT,
    &part::DB,
    &part::WORKER,
    &queue::QUEUE,
    &part::FFMPEG,
    &part::ENV,
    &part::STRIPE,
    &part::SENTRY,
    &part::OTHER,
];

/// Evaluates the readiness report. If the app does not answer, the findings point to section 3.1.
pub(crate) fn evaluate_readiness(
    observed: &Observed<Readiness>,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    use SourceErrorKind::{Disconnected, Dns, Refused, Timeout, Tls, Undeployed};
    let findings = READINESS.iter().flat_map(|check| check.run(observed, thresholds));
    match observed.error().map(|error| error.kind) {
        Some(Refused | Dns | Tls | Timeout | Disconnected | Undeployed) => {
            findings.map(|finding| finding.of_section(Section::AppDown)).collect()
        }
        _ => findings.collect(),
    }
}

/// Returns the status of a failed request to healthz.
///
/// CRITICAL if users are affected as well: the connection fails or the app sends a malformed answer.
/// UNKNOWN if the app answered with success but not with a report, something else answered in its place, or this tool
/// has no permission.
fn health_error_status(kind: SourceErrorKind) -> Status {
    use SourceErrorKind::{
        Authentication, Disconnected, Dns, Hidden, Intercepted, InvalidSetting, Malformed,
        NotConfigured, NotFound, Other, Permission, Proxy, RateLimited, Refused, Stale, Timeout,
        Tls, Unavailable, Undeployed, UnknownLayout, Unrecognized,
    };
    match kind {
        Refused | Dns | Tls | Timeout | Disconnected | Unavailable | Undeployed | Malformed => {
            Status::Critical
        }
        NotConfigured | InvalidSetting | Authentication | Permission | Hidden | NotFound
        | UnknownLayout | Unrecognized | Intercepted | Proxy | Stale | RateLimited | Other => {
            Status::Unknown
        }
    }
}

/// Returns the status of a failed request to readyz.
///
/// CRITICAL if the connection is refused, the app reports that it is unavailable or the platform has no
/// such app, otherwise UNKNOWN: whether the app can be reached is the result of healthz.
fn readiness_error_status(kind: SourceErrorKind) -> Status {
    use SourceErrorKind::{Refused, Unavailable, Undeployed};
    match kind {
        Refused | Unavailable | Undeployed => Status::Critical,
        _ => Status::Unknown,
    }
}

/// Formats the retries before an answer: a part of the servers may fail. Empty if there were none.
fn after_retries(retries: u32) -> String {
    match retries {
        0 => String::new(),
        1 => ", on the second attempt".to_owned(),
        n => format!(", after {n} retries"),
    }
}

/// Returns the first 160 characters of external text, on one line.
fn brief(text: &str) -> String {
    const MAX_CHARS: usize = 160;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
