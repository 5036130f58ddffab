//! `health`: checks that the app is up.

use crate::checks::service::HEALTH;
use crate::cli::FailOnArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::Observed;
use crate::facts::service::Health;
use crate::report::{self, Report};
use crate::sources::http::Freshness;
use crate::sources::http::app::{self, ReportRequest};

/// Requests the health report once and evaluates the response.
pub(crate) async fn run(context: &Context, args: &FailOnArgs) -> Result<Report, Error> {
    // A missing base URL is a configuration error and not a status of the app.
    context.http()?;
    let health = observe(context).await;
    let limits = &context.settings.thresholds;
    let findings = HEALTH.iter().flat_map(|check| check.run(&health, limits)).collect();
    Ok(report::health::report(&health, findings, args.fail_on, &context.provenance()))
}

/// Requests the health report.
pub(crate) async fn observe(context: &Context) -> Observed<Health> {
    let path = &context.settings.app.healthz_path.value;
    let request = async { app::health(context.http()?, report_request(context, path)).await };
    context.observe(path, request).await
}

/// Returns a request for the report at this path.
pub(crate) fn report_request<'a>(context: &'a Context, path: &'a str) -> ReportRequest<'a> {
    let settings = &context.settings.app;
    let freshness = Freshness { max_age: settings.max_answer_age.value, now: context.now() };
    let ignored = &settings.ignored_components.value;
    ReportRequest { path, budget: context.remaining(), freshness, ignored }
}
