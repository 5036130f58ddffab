//! `health`: is the app up?

use crate::checks::service::HEALTH;
use crate::cli::FailOnArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::Observed;
use crate::facts::service::Health;
use crate::report::{self, Report};
use crate::sources::http::app;

/// Asks healthz once and judges.
pub async fn run(context: &Context, args: &FailOnArgs) -> Result<Report, Error> {
    // Not knowing where to ask is a matter of configuration, not a verdict on the app.
    context.http()?;
    let health = observe(context).await;
    let limits = &context.settings.limits;
    let findings = HEALTH.iter().flat_map(|check| check.run(&health, limits)).collect();
    Ok(report::health::report(&health, findings, args.fail_on, &context.provenance()))
}

/// Asks healthz.
pub async fn observe(context: &Context) -> Observed<Health> {
    let asking = async { app::health(context.http()?, context.remaining()).await };
    context.observe(app::HEALTHZ, asking).await
}
