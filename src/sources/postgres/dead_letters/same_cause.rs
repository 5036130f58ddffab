//! How many others died of the same as one job.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;

use crate::facts::dead_letter::SameCauseCount;
use crate::facts::job::Job;
use crate::facts::queue::Count;
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};
use crate::sources::postgres::selection::{Conditions, fingerprint, fingerprint_columns};
use crate::sources::postgres::{Database, queue};

/// Dead letters of the same kind that are looked at, the newest.
const WINDOW: u64 = 50_000;

/// Counts them, as far as a window and a second reach.
///
/// # Errors
/// The database's; running out of time is none: the answer says how far it came.
pub async fn others(
    db: &Database,
    layout: &Layout,
    job: &Job,
    timeout: Duration,
) -> Result<SameCauseCount, SourceError> {
    let kinds = job.kind.iter().cloned().collect();
    let conditions = Conditions::new(layout, &Selection { kinds, ..Selection::default() });
    let statement = format!(
        "select id::text as id, {} from public.jobs where {} order by {} desc limit {}",
        fingerprint_columns(layout),
        conditions.sql(),
        sql::changed(layout),
        WINDOW + 1,
    );
    let (mut read, mut same) = (0, 0);
    let answer = db
        .read(timeout.min(queue::SCAN_BUDGET), async |tx| {
            let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
            while let Some(row) = rows.try_next().await? {
                read += 1;
                let other = row.get::<_, &str>("id") != job.id;
                same += u64::from(other && fingerprint(&row).hash == job.cause.hash);
            }
            Ok(())
        })
        .await;
    let whole = match answer {
        Ok(()) => read <= WINDOW,
        Err(error) if error.kind == SourceErrorKind::Timeout => false,
        Err(error) => return Err(error),
    };
    let count = if whole { Count::Exact(same) } else { Count::AtLeast(same) };
    Ok(SameCauseCount { count, read })
}
