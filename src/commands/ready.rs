//! `ready`

use crate::cli::Ready;
use crate::context::Context;
use crate::error::Error;
use crate::report::Report;

/// Not there yet.
pub async fn run(_: &Context, _: &Ready) -> Result<Report, Error> {
    Err(Error::bug("not there yet"))
}
