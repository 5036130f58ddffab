//! Counts the other dead letters with the same cause as a job.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;

use crate::facts::dead_letter::SameCauseCount;
use crate::facts::job::Job;
use crate::facts::queue::Count;
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};
use crate::sources::postgres::selection::{Conditions, fingerprint_columns, with_fingerprints};
use crate::sources::postgres::{Database, queue};

/// Maximum number of dead letters of the same kind that are read, newest first.
const WINDOW: u64 = 50_000;

/// Counts the other dead letters with the cause of `job`, within `WINDOW` and
/// [`queue::SCAN_BUDGET`]. After a timeout the count is a lower bound.
pub(crate) async fn count_same_cause(
    db: &Database,
    layout: &Layout,
    job: &Job,
    timeout: Duration,
) -> Result<SameCauseCount, SourceError> {
    let jobs = layout.rows_as("jobs");
    let kinds = job.kind.iter().cloned().collect();
    let conditions = Conditions::new(layout, &Selection { kinds, ..Selection::default() });
    let statement = format!(
        "select id::text as id, {} from {jobs} where {} order by {} desc limit {}",
        fingerprint_columns(layout),
        conditions.sql(),
        sql::changed(layout),
        WINDOW + 1,
    );
    let (mut read, mut same) = (0, 0);
    let result = db
        .read_at_once(timeout.min(queue::SCAN_BUDGET), async |tx| {
            let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
            let mut rows = pin!(with_fingerprints(rows));
            while let Some((row, cause)) = rows.try_next().await? {
                read += 1;
                let is_other = row.get::<_, &str>("id") != job.id;
                same += u64::from(is_other && cause.hash == job.cause.hash);
            }
            Ok(())
        })
        .await;
    let complete = match result {
        Ok(()) => read <= WINDOW,
        Err(error) if error.kind == SourceErrorKind::Timeout => false,
        Err(error) => return Err(error),
    };
    let count = if complete { Count::Exact(same) } else { Count::AtLeast(same) };
    Ok(SameCauseCount { count, read })
}
