//! `health`

use crate::cli::Judging;
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;

/// Not there yet.
pub async fn run(_: &Context, _: &Judging) -> Result<Report, Error> {
    Err(Error::bug("not there yet"))
}
