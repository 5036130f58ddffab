//! A page of dead jobs, and how many there are in all.

use std::time::Duration;

use tokio_postgres::Row;

use super::{Listing, dead_letter, pass, required};
use crate::facts::dead_letter::{DeadLetter, DeadLetters};
use crate::facts::listing::Order;
use crate::facts::queue::Count;
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::postgres::ask::{Query, only};
use crate::sources::postgres::selection::Conditions;
use crate::sources::postgres::{Database, queue};

/// Totals are counted up to this: the first page must not wait for a count of everything.
const TOTAL_CAP: u64 = 10_000;

/// A page, and the total beside it.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] where the schema has no dead letters; else the database's.
pub async fn list(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    required(listing.layout)?;
    if listing.order == Order::Died {
        return pass::latest_deaths(db, listing, limit, timeout).await;
    }
    if listing.selection.group.is_some() {
        return pass::members(db, listing, limit, timeout).await;
    }
    let (mut jobs, total) = page(db, listing, limit, timeout).await?;
    let more = jobs.len() > limit as usize;
    jobs.truncate(limit as usize);
    Ok(DeadLetters { jobs, more, total, window: None })
}

/// The page and the total, asked together: the total may take a second and no more.
async fn page(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
) -> Result<(Vec<DeadLetter>, Count), SourceError> {
    let (statement, conditions) = listing.statement(Some(u64::from(limit) + 1));
    let all = Conditions::of(listing.layout, listing.selection);
    let total = format!(
        "select count(*) as n from (select from public.jobs where {} limit {}) as capped",
        all.sql(),
        TOTAL_CAP + 1
    );
    let (params, all) = (conditions.params(), all.params());
    let page = Query::new(&statement, &params);
    let total = Query::new(&total, &all).within(timeout.min(queue::SCAN_BUDGET));
    let take = |rows: Vec<Row>| rows.iter().map(dead_letter).collect();
    let (jobs, total) = db.pair(timeout, page, take, total).await?;
    Ok((jobs?, counted(total)?))
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
