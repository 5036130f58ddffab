//! Whether attempts are counted at the claim or at the failure, as the jobs show it. An application that claims without a
//! function of the database leaves no other sign.

use std::time::Duration;

use super::Database;
use super::queue::SCAN_BUDGET;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Counting, Layout, Lifecycle, sql};

/// Maximum number of claimed jobs, and of finished ones, that are read.
const SAMPLE: u32 = 1_000;

/// Reads when an attempt is counted, by [`Counting::shown_by_jobs`]. A table that takes too long shows nothing.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<Counting, SourceError> {
    let Some(attempts) = &layout.attempts else { return Ok(Counting::Unknown) };
    let (jobs, attempts) = (layout.rows_as("job"), sql::ident(attempts));
    let is_used_up = match &layout.max_attempts {
        Some(max) => format!("is_claimed and counted >= {}", sql::ident(max)),
        None => "false".to_owned(),
    };
    let never_failed = match layout.has_errors() {
        true => format!("{} is null", sql::error_text(layout)),
        false => "false".to_owned(),
    };
    let sample = |role, is_claimed: bool| {
        format!(
            "(select *, {is_claimed} as is_claimed, {attempts}::bigint as counted from {jobs} where {} limit {SAMPLE})",
            sql::state_in(layout, layout.state_names.values(role)),
        )
    };
    let statement = format!(
        "select coalesce(bool_or(counted = 0), false) as has_none,
                coalesce(bool_or(counted > 0 and {never_failed}), false) as has_first,
                coalesce(bool_or({is_used_up}), false) as is_used_up
           from ({} union all {}) sample",
        sample(Lifecycle::Claimed, true),
        sample(Lifecycle::Finished, false),
    );
    let row = match db.row(timeout.min(SCAN_BUDGET), &statement, &[]).await {
        Ok(row) => row,
        Err(error) if error.kind == SourceErrorKind::Timeout => return Ok(Counting::Unknown),
        Err(error) => return Err(error),
    };
    let is = |column: &str| row.get::<_, bool>(column);
    Ok(Counting::shown_by_jobs(is("has_none"), is("has_first") || is("is_used_up")))
}
