//! Groups dead jobs by cause in one streamed reading: rows pass by, only the groups stay.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio_postgres::Row;

use super::row_types::Token;
use super::selection::{Conditions, fingerprint, fingerprint_columns, in_group};
use super::{Database, dead_letters};
use crate::facts::group::{DeadLetterGroup, Groups};
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};

/// Causes that are kept apart; beyond, jobs are only counted.
const MAX_GROUPS: usize = 10_000;

/// Reads and groups. When time runs out, the answer is what was read until then, and says so.
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
    let conditions = Conditions::new(layout, selection);
    // In no order: everything is read, and a sort would hold back the first row until the last.
    let statement = format!(
        "select {}, {}, {} as workspace from public.jobs where {}",
        fingerprint_columns(layout),
        dead_letters::dead_since_columns(layout),
        sql::column_or_null(layout.workspace.as_ref(), "uuid"),
        conditions.sql(),
    );
    let mut tally = GroupBuilder::default();
    let read = db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        while let Some(row) = rows.try_next().await? {
            tally.add(selection, &row);
        }
        Ok(())
    });
    let cut = match read.await {
        Err(error) if error.kind == SourceErrorKind::Timeout && tally.read > 0 => true,
        read => read.map(|()| false)?,
    };
    Ok(Groups { truncated: cut, ..tally.finish() })
}

#[derive(Default)]
struct GroupBuilder {
    groups: HashMap<String, DeadLetterGroup>,
    read: u64,
    rare_groups_dropped: u64,
}

impl GroupBuilder {
    fn add(&mut self, selection: &Selection, row: &Row) {
        self.read += 1;
        let cause = fingerprint(row);
        if !in_group(selection, &cause) {
            return;
        }
        let full = self.groups.len() >= MAX_GROUPS;
        let (death, workspace) = (dead_letters::dead_since_of(row), row.get("workspace"));
        let workspace = Option::map(workspace, |Token(token)| token);
        if let Some(group) = self.groups.get_mut(&cause.hash) {
            group.add(death, workspace);
        } else if full {
            self.rare_groups_dropped += 1;
        } else {
            let kind: Option<&str> = row.get("fp_kind");
            let hash = cause.hash.clone();
            let mut group = DeadLetterGroup::new(kind.unwrap_or("-"), cause);
            group.add(death, workspace);
            self.groups.insert(hash, group);
        }
    }

    fn finish(self) -> Groups {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        groups.sort_by(|a, b| {
            b.count.cmp(&a.count).then_with(|| a.fingerprint.hash.cmp(&b.fingerprint.hash))
        });
        Groups {
            groups,
            read: self.read,
            rare_groups_dropped: self.rare_groups_dropped,
            ..Groups::default()
        }
    }
}
