//! The app's own reports: `/api/healthz`, `/api/readyz`, `/api/admin/readyz`.

use std::time::Duration;

use crate::facts::SourceError;
use crate::facts::service::{Health, Readiness};
use crate::sources::http::Http;

mod health;
mod json;
mod readiness;

/// Liveness.
pub const HEALTHZ: &str = "/api/healthz";
/// Readiness.
pub const READYZ: &str = "/api/readyz";
/// Readiness with the details that operators may see.
pub const ADMIN_READYZ: &str = "/api/admin/readyz";

/// Asks whether the app is up, within the budget, retries included.
pub async fn health(http: &Http, budget: Duration) -> Result<Health, SourceError> {
    let answer = http.get(HEALTHZ, budget).await?;
    health::parse(&answer.report()?, answer.exchange)
}

/// Asks whether the app is ready, within the budget, retries included.
pub async fn readiness(http: &Http, budget: Duration) -> Result<Readiness, SourceError> {
    let answer = http.get(READYZ, budget).await?;
    readiness::parse(&answer.report()?, answer.exchange)
}

/// Asks for the report that operators may see, with the admin token where there is one.
pub async fn admin_readiness(http: &Http, budget: Duration) -> Result<Readiness, SourceError> {
    let answer = http.get_as_admin(ADMIN_READYZ, budget).await?;
    readiness::parse(&answer.report()?, answer.exchange)
}
