//! Counts failed jobs by what becomes of them.

use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use crate::facts::SourceError;
use crate::queue::{Fate, Layout, Lifecycle, Retries, sql};
use crate::sources::postgres::Database;

/// Numbers of failed jobs by state and fate.
#[derive(Debug, Default)]
pub(crate) struct Fates(Vec<(String, Fate, u64)>);

impl Fates {
    /// The number of jobs with such a fate.
    pub(crate) fn count(&self, is: impl Fn(Fate) -> bool) -> u64 {
        self.0.iter().filter(|(_, fate, _)| is(*fate)).map(|(_, _, n)| n).sum()
    }

    /// The states of jobs with such a fate, in the order of the layout.
    pub(crate) fn states(&self, layout: &Layout, is: impl Fn(Fate) -> bool) -> Vec<String> {
        let has = |state: &&String| self.0.iter().any(|(of, fate, _)| of == *state && is(*fate));
        layout.state_names.failed.iter().filter(has).cloned().collect()
    }
}

/// Returns whether there are failed jobs.
pub(crate) async fn failed_exist(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<bool, SourceError> {
    let (jobs, failed) = (layout.rows_as("jobs"), sql::is_role(layout, Lifecycle::Failed));
    let statement = format!("select exists (select from {jobs} where {failed}) as found");
    Ok(db.row(timeout, &statement, &[]).await?.get("found"))
}

/// Counts the failed jobs, of this kind if one is given. There are none if all of them are tried again.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    retries: &Retries,
    kind: Option<&str>,
    timeout: Duration,
) -> Result<Fates, SourceError> {
    let Some(fate) = retries.fate(layout) else { return Ok(Fates::default()) };
    let of_kind = match (&layout.kind, kind) {
        (Some(column), Some(_)) => format!("{}::text = $1", sql::ident(column)),
        _ => "$1::text is null".to_owned(),
    };
    let statement = format!(
        "select {state}::text as state, {fate} as fate, count(*) as n from {jobs}
          where {failed} and {of_kind} group by 1, 2",
        state = sql::ident(&layout.state_column),
        jobs = layout.rows_as("jobs"),
        failed = sql::is_role(layout, Lifecycle::Failed),
    );
    let kind: [(&(dyn ToSql + Sync), Type); 1] = [(&kind, Type::TEXT)];
    let rows = db.rows(timeout, &statement, &kind).await?;
    let counts = rows.iter().map(|row| {
        let fate = Fate::parse(row.get("fate")).unwrap_or(Fate::Unknown);
        (row.get("state"), fate, u64::try_from(row.get::<_, i64>("n")).unwrap_or(0))
    });
    Ok(Fates(counts.collect()))
}
