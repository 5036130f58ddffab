//! A page of dead jobs, and how many there are in all.

use std::time::Duration;

use tokio_postgres::Row;

use super::{Listing, dead_letter, full_scan, required};
use crate::facts::dead_letter::{DeadLetter, DeadLetters};
use crate::facts::listing::Order;
use crate::facts::queue::Count;
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::postgres::query::{Query, only};
use crate::sources::postgres::selection::Conditions;
use crate::sources::postgres::{Database, queue};

/// Totals are counted up to this: the first page must not wait for a count of everything.
const TOTAL_CAP: u64 = 10_000;

/// A page, and the total beside it; `take` gets the jobs of the page as soon as they are known.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] where the schema has no dead letters; else the database's.
pub async fn list<T>(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
    take: impl Fn(&[DeadLetter]) -> T,
) -> Result<(DeadLetters, T), SourceError> {
    required(listing.layout)?;
    let listed = if listing.order == Order::DeadSince {
        full_scan::latest_dead_letters(db, listing, limit, timeout).await?
    } else if listing.selection.group.is_some() {
        full_scan::members(db, listing, limit, timeout).await?
    } else {
        return page(db, listing, limit, timeout, take).await;
    };
    let taken = take(&listed.jobs);
    Ok((listed, taken))
}

/// The page and the total, asked together: the total may take a second and no more.
async fn page<T>(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
    take: impl Fn(&[DeadLetter]) -> T,
) -> Result<(DeadLetters, T), SourceError> {
    let (statement, conditions) = listing.statement(Some(u64::from(limit) + 1));
    let all = Conditions::new(listing.layout, listing.selection);
    let total = format!(
        "select count(*) as n from (select from public.jobs where {} limit {}) as capped",
        all.sql(),
        TOTAL_CAP + 1
    );
    let (params, all) = (conditions.params(), all.params());
    let page = Query::new(&statement, &params);
    let total = Query::new(&total, &all).within(timeout.min(queue::SCAN_BUDGET));
    let read = |rows: Vec<Row>| {
        let more = rows.len() > limit as usize;
        let jobs: Vec<_> = rows.iter().take(limit as usize).map(dead_letter).collect();
        let taken = take(&jobs);
        (jobs, more, taken)
    };
    let (page, total) = db.query_pair(timeout, page, read, total).await?;
    let (jobs, more, taken) = page?;
    Ok((DeadLetters { jobs, more, total: counted(total)?, window: None }, taken))
}

fn counted(total: Result<Vec<Row>, SourceError>) -> Result<Count, SourceError> {
    let row = match only(total) {
        Ok(row) => row,
        Err(e) if e.kind == SourceErrorKind::Timeout => {
            return Ok(Count::NotCounted("took longer than 1 s".to_owned()));
        }
        Err(e) => return Err(e),
    };
    Ok(match u64::try_from(row.get::<_, i64>("n")).unwrap_or(0) {
        n if n > TOTAL_CAP => Count::AtLeast(TOTAL_CAP),
        n => Count::Exact(n),
    })
}
