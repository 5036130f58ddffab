//! Reads a page of dead letters and their total, or streams them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio_postgres::Row;

use super::{Listing, dead_letter, dead_since_of, death_events, required};
use crate::facts::dead_letter::{DeadLetter, DeadLetters};
use crate::facts::job_id::JobId;
use crate::facts::listing::Order;
use crate::facts::queue::Count;
use crate::facts::{SourceError, SourceErrorKind};
use crate::sources::postgres::query::{Query, only};
use crate::sources::postgres::row_types::WorkspaceHash;
use crate::sources::postgres::selection::{Conditions, fingerprint, in_group, with_fingerprints};
use crate::sources::postgres::{Database, parallel, queue};

/// Maximum total that is counted, so that the first page is not delayed.
const TOTAL_CAP: u64 = 10_000;

/// Reads a page of at most `limit` jobs and the total. `convert` is called with the jobs of the
/// page as soon as they are known.
pub(crate) async fn list<T>(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
    convert: impl Fn(&[DeadLetter]) -> T,
) -> Result<(DeadLetters, T), SourceError> {
    let (mut listed, converted) = if listing.order == Order::DeadSince {
        (page_by_dead_since(db, listing, limit, timeout).await?, None)
    } else if listing.selection.group.is_some() {
        (group_page(db, listing, limit, timeout).await?, None)
    } else {
        let (listed, converted) = page(db, listing, limit, timeout, &convert).await?;
        (listed, Some(converted))
    };
    let changed = death_events::apply(db, listing.layout, &mut listed.jobs, timeout).await?;
    let converted = converted.filter(|_| !changed).unwrap_or_else(|| convert(&listed.jobs));
    Ok((listed, converted))
}

/// Reads the page and the total in one round trip. The total has its own timeout of a second.
async fn page<T>(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
    convert: impl Fn(&[DeadLetter]) -> T,
) -> Result<(DeadLetters, T), SourceError> {
    let jobs = listing.layout.rows_as("jobs");
    let (statement, conditions) = listing.statement(Some(u64::from(limit) + 1));
    let all = Conditions::of(listing.layout, listing.selection, listing.jobs);
    let total = format!(
        "select count(*) as n from (select from {jobs} where {} limit {}) as capped",
        all.sql(),
        TOTAL_CAP + 1
    );
    let (params, all) = (conditions.params(), all.params());
    let page = Query::new(&statement, &params);
    let total = Query::new(&total, &all).with_timeout(timeout.min(queue::SCAN_BUDGET));
    let read_page = |rows: Vec<Row>| {
        let more = rows.len() > limit as usize;
        let jobs: Vec<_> = rows
            .iter()
            .take(limit as usize)
            .map(|row| dead_letter(row, fingerprint(row).hash))
            .collect();
        let converted = convert(&jobs);
        (jobs, more, converted)
    };
    let (page, total) = db.query_pair(timeout, page, read_page, total).await?;
    let (jobs, more, converted) = page?;
    Ok((DeadLetters { jobs, more, total: total_count(total)?, window: None }, converted))
}

/// Returns the total, capped at [`TOTAL_CAP`]; `BeyondBudget` after a timeout.
fn total_count(total: Result<Vec<Row>, SourceError>) -> Result<Count, SourceError> {
    let row = match only(total) {
        Ok(row) => row,
        Err(error) if error.kind == SourceErrorKind::Timeout => {
            return Ok(Count::BeyondBudget("took longer than 1 s".to_owned()));
        }
        Err(error) => return Err(error),
    };
    Ok(match u64::try_from(row.get::<_, i64>("n")).unwrap_or(0) {
        n if n > TOTAL_CAP => Count::AtLeast(TOTAL_CAP),
        n => Count::Exact(n),
    })
}

/// Maximum number of rows that are searched for jobs of a group.
const GROUP_WINDOW: u64 = 300_000;

