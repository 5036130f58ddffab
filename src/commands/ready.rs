//! `ready`: is the app ready, and which part of it is not?

use crate::checks::service::evaluate_readiness;
use crate::cli::Ready;
use crate::context::Context;
use crate::error::Error;
use crate::facts::Observed;
use crate::facts::service::Readiness;
use crate::report::{self, Report};
use crate::settings::AgeUnit;
use crate::sources::http::app;

/// Asks readyz once and judges.
pub async fn run(context: &Context, args: &Ready) -> Result<Report, Error> {
    // Not knowing where to ask is a matter of configuration, not a verdict on the app.
    context.http()?;
    let readiness = observe(context, args.admin).await;
    let limits = &context.settings.limits;
    let findings = evaluate_readiness(&readiness, limits);
    let fail_on = args.judging.fail_on;
    Ok(report::ready::report(&readiness, findings, fail_on, &context.provenance()))
}

/// Asks readyz, or the report for operators.
pub async fn observe(context: &Context, admin: bool) -> Observed<Readiness> {
    let source = if admin { app::ADMIN_READYZ } else { app::READYZ };
    let asking = async {
        let (http, budget) = (context.http()?, context.remaining());
        match admin {
            true => app::admin_readiness(http, budget).await,
            false => app::readiness(http, budget).await,
        }
    };
    let mut seen = context.observe(source, asking).await;
    if let Ok(Readiness { queue: Some(queue), .. }) = &mut seen.result {
        let unit = context.settings.oldest_job_age_unit.as_ref();
        queue.age_unit = unit.map(|unit| match unit.value {
            AgeUnit::Seconds => 1.0,
            AgeUnit::Milliseconds => 1e-3,
        });
    }
    seen
}
