//! Dead jobs as they come: any number of them, one at a time.

use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;

use super::{Listing, dead_letter, full_scan, required};
use crate::facts::dead_letter::DeadLetter;
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::postgres::Database;

/// Hands every job that is meant to `each`, in order, at most `limit`, until it says that it wants
/// no more.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] where the schema has no dead letters; else the database's.
pub async fn stream(
    db: &Database,
    listing: Listing<'_>,
    limit: Option<u32>,
    timeout: Duration,
    mut each: impl FnMut(&DeadLetter) -> ControlFlow<()>,
) -> Result<(), SourceError> {
    required(listing.layout)?;
    let in_sql = limit.filter(|_| listing.selection.group.is_none());
    let (statement, conditions) = listing.statement(in_sql.map(u64::from));
    let (mut left, mut stopped) = (limit.map_or(u64::MAX, u64::from), false);
    let read = db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        while let Some(row) = rows.try_next().await? {
            if !full_scan::is_meant(&listing, &row) {
                continue;
            }
            left -= 1;
            if each(&dead_letter(&row)).is_break() || left == 0 {
                stopped = true;
                // An error leaves at once: a commit would wait for all rows that nobody wants.
                return Err(SourceError::new(SourceErrorKind::Other, "nobody reads on"));
            }
        }
        Ok(())
    });
    let read = read.await;
    if stopped { Ok(()) } else { read }
}
