//! Groups dead jobs by cause in one streamed reading: rows pass by, only the groups stay.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;

use super::selection::{Conditions, fingerprint, fingerprint_columns, in_group};
use super::{Database, dead_letters, sql};
use crate::facts::SourceError;
use crate::facts::group::{Group, Groups};
use crate::facts::layout::Layout;
use crate::facts::selection::Selection;

/// Jobs that one reading looks at, the newest first.
pub const WINDOW: u64 = 1_000_000;
/// Causes that are kept apart; beyond, jobs are only counted.
const KEPT: usize = 10_000;

/// Reads and groups.
///
/// # Errors
/// Unknown layout where the schema has no dead letters; else the database's.
pub async fn read(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    timeout: Duration,
) -> Result<Groups, SourceError> {
    dead_letters::required(layout)?;
    let conditions = Conditions::of(layout, selection);
    let statement = format!(
        "select {}, {}, {} from public.jobs where {} order by {} desc limit {}",
        fingerprint_columns(layout),
        dead_letters::death_columns(layout),
        format_args!(
            "{}::text as workspace",
            sql::column_or_null(layout.workspace.as_ref(), "text")
        ),
        conditions.sql(),
        sql::changed(layout),
        WINDOW + 1,
    );
    db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        let mut groups: HashMap<String, Group> = HashMap::new();
        let mut all = Groups::default();
        while let Some(row) = rows.try_next().await? {
            if all.read == WINDOW {
                all.cut = true;
                break;
            }
            all.read += 1;
            let cause = fingerprint(&row);
            if !in_group(selection, &cause) {
                continue;
            }
            if groups.len() >= KEPT && !groups.contains_key(&cause.hash) {
                all.unkept += 1;
                continue;
            }
            let kind: Option<&str> = row.get("fp_kind");
            groups
                .entry(cause.hash.clone())
                .or_insert_with(|| Group::new(kind.unwrap_or("-"), cause))
                .add(dead_letters::death_of(&row), row.get("workspace"));
        }
        all.groups = groups.into_values().collect();
        all.groups.sort_by(|a, b| {
            b.count.cmp(&a.count).then_with(|| a.fingerprint.hash.cmp(&b.fingerprint.hash))
        });
        Ok(all)
    })
    .await
}
