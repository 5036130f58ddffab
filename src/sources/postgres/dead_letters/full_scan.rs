//! Pages that SQL cannot cut: all jobs pass by, and only the page stays.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::{Listing, dead_letter, dead_since_of};
use crate::facts::SourceError;
use crate::facts::dead_letter::{DeadLetter, DeadLetters};
use crate::facts::job_id::JobId;
use crate::facts::queue::Count;
use crate::sources::postgres::Database;
use crate::sources::postgres::selection::{fingerprint, in_group};

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
