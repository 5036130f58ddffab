//! `rls matrix`: table × role × command, declared, predicted and observed.

use super::gather;
use crate::cli::RlsScope;
use crate::context::Context;
use crate::error::Error;
use crate::report::{self, Report};

/// Gathers and shows every cell.
pub async fn run(context: &Context, args: &RlsScope) -> Result<Report, Error> {
    let audit = gather(context, args, None).await?;
    Ok(report::rls::matrix::report(&audit, &args.flags(), &context.provenance()))
}
