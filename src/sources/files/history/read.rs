//! Reads a range of time of one place. Every question goes by the index on place and time.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Store, operation_type_of};
use crate::error::Error;
use crate::facts::Status;
use crate::facts::snapshot::{
    METRICS, Measure, MetricValues, OperationMarker, SnapshotDetail, StoredSnapshot,
};

/// A place that was recorded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordedSystem {
    /// The database and the app.
    pub(crate) name: String,
    /// The context that was used last.
    pub(crate) context: Option<String>,
}

impl Store {
    /// The key of a place; `None`: nothing of it was recorded.
    pub fn system(&self, name: &str) -> Result<Option<i64>, Error> {
        self.connection
            .query_row("SELECT id FROM places WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(self.failed())
    }

    /// Every place that was recorded.
    pub(crate) fn systems(&self) -> Result<Vec<RecordedSystem>, Error> {
        let read = || {
            let mut statement =
                self.connection.prepare("SELECT name, context FROM places ORDER BY name")?;
            let rows = statement.query_map([], |row| {
                Ok(RecordedSystem { name: row.get(0)?, context: row.get(1)? })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.failed())
    }

    /// When the first snapshot that is kept was taken, milliseconds since 1970.
    pub(crate) fn first(&self, place: i64) -> Result<Option<i64>, Error> {
        let first = "SELECT min(at) FROM snapshots WHERE place = ?1";
        self.connection.query_row(first, [place], |row| row.get(0)).map_err(self.failed())
    }

    /// Hands out the snapshots of a range in the order of time, the oldest first.
    pub fn walk(
        &self,
        place: i64,
        (from, until): (i64, i64),
        mut take: impl FnMut(&StoredSnapshot<'_>),
    ) -> Result<(), Error> {
        let names = METRICS.map(|doc| doc.name).join(", ");
        let statement = format!(
            "SELECT at, verdict, section, bad, at_least, {names} FROM snapshots \
             WHERE place = ?1 AND at >= ?2 AND at <= ?3 ORDER BY at, id"
        );
        let mut read = || {
            let mut statement = self.connection.prepare(&statement)?;
            let mut rows = statement.query(params![place, from, until])?;
            while let Some(row) = rows.next()? {
                take(&point(row)?);
            }
            Ok(())
        };
        read().map_err(self.failed())
    }

    /// Hands out time and troubles of the snapshots before a time, the newest first, at most `most`,
    /// for as long as `take` wants more.
    pub(crate) fn back(
        &self,
        place: i64,
        before: i64,
        most: u32,
        mut take: impl FnMut(i64, &str) -> bool,
    ) -> Result<(), Error> {
        let mut read = || {
            let mut statement = self.connection.prepare(
                "SELECT at, bad FROM snapshots WHERE place = ?1 AND at < ?2 \
                 ORDER BY at DESC LIMIT ?3",
            )?;
            let mut rows = statement.query(params![place, before, most])?;
            while let Some(row) = rows.next()? {
                if !take(row.get(0)?, row.get_ref(1)?.as_str()?) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(self.failed())
    }

    /// The readable part of the latest snapshot of a range.
    pub(crate) fn latest_detail(
        &self,
        place: i64,
        until: i64,
    ) -> Result<Option<SnapshotDetail>, Error> {
        let text: Option<String> = self
            .connection
            .query_row(
                "SELECT detail FROM details WHERE snapshot = (SELECT id FROM snapshots \
                 WHERE place = ?1 AND at <= ?2 ORDER BY at DESC LIMIT 1)",
                params![place, until],
                |row| row.get(0),
            )
            .optional()
            .map_err(self.failed())?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// The operations of a range, the oldest first.
    pub fn marks(
        &self,
        place: i64,
        (from, until): (i64, i64),
    ) -> Result<Vec<OperationMarker>, Error> {
        let read = || {
            let mut statement = self.connection.prepare(
                "SELECT operation, undo, who, reason, at, jobs FROM operations \
                 WHERE place = ?1 AND at >= ?2 AND at <= ?3 ORDER BY at",
            )?;
            let rows = statement.query_map(params![place, from, until], mark)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.failed())
    }
}

fn point<'a>(row: &'a Row<'_>) -> rusqlite::Result<StoredSnapshot<'a>> {
    let bits: i64 = row.get(4)?;
    let mut figures = MetricValues::default();
    for (place, doc) in METRICS.iter().enumerate() {
        let value: Option<f64> = row.get(5 + place)?;
        let at_least = bits >> place & 1 == 1;
        figures.set(doc.metric, value.map(|value| Measure { value, at_least }));
    }
    Ok(StoredSnapshot {
        at: row.get(0)?,
        status: Status::from_number(row.get(1)?),
        section: row.get_ref(2)?.as_str_or_null()?,
        bad: row.get_ref(3)?.as_str()?,
        metrics: figures,
    })
}

fn mark(row: &Row<'_>) -> rusqlite::Result<OperationMarker> {
    let at: i64 = row.get(4)?;
    let jobs: i64 = row.get(5)?;
    Ok(OperationMarker {
        operation: row.get(0)?,
        operation_type: operation_type_of(row.get(1)?),
        who: row.get(2)?,
        reason: row.get(3)?,
        at: Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH),
        jobs: u64::try_from(jobs).unwrap_or(0),
    })
}
