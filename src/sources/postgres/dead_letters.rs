//! Reads jobs that were given up, newest change first, by keyset: never OFFSET.

use std::time::Duration;

use futures_util::future::join;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::{Database, sql};
use crate::facts::dead_letter::{DeadLetter, DeadLetters, Death};
use crate::facts::layout::Layout;
use crate::facts::queue::Count;
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

/// Which dead jobs to read.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Kinds, any of them; empty: all.
    pub kinds: Vec<String>,
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
    if let Some(why) = layout.no_dead_letters() {
        return Err(SourceError::new(SourceErrorKind::UnknownLayout, why)
            .hint("failed jobs are counted by: cliplyctl queue"));
    }
    let (page, total) = join(
        page(db, layout, selection, after, limit, timeout),
        total(db, layout, selection, timeout),
    )
    .await;
    let mut jobs = page?;
    let more = jobs.len() > limit as usize;
    jobs.truncate(limit as usize);
    Ok(DeadLetters { jobs, more, total: total? })
}

async fn page(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    after: Option<&Cursor>,
    limit: u32,
    timeout: Duration,
) -> Result<Vec<DeadLetter>, SourceError> {
    let key = sql::changed(layout);
    let mut conditions = conditions(layout, selection);
    if after.is_some() {
        let id = layout.id.sql();
        conditions.push(format!("({key}, id) < ($2::text::timestamptz, $3::text::{id})"));
    }
    let statement = format!(
        "select {} from public.jobs where {} order by {key} desc, id desc limit $4",
        columns(layout),
        conditions.join(" and ")
    );
    let rows = db
        .read(timeout, async |tx| {
            let (changed, id) =
                after.map_or(("", ""), |cursor| (cursor.changed.as_str(), cursor.id.as_str()));
            let params: [(&(dyn ToSql + Sync), Type); 4] = [
                (&selection.kinds, Type::TEXT_ARRAY),
                (&changed, Type::TEXT),
                (&id, Type::TEXT),
                (&(i64::from(limit) + 1), Type::INT8),
            ];
            Ok(tx.query_typed(&statement, &params).await?)
        })
        .await?;
    Ok(rows.iter().map(dead_letter).collect())
}

async fn total(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    timeout: Duration,
) -> Result<Count, SourceError> {
    let statement = format!(
        "select count(*) as n from public.jobs where {}",
        conditions(layout, selection).join(" and ")
    );
    let counted = db
        .read(timeout.min(super::queue::SCAN_BUDGET), async |tx| {
            Ok(tx.query_typed_one(&statement, &[(&selection.kinds, Type::TEXT_ARRAY)]).await?)
        })
        .await;
    match counted {
        Ok(row) => Ok(Count::Exact(u64::try_from(row.get::<_, i64>("n")).unwrap_or(0))),
        Err(e) if e.kind == SourceErrorKind::Timeout => {
            Ok(Count::NotCounted("took longer than 1 s".to_owned()))
        }
        Err(e) => Err(e),
    }
}

fn conditions(layout: &Layout, selection: &Selection) -> Vec<String> {
    let mut conditions = vec![sql::live_in(layout, &layout.vocabulary.dead)];
    if let (false, Some(kind)) = (selection.kinds.is_empty(), &layout.kind) {
        conditions.push(format!("{}::text = any($1)", sql::ident(kind)));
    }
    conditions
}

fn columns(layout: &Layout) -> String {
    let text =
        |column: &Option<String>| format!("{}::text", sql::column_or_null(column.as_ref(), "text"));
    let number = |column: &Option<String>| {
        format!("{}::bigint", sql::column_or_null(column.as_ref(), "bigint"))
    };
    let (error_json, failed_at) = match &layout.error {
        Some(error) if error.json => {
            let name = sql::ident(&error.name);
            (
                format!("left({name}::text, {ERROR_BYTES})"),
                format!("left({name} ->> 'failed_at', 64)"),
            )
        }
        _ => ("null::text".to_owned(), "null::text".to_owned()),
    };
    let key = sql::changed(layout);
    format!(
        "id::text as id, {} as kind, {} as workspace, {} as attempts, {} as max_attempts, \
         left({}, {ERROR_BYTES}) as error, {error_json} as error_json, {failed_at} as failed_at, \
         case when isfinite({key}) then to_char({key} at time zone 'UTC', \
         'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') else {key}::text end as changed, extract(epoch from {key})::float8 as changed_epoch, \
         extract(epoch from now())::float8 as now_epoch",
        text(&layout.kind),
        text(&layout.workspace),
        number(&layout.attempts),
        number(&layout.max_attempts),
        sql::error_text(layout),
    )
}

fn dead_letter(row: &Row) -> DeadLetter {
    let now: f64 = row.get("now_epoch");
    let changed: Option<f64> = row.get("changed_epoch");
    let failed_at: Option<String> = row.get("failed_at");
    DeadLetter {
        id: row.get("id"),
        kind: row.get("kind"),
        workspace: row.get("workspace"),
        attempts: row.get("attempts"),
        max_attempts: row.get("max_attempts"),
        error: row.get("error"),
        error_json: row.get("error_json"),
        died: death(failed_at.as_deref(), changed, now),
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