/// Reads a page of the jobs of a group. The rows are filtered here, because the server cannot
/// compute fingerprints.
pub(crate) async fn group_page(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    let (statement, conditions) = listing.statement(Some(GROUP_WINDOW));
    db.read_at_once(timeout, async |tx| {
        let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
        let mut rows = pin!(with_fingerprints(rows));
        let (mut jobs, mut matching, mut read) = (Vec::new(), 0_u64, 0_u64);
        while let Some((row, cause)) = rows.try_next().await? {
            read += 1;
            if !in_group(listing.selection, &cause) {
                continue;
            }
            matching += 1;
            if jobs.len() < limit as usize {
                jobs.push(dead_letter(&row, cause.hash));
            }
        }
        let complete = read < GROUP_WINDOW && listing.after.is_none();
        let total = if complete { Count::Exact(matching) } else { Count::AtLeast(matching) };
        let more = matching > jobs.len() as u64;
        Ok(DeadLetters { jobs, more, total, window: (read == GROUP_WINDOW).then_some(read) })
    })
    .await
}

/// Reads a page in the order of [`Order::DeadSince`]. No index has this order, so all dead letters
/// are read, and only those of the page are held in memory.
pub(crate) async fn page_by_dead_since(
    db: &Database,
    listing: Listing<'_>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    let (statement, conditions) = listing.statement(None);
    let start = listing.after.map(|cursor| (cursor.at.parse::<Timestamp>().ok(), cursor.id));
    db.read_at_once(timeout, async |tx| {
        let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
        let mut rows = pin!(with_fingerprints(rows));
        let mut page: BTreeMap<(Option<Timestamp>, JobId), DeadLetter> = BTreeMap::new();
        let (mut total, mut remaining) = (0_u64, 0_u64);
        while let Some((row, cause)) = rows.try_next().await? {
            if !in_group(listing.selection, &cause) {
                continue;
            }
            total += 1;
            let Some(id) = JobId::parse(row.get("id"), listing.layout.id) else { continue };
            let key = (dead_since_of(&row).map(|dead_since| dead_since.at), id);
            if start.is_some_and(|start| key >= start) {
                continue;
            }
            remaining += 1;
            let full = page.len() >= limit as usize;
            if full && page.first_key_value().is_some_and(|(earliest, _)| key < *earliest) {
                continue;
            }
            page.insert(key, dead_letter(&row, cause.hash));
            if full {
                page.pop_first();
            }
        }
        let jobs: Vec<_> = page.into_values().rev().collect();
        let more = remaining > jobs.len() as u64;
        Ok(DeadLetters { jobs, more, total: Count::Exact(total), window: None })
    })
    .await
}

/// Calls `each` with every job of the listing, in order, at most `limit`, until it returns
/// [`ControlFlow::Break`].
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] if the schema has no dead letters.
pub(crate) async fn stream(
    db: &Database,
    listing: Listing<'_>,
    limit: Option<u32>,
    timeout: Duration,
    mut each: impl FnMut(&DeadLetter) -> ControlFlow<()>,
) -> Result<(), SourceError> {
    required(listing.layout)?;
    let sql_limit = limit.filter(|_| listing.selection.group.is_none());
    let (statement, conditions) = listing.statement(sql_limit.map(u64::from));
    let (mut remaining, mut stopped) = (limit.map_or(u64::MAX, u64::from), false);
    let deaths = OnceCell::new();
    let read = db.read(timeout, async |tx| {
        let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
        let group = listing.selection.group.clone();
        let mut rows = pin!(parallel::map(rows, move |row| {
            let cause = fingerprint(&row).hash;
            let is_selected = group.as_ref().is_none_or(|group| *group == cause);
            is_selected.then(|| (dead_letter(&row, cause), row))
        }));
        while let Some(selected) = rows.try_next().await? {
            let Some((mut job, row)) = selected else { continue };
            remaining -= 1;
            if death_events::is_needed(job.dead_since, job.changed.parse().ok()) {
                // Once, on another connection; a row without an event stays as it is.
                let read_all = death_events::read_all(db, listing.layout, timeout);
                let deaths = deaths.get_or_try_init(|| read_all).await?;
                let WorkspaceHash(id) = row.get("job");
                let event = deaths.get(&id);
                job.dead_since = event
                    .map(|event| death_events::newest(job.dead_since, *event))
                    .or(job.dead_since);
            }
            if each(&job).is_break() || remaining == 0 {
                stopped = true;
                // An error ends the read at once; a commit would first receive all remaining rows.
                return Err(SourceError::new(SourceErrorKind::Other, "the reader stopped"));
            }
        }
        Ok(())
    });
    let read = read.await;
    if stopped { Ok(()) } else { read }
}
