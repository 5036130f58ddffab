//! Reads jobs that were given up, newest change first, by keyset: never OFFSET.

use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::join3;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::selection::{Conditions, fingerprint, fingerprint_columns, in_group};
use super::{Database, sql};
use crate::facts::dead_letter::{DeadLetter, DeadLetters, Death};
use crate::facts::layout::Layout;
use crate::facts::queue::Count;
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};

/// Bytes of an error that a listing reads: its first line is all it shows.
const ERROR_BYTES: usize = 2_000;
/// A `failed_at` further than this in the future is not believed, seconds.
const FUTURE_TOLERANCE: f64 = 300.0;

/// Where a page begins: behind this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The row's last change, as in [`DeadLetter::changed`].
    pub changed: String,
    /// The row's id.
    pub id: String,
}

/// Totals are counted up to this: the first page must not wait for a count of everything.
const TOTAL_CAP: u64 = 10_000;
/// Jobs among which the members of a group are looked for, newest first.
const GROUP_WINDOW: u64 = 300_000;

/// Says why there are no dead letters, where the schema has none.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`].
pub fn required(layout: &Layout) -> Result<(), SourceError> {
    match layout.no_dead_letters() {
        None => Ok(()),
        Some(why) => Err(SourceError::new(SourceErrorKind::UnknownLayout, why)
            .hint("failed jobs are counted by: cliplyctl queue")),
    }
}

/// A page, and the total beside it.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] where the schema has no dead letters; else the database's.
pub async fn list(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    after: Option<&Cursor>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    required(layout)?;
    if selection.group.is_some() {
        return members(db, layout, selection, after, limit, timeout).await;
    }
    let (mut jobs, total) = page(db, layout, selection, after, limit, timeout).await?;
    let more = jobs.len() > limit as usize;
    jobs.truncate(limit as usize);
    Ok(DeadLetters { jobs, more, total, window: None })
}

/// The statement of a page of at most `limit` rows, with its values.
fn page_of(
    layout: &Layout,
    selection: &Selection,
    after: Option<&Cursor>,
    limit: u64,
) -> (String, Conditions) {
    let key = sql::changed(layout);
    let mut conditions = Conditions::of(layout, selection);
    if let Some(cursor) = after {
        let changed = conditions.bind(cursor.changed.clone(), Type::TEXT);
        let id = conditions.bind(cursor.id.clone(), Type::TEXT);
        let id_type = layout.id.sql();
        conditions.push(format!("({key}, id) < ({changed}::timestamptz, {id}::{id_type})"));
    }
    let statement = format!(
        "select {}, {} from public.jobs where {} order by {key} desc, id desc limit {limit}",
        columns(layout),
        fingerprint_columns(layout),
        conditions.sql()
    );
    (statement, conditions)
}

/// The page and the total, asked together: the total may take a second and no more.
async fn page(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    after: Option<&Cursor>,
    limit: u32,
    timeout: Duration,
) -> Result<(Vec<DeadLetter>, Count), SourceError> {
    let (statement, conditions) = page_of(layout, selection, after, u64::from(limit) + 1);
    let all = Conditions::of(layout, selection);
    let total = format!(
        "select count(*) as n from (select from public.jobs where {} limit {}) as capped",
        all.sql(),
        TOTAL_CAP + 1
    );
    let budget = timeout.min(super::queue::SCAN_BUDGET).as_millis().max(1);
    let budget = format!("SET LOCAL statement_timeout = {budget}");
    db.read(timeout, async |tx| {
        let (params, all) = (conditions.params(), all.params());
        let (rows, budget, total) = join3(
            tx.query_typed(&statement, &params),
            tx.batch_execute(&budget),
            tx.query_typed_one(&total, &all),
        )
        .await;
        let jobs = rows?.iter().map(dead_letter).collect();
        budget?;
        Ok((jobs, counted(total)?))
    })
    .await
}

