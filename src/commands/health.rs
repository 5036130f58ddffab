//! `health`: checks that the app is up.

use crate::checks::service::HEALTH;
use crate::cli::FailOnArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::Observed;
use crate::facts::service::Health;
use crate::report::{self, Report};
use crate::sources::http::app;

/// Requests `/api/healthz` once and evaluates the response.
pub(crate) async fn run(context: &Context, args: &FailOnArgs) -> Result<Report, Error> {
    // A missing base URL is a configuration error and not a status of the app.
    context.http()?;
    let health = observe(context).await;
    let limits = &context.settings.thresholds;
    let findings = HEALTH.iter().flat_map(|check| check.run(&health, limits)).collect();
    Ok(report::health::report(&health, findings, args.fail_on, &context.provenance()))
}

/// Requests `/api/healthz`.
pub(crate) async fn observe(context: &Context) -> Observed<Health> {
    let request = async { app::health(context.http()?, context.remaining()).await };
    context.observe(app::HEALTHZ, request).await
}
