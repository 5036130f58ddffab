//! `rls matrix`: the expected, computed and tested access by table, role and command.

use super::gather;
use crate::cli::RlsScope;
use crate::context::Context;
use crate::error::Error;
use crate::report::{self, Report};

/// Gathers the access and reports every cell.
pub(crate) async fn run(context: &Context, args: &RlsScope) -> Result<Report, Error> {
    let audit = gather(context, args, None).await?;
    Ok(report::rls::matrix::report(&audit, &args.flags(), &context.provenance()).redacted())
}