fn counted(total: Result<Row, tokio_postgres::Error>) -> Result<Count, SourceError> {
    let row = match total.map_err(SourceError::from) {
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

/// The members of a group: fingerprints are taken here, so all jobs of the window pass by.
async fn members(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    after: Option<&Cursor>,
    limit: u32,
    timeout: Duration,
) -> Result<DeadLetters, SourceError> {
    let (statement, conditions) = page_of(layout, selection, after, GROUP_WINDOW);
    db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        let (mut jobs, mut matching, mut read) = (Vec::new(), 0_u64, 0_u64);
        while let Some(row) = rows.try_next().await? {
            read += 1;
            if !in_group(selection, &fingerprint(&row)) {
                continue;
            }
            matching += 1;
            if jobs.len() < limit as usize {
                jobs.push(dead_letter(&row));
            }
        }
        let whole = read < GROUP_WINDOW && after.is_none();
        let total = if whole { Count::Exact(matching) } else { Count::AtLeast(matching) };
        let more = matching > jobs.len() as u64;
        Ok(DeadLetters { jobs, more, total, window: (read == GROUP_WINDOW).then_some(read) })
    })
    .await
}

/// The columns that [`death_of`] reads.
pub fn death_columns(layout: &Layout) -> String {
    let failed_at = match &layout.error {
        Some(error) if error.json => {
            format!("left({} ->> 'failed_at', 64)", sql::ident(&error.name))
        }
        _ => "null::text".to_owned(),
    };
    format!(
        "{failed_at} as failed_at, extract(epoch from {})::float8 as changed_epoch, \
         extract(epoch from now())::float8 as now_epoch",
        sql::changed(layout)
    )
}

/// When the job of a row with [`death_columns`] died.
pub fn death_of(row: &Row) -> Option<Death> {
    death(row.get("failed_at"), row.get("changed_epoch"), row.get("now_epoch"))
}

fn columns(layout: &Layout) -> String {
    let text =
        |column: &Option<String>| format!("{}::text", sql::column_or_null(column.as_ref(), "text"));
    let number = |column: &Option<String>| {
        format!("{}::bigint", sql::column_or_null(column.as_ref(), "bigint"))
    };
    format!(
        "id::text as id, {} as kind, {} as workspace, {} as attempts, {} as max_attempts, \
         left({}, {ERROR_BYTES}) as error, {} as changed, {}",
        text(&layout.kind),
        text(&layout.workspace),
        number(&layout.attempts),
        number(&layout.max_attempts),
        sql::error_text(layout),
        sql::rfc3339(&sql::changed(layout)),
        death_columns(layout),
    )
}

fn dead_letter(row: &Row) -> DeadLetter {
    DeadLetter {
        id: row.get("id"),
        kind: row.get("kind"),
        workspace: row.get("workspace"),
        attempts: row.get("attempts"),
        max_attempts: row.get("max_attempts"),
        error: row.get("error"),
        died: death_of(row),
        changed: row.get::<_, Option<String>>("changed").unwrap_or_default(),
    }
}

/// `failed_at` when it is a sane timestamp, else the row's last change.
fn death(failed_at: Option<&str>, changed: Option<f64>, now: f64) -> Option<Death> {
    let seconds = |t: Timestamp| t.as_duration().as_secs_f64();
    let recorded = failed_at
        .and_then(|text| text.parse::<Timestamp>().ok())
        .filter(|at| seconds(*at) > 0.0 && seconds(*at) < now + FUTURE_TOLERANCE)
        .map(|at| Death { at, age: now - seconds(at), recorded: true });
    recorded.or_else(|| {
        let changed = changed.filter(|c| c.is_finite())?;
        let at = Timestamp::from_microsecond((changed * 1e6) as i64).ok()?;
        Some(Death { at, age: now - changed, recorded: false })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_failed_at_wins_over_the_last_change() {
        let now = 1_760_000_000.0;
        let death = death(Some("2025-10-09T08:00:00.123Z"), Some(now - 5.0), now).unwrap();
        assert!(death.recorded && (death.age - (now - 1_759_996_800.123)).abs() < 1e-3);
    }

    #[test]
    fn an_absurd_failed_at_is_not_believed() {
        let now = 1_760_000_000.0;
        for absurd in ["soon", "", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"] {
            let death = death(Some(absurd), Some(now - 5.0), now).unwrap();
            assert!(!death.recorded, "{absurd}");
            assert!((death.age - 5.0).abs() < 1e-3);
        }
        assert_eq!(super::death(None, Some(f64::NEG_INFINITY), now), None);
    }
}
