//! Reads in which zone the times of the jobs table are written that state none.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::super::Database;
use super::super::queue::SCAN_BUDGET;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{
    CatalogTable, NaiveColumn, NaiveTimes, NewestTime, TableCatalog, sql, undecided_zone,
};

const NAIVE_TIMES: &str = include_str!("queries/naive_times.sql");

/// Columns with times that have passed when they are written.
const PAST: [&str; 8] = [
    "completed_at",
    "created_at",
    "failed_at",
    "finished_at",
    "heartbeat_at",
    "last_heartbeat",
    "locked_at",
    "updated_at",
];

/// Reads how times without a zone are written, if there are any. One round trip, and one more if the newest of them
/// may decide. `setting` is the zone that the context names.
///
/// # Errors
/// Also [`SourceErrorKind::InvalidSetting`] if the server does not know that zone.
pub(super) async fn read(
    db: &Database,
    catalog: &mut TableCatalog,
    setting: Option<&str>,
    timeout: Duration,
) -> Result<(), SourceError> {
    let tables = [&catalog.jobs, &catalog.events];
    let mut columns = tables.into_iter().flatten().flat_map(|table| &table.columns);
    if !columns.any(|column| column.is_any(&["timestamp"])) {
        return Ok(());
    }
    let column = |row: &Row| NaiveColumn {
        name: row.get("column"),
        precision: row.get("precision"),
        default: row.get("default"),
    };
    let rows = db.rows(timeout, &db.with_relations(NAIVE_TIMES), &[(&setting, Type::TEXT)]).await?;
    let known = rows.first().is_none_or(|row| row.get("setting_known"));
    if let Some(zone) = setting.filter(|_| !known) {
        return Err(SourceError {
            kind: SourceErrorKind::InvalidSetting,
            message: format!("time_zone: the server does not know the zone {}", sql::literal(zone)),
            hint: Some("set time_zone in the context to a name of pg_timezone_names".into()),
        });
    }
    catalog.naive_times = NaiveTimes {
        columns: rows.iter().map(column).collect(),
        session_zone: rows.first().and_then(|row| row.get("zone")),
        setting: setting.map(str::to_owned),
        newest: None,
    };
    let jobs = catalog.jobs.as_ref().filter(|jobs| jobs.can_select && !jobs.hidden_by_rls);
    if let (Some(zone), Some(jobs)) = (undecided_zone(catalog), jobs) {
        catalog.naive_times.newest = newest(db, jobs, &zone, timeout).await?;
    }
    Ok(())
}

/// Reads the newest time that has passed, in UTC and in `zone`. `None` if there is none, or if the table takes too long.
async fn newest(
    db: &Database,
    jobs: &CatalogTable,
    zone: &str,
    timeout: Duration,
) -> Result<Option<NewestTime>, SourceError> {
    let is_past = |name: &str| PAST.contains(&name);
    let columns = jobs.columns.iter().filter(|c| c.is_any(&["timestamp"]) && is_past(&c.name));
    let newest: Vec<_> = columns
        .map(|column| sql::ident(&column.name))
        .map(|name| format!("max({name}) filter (where isfinite({name}))"))
        .collect();
    if newest.is_empty() {
        return Ok(None);
    }
    let age = |zone: &str| {
        format!("extract(epoch from (now() at time zone {}) - newest)::float8", sql::literal(zone))
    };
    let statement = format!(
        "select {utc} as utc_age, {session} as session_age from (select greatest({newest}) as newest from {jobs}) jobs",
        utc = age("UTC"),
        session = age(zone),
        newest = newest.join(", "),
        jobs = jobs.relation,
    );
    match db.row(timeout.min(SCAN_BUDGET), &statement, &[]).await {
        Ok(row) => Ok(row
            .get::<_, Option<f64>>("utc_age")
            .zip(row.get("session_age"))
            .map(|(utc_age, session_age)| NewestTime { utc_age, session_age })),
        Err(error) if error.kind == SourceErrorKind::Timeout => Ok(None),
        Err(error) => Err(error),
    }
}
