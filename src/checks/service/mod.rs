//! What the app says about itself: is it up, is it ready, and which part is not?

mod agreement;
mod app_up;
mod part;
mod queue;
mod ready_ok;

use super::Check;
use crate::facts::service::{Health, Readiness};
use crate::facts::{Finding, Observed, Section, SourceErrorKind, Status, Thresholds};

/// Every check on `/api/healthz`.
pub const HEALTH: [&Check<Observed<Health>>; 1] = [&app_up::APP_UP];

/// Every check on `/api/readyz` and `/api/admin/readyz`.
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

/// Judges readyz by itself. Where nobody answers at all, that is the matter of another section.
#[must_use]
pub fn evaluate_readiness(seen: &Observed<Readiness>, limits: &Thresholds) -> Vec<Finding> {
    use SourceErrorKind::{Disconnected, Dns, Refused, Timeout, Tls};
    let findings = READINESS.iter().flat_map(|check| check.run(seen, limits));
    match seen.error().map(|error| error.kind) {
        Some(Refused | Dns | Tls | Timeout | Disconnected) => {
            findings.map(|finding| Finding { section: Section::AppDown, ..finding }).collect()
        }
        _ => findings.collect(),
    }
}

/// How bad it is that healthz gives no report.
///
/// CRITICAL where users would meet the same wall: nothing listens, nothing answers, or the app
/// answers nonsense. UNKNOWN where somebody else answered in its place or we may not look.
fn no_health_report(kind: SourceErrorKind) -> Status {
    use SourceErrorKind::{
        Authentication, Disconnected, Dns, Hidden, Intercepted, Malformed, NotConfigured, NotFound,
        Other, Permission, RateLimited, Refused, Timeout, Tls, Unavailable, UnknownLayout,
    };
    match kind {
        Refused | Dns | Tls | Timeout | Disconnected | Unavailable | Malformed => Status::Critical,
        NotConfigured | Authentication | Permission | Hidden | NotFound | UnknownLayout
        | Intercepted | RateLimited | Other => Status::Unknown,
    }
}

/// How bad it is that readyz gives no report: "not ready" in so many words is CRITICAL, all else
/// is not knowing. Whether the app is reachable at all is for healthz to say.
fn no_readiness_report(kind: SourceErrorKind) -> Status {
    match kind {
        SourceErrorKind::Refused | SourceErrorKind::Unavailable => Status::Critical,
        _ => Status::Unknown,
    }
}

/// The beginning of a foreign text, on one line.
fn brief(text: &str) -> String {
    const LENGTH: usize = 160;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests;
