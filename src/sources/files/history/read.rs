//! Reads snapshots and operations of one system in a time range, through the index on system and
//! time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::schema::METRIC_COLUMNS;
use super::{Store, operation_type_from_number};
use crate::error::Error;
use crate::facts::Status;
use crate::facts::operation::{Reasons, Resume};
use crate::facts::snapshot::{
    CheckSet, METRICS, Measure, MetricValues, OperationMarker, SnapshotDetail, StoredSnapshot,
};
use crate::sources::files::old_keys::{self, KeyOwner};

impl Store {
    /// Returns the time of the oldest stored snapshot, milliseconds since 1970.
    pub(crate) fn first(&self, system_id: i64) -> Result<Option<i64>, Error> {
        let query = "SELECT min(at) FROM snapshots WHERE place = ?1";
        self.connection.query_row(query, [system_id], |row| row.get(0)).map_err(self.store_error())
    }

    /// Calls `visit` with each snapshot in a range of milliseconds since 1970, oldest first.
    pub fn walk(
        &self,
        system_id: i64,
        (from, until): (i64, i64),
        mut visit: impl FnMut(&StoredSnapshot<'_>),
    ) -> Result<(), Error> {
        let names = METRIC_COLUMNS;
        let sets = self.check_sets()?;
        let statement = format!(
            "SELECT at, verdict, section, bad, at_least, evaluated, {names} FROM snapshots \
             WHERE place = ?1 AND at >= ?2 AND at <= ?3 ORDER BY at, id"
        );
        let mut read = || {
            let mut statement = self.connection.prepare(&statement)?;
            let mut rows = statement.query(params![system_id, from, until])?;
            while let Some(row) = rows.next()? {
                visit(&snapshot_from_row(row, &sets)?);
            }
            Ok(())
        };
        read().map_err(self.store_error())
    }

    /// Returns all sets of evaluated checks by their ids.
    fn check_sets(&self) -> Result<BTreeMap<i64, CheckSet>, Error> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT id, checks FROM check_sets")?;
            let rows = statement.query_map([], |row| {
                let number = row.get(0)?;
                Ok((number, CheckSet::parse(number, row.get_ref(1)?.as_str()?)))
            })?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(self.store_error())
    }

    /// Calls `visit` with the time, the failed and the evaluated checks of at most `max` snapshots before a time,
    /// newest first, until it returns `false`.
    pub(crate) fn back(
        &self,
        system_id: i64,
        before: i64,
        max: u32,
        mut visit: impl FnMut(i64, &str, Option<&CheckSet>) -> bool,
    ) -> Result<(), Error> {
        let sets = self.check_sets()?;
        let mut read = || {
            let mut statement = self.connection.prepare(
                "SELECT at, bad, evaluated FROM snapshots WHERE place = ?1 AND at < ?2 \
                 ORDER BY at DESC LIMIT ?3",
            )?;
            let mut rows = statement.query(params![system_id, before, max])?;
            while let Some(row) = rows.next()? {
                let evaluated = row.get::<_, Option<i64>>(2)?.and_then(|id| sets.get(&id));
                if !visit(row.get(0)?, row.get_ref(1)?.as_str()?, evaluated) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(self.store_error())
    }

    /// Returns the details of the latest snapshot up to a time; `None` if there are none.
    pub(crate) fn latest_detail(
        &self,
        system_id: i64,
        until: i64,
    ) -> Result<Option<SnapshotDetail>, Error> {
        let text: Option<String> = self
            .connection
            .query_row(
                "SELECT detail FROM details WHERE snapshot = (SELECT id FROM snapshots \
                 WHERE place = ?1 AND at <= ?2 ORDER BY at DESC LIMIT 1)",
                params![system_id, until],
                |row| row.get(0),
            )
            .optional()
            .map_err(self.store_error())?;
        let detail = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(detail.and_then(|mut detail| {
            old_keys::rename_in_json(KeyOwner::Snapshot, &mut detail);
            serde_json::from_value(detail).ok()
        }))
    }

    /// Returns the operations in a range of milliseconds since 1970, oldest first.
    pub fn marks(
        &self,
        system_id: i64,
        (from, until): (i64, i64),
    ) -> Result<Vec<OperationMarker>, Error> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT operation, undo, who, reason, at, jobs, resumes FROM operations \
                 WHERE place = ?1 AND at >= ?2 AND at <= ?3 ORDER BY at",
            )?;
            let rows = statement.query_map(params![system_id, from, until], marker_from_row)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.store_error())
    }
}

fn snapshot_from_row<'a>(
    row: &'a Row<'_>,
    sets: &'a BTreeMap<i64, CheckSet>,
) -> rusqlite::Result<StoredSnapshot<'a>> {
    let lower_bounds: i64 = row.get(4)?;
    let mut metrics = MetricValues::default();
    for (index, doc) in METRICS.iter().enumerate() {
        let value: Option<f64> = row.get(6 + index)?;
        let at_least = lower_bounds >> index & 1 == 1;
        metrics.set(doc.metric, value.map(|value| Measure { value, at_least }));
    }
    Ok(StoredSnapshot {
        at: row.get(0)?,
        status: Status::from_number(row.get(1)?),
        section: row.get_ref(2)?.as_str_or_null()?,
        bad: row.get_ref(3)?.as_str()?,
        evaluated: row.get::<_, Option<i64>>(5)?.and_then(|id| sets.get(&id)),
        metrics,
    })
}

fn marker_from_row(row: &Row<'_>) -> rusqlite::Result<OperationMarker> {
    let at: i64 = row.get(4)?;
    let jobs: i64 = row.get(5)?;
    Ok(OperationMarker {
        operation: row.get(0)?,
        operation_type: operation_type_from_number(row.get(1)?),
        who: row.get(2)?,
        reasons: Reasons { first: row.get(3)?, resumes: resumes_from_json(row.get(6)?) },
        at: Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH),
        jobs: u64::try_from(jobs).unwrap_or(0),
    })
}

/// Converts the stored resumes; operations of earlier versions have none.
pub(super) fn resumes_from_json(text: Option<String>) -> Vec<Resume> {
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
