//! `ready`: checks that the app is ready, and which components are not.

use super::health::report_request;
use crate::checks::service::evaluate_readiness;
use crate::cli::Ready;
use crate::context::Context;
use crate::error::Error;
use crate::facts::service::Readiness;
use crate::facts::{Observed, SourceError, SourceErrorKind};
use crate::report::{self, Report};
use crate::settings::{AgeUnit, Origin};
use crate::sources::http::app;

/// Requests the readiness report once and evaluates it.
pub(crate) async fn run(context: &Context, args: &Ready) -> Result<Report, Error> {
    // A missing base URL is a configuration error and not a status of the app.
    context.http()?;
    let readiness = observe(context, args.admin).await;
    let limits = &context.settings.thresholds;
    let findings = evaluate_readiness(&readiness, limits);
    let fail_on = args.status_args.fail_on;
    Ok(report::ready::report(&readiness, findings, fail_on, &context.provenance()))
}

/// Requests the readiness report, or with `admin` the one for operators, and applies what the context
/// states: the ignored components and the unit of the oldest job's age.
pub(crate) async fn observe(context: &Context, admin: bool) -> Observed<Readiness> {
    let settings = &context.settings.app;
    let path = if admin { &settings.admin_readyz_path } else { &settings.readyz_path };
    let request = async {
        let (http, request) = (context.http()?, report_request(context, &path.value));
        match admin {
            true => {
                let token = usable_token(context)?;
                app::admin_readiness(http, request, token.map(Origin::to_string)).await
            }
            false => app::readiness(http, request).await,
        }
    };
    let mut readiness = context.observe(&path.value, request).await;
    if let Ok(Readiness { queue: Some(queue), .. }) = &mut readiness.result {
        let unit = context.settings.oldest_job_age_unit.as_ref();
        queue.age_unit = unit.map(|unit| match unit.value {
            AgeUnit::Seconds => 1.0,
            AgeUnit::Milliseconds => 1e-3,
        });
    }
    readiness
}

/// Returns the source of the admin token, or none if none is configured.
///
/// # Errors
/// If a token is configured and cannot be used: a request without it would only be refused.
fn usable_token(context: &Context) -> Result<Option<&Origin>, SourceError> {
    match &context.settings.admin_token {
        Ok(token) => Ok(Some(&token.origin)),
        Err(error) if error.kind == SourceErrorKind::NotConfigured => Ok(None),
        Err(error) => Err(error.clone()),
    }
}
