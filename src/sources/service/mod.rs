//! The app's own reports: `/api/healthz`, `/api/readyz`, `/api/admin/readyz`.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::http::Http;
use crate::facts::Observed;
use crate::facts::service::{Health, Readiness};

mod health;
mod json;
mod readiness;

/// Liveness.
pub const HEALTHZ: &str = "/api/healthz";
/// Readiness.
pub const READYZ: &str = "/api/readyz";
/// Readiness with the details that operators may see.
pub const ADMIN_READYZ: &str = "/api/admin/readyz";

/// Asks whether the app is up. `at` is the time now; the budget includes retries.
pub async fn health(http: &Http, at: Timestamp, budget: Duration) -> Observed<Health> {
    let began = Instant::now();
    let answer = http.get(HEALTHZ, budget).await;
    let result = answer.and_then(|answer| health::parse(&answer.report()?, answer.exchange));
    Observed { source: HEALTHZ.to_owned(), at, took: began.elapsed(), result }
}

/// Asks whether the app is ready. `at` is the time now; the budget includes retries.
pub async fn readiness(
    http: &Http,
    admin: bool,
    at: Timestamp,
    budget: Duration,
) -> Observed<Readiness> {
    let began = Instant::now();
    let (source, answer) = if admin {
        (ADMIN_READYZ, http.get_as_admin(ADMIN_READYZ, budget).await)
    } else {
        (READYZ, http.get(READYZ, budget).await)
    };
    let result = answer.and_then(|answer| readiness::parse(&answer.report()?, answer.exchange));
    Observed { source: source.to_owned(), at, took: began.elapsed(), result }
}
