//! Reports of the app: requests `/api/healthz`, `/api/readyz` and `/api/admin/readyz` and parses
//! the JSON.

use std::time::Duration;

use crate::facts::SourceError;
use crate::facts::service::{Health, Readiness};
use crate::sources::http::Http;

mod health;
mod json;
mod readiness;

/// Path of the health report.
pub(crate) const HEALTHZ: &str = "/api/healthz";
/// Path of the readiness report.
pub(crate) const READYZ: &str = "/api/readyz";
/// Path of the readiness report with details for operators.
pub(crate) const ADMIN_READYZ: &str = "/api/admin/readyz";

/// Reads the health report. `budget` includes retries.
pub async fn health(http: &Http, budget: Duration) -> Result<Health, SourceError> {
    let response = http.get(HEALTHZ, budget).await?;
    health::parse(&response.report()?, response.exchange)
}

/// Reads the readiness report. `budget` includes retries.
pub async fn readiness(http: &Http, budget: Duration) -> Result<Readiness, SourceError> {
    let response = http.get(READYZ, budget).await?;
    readiness::parse(&response.report()?, response.exchange)
}

/// Reads the readiness report for operators, with the admin token if one is configured.
pub async fn admin_readiness(http: &Http, budget: Duration) -> Result<Readiness, SourceError> {
    let response = http.get_as_admin(ADMIN_READYZ, budget).await?;
    readiness::parse(&response.report()?, response.exchange)
}
