//! `rls audit`: where declared, granted and observed access disagree.

use super::gather;
use crate::checks::rls::judge;
use crate::cli::RlsAudit;
use crate::context::Context;
use crate::error::Error;
use crate::report::{self, Report};

/// Gathers, judges, reports.
pub async fn run(context: &Context, args: &RlsAudit) -> Result<Report, Error> {
    let audit = gather(context, &args.scope, None).await?;
    let findings = judge(&audit, &context.settings.limits);
    let from = context.provenance();
    Ok(report::rls::audit::report(&audit, findings, args.judging.fail_on, &args.scope.role, &from))
}
