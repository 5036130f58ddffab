//! `rls diff`: compares the access of two saved reports. Connects to no database.

use crate::checks::access_diff::ALL;
use crate::cli::RlsDiff;
use crate::error::Error;
use crate::facts::Thresholds;
use crate::report::{self, Report};
use crate::sources::files::access_report;

/// Reads and compares two reports.
///
/// # Errors
/// The error of a file that is not a report, or if the reports are of different commands.
pub(crate) fn run(args: &RlsDiff) -> Result<Report, Error> {
    let pair = access_report::read(&args.old, &args.new)?;
    let limits = Thresholds::default();
    let findings = ALL.iter().flat_map(|check| check.run(&pair, &limits)).collect();
    Ok(report::rls::diff::report(&pair, findings, args.status_args.fail_on).redacted())
}
