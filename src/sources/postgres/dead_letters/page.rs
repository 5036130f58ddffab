//! A page of dead jobs, and how many there are in all.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Listing, dead_letter, dead_since_of, required};
use crate::facts::dead_letter::{DeadLetter, DeadLetters};
use crate::facts::job_id::JobId;
use crate::facts::listing::Order;
use crate::facts::queue::Count;
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::postgres::query::{Query, only};
use crate::sources::postgres::selection::{Conditions, fingerprint, in_group};
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
        latest_dead_letters(db, listing, limit, timeout).await?
    } else if listing.selection.group.is_some() {
        members(db, listing, limit, timeout).await?
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

/// Jobs among which the members of a group are looked for, the first in order.
const GROUP_WINDOW: u64 = 300_000;

/// The members of a group: fingerprints are taken here.
pub async fn members(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    let (statement, conditions) = listing.statement(Some(GROUP_WINDOW));
    db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        let (mut jobs, mut matching, mut read) = (Vec::new(), 0_u64, 0_u64);
        while let Some(row) = rows.try_next().await? {
            read += 1;
            if !is_meant(&listing, &row) {
                continue;
            }
            matching += 1;
            if jobs.len() < limit as usize {
                jobs.push(dead_letter(&row));
            }
        }
        let whole = read < GROUP_WINDOW && listing.after.is_none();
        let total = if whole { Count::Exact(matching) } else { Count::AtLeast(matching) };
        let more = matching > jobs.len() as u64;
        Ok(DeadLetters { jobs, more, total, window: (read == GROUP_WINDOW).then_some(read) })
    })
    .await
}

/// The latest deaths. No index knows them: every job is read, and as many as a page holds are kept.
pub async fn latest_dead_letters(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    let (statement, conditions) = listing.statement(None);
    let begin = listing.after.map(|cursor| (cursor.at.parse::<Timestamp>().ok(), cursor.id));
    db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        let mut page: BTreeMap<(Option<Timestamp>, JobId), DeadLetter> = BTreeMap::new();
        let (mut total, mut behind) = (0_u64, 0_u64);
        while let Some(row) = rows.try_next().await? {
            if !is_meant(&listing, &row) {
                continue;
            }
            total += 1;
            let Some(id) = JobId::parse(row.get("id"), listing.layout.id) else { continue };
            let key = (dead_since_of(&row).map(|death| death.at), id);
            if begin.is_some_and(|begin| key >= begin) {
                continue;
            }
            behind += 1;
            let full = page.len() >= limit as usize;
            if full && page.first_key_value().is_some_and(|(earliest, _)| key < *earliest) {
                continue;
            }
            page.insert(key, dead_letter(&row));
            if full {
                page.pop_first();
            }
        }
        let jobs: Vec<_> = page.into_values().rev().collect();
        let more = behind > jobs.len() as u64;
        Ok(DeadLetters { jobs, more, total: Count::Exact(total), window: None })
    })
    .await
}

/// Whether a row of a listing belongs to the group that is meant, if one is.
pub fn is_meant(listing: &Listing<'_>, row: &Row) -> bool {
    listing.selection.group.is_none() || in_group(listing.selection, &fingerprint(row))
}

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
            if !is_meant(&listing, &row) {
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
