//! Groups dead letters by cause while their rows are streamed; only the groups are held in memory.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio_postgres::Row;

use super::row_types;
use super::row_types::WorkspaceHash;
use super::selection::{Conditions, fingerprint, fingerprint_columns, in_group};
use super::{Database, dead_letters};
use crate::facts::group::{DeadLetterGroup, Groups};
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};

/// Maximum number of groups; dead letters of further causes are only counted.
const MAX_GROUPS: usize = 10_000;

/// Reads and groups the selected dead letters. After a timeout the result contains the rows read so
/// far and is marked as truncated.
///
/// # Errors
/// [`SourceErrorKind::UnknownLayout`] if the schema has no dead letters.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    selection: &Selection,
    timeout: Duration,
) -> Result<Groups, SourceError> {
    let jobs = layout.rows_as("jobs");
    dead_letters::required(layout)?;
    let conditions = Conditions::new(layout, selection);
    // Without ORDER BY: all rows are read anyway, and a sort would delay the first row.
    let statement = format!(
        "select {}, {}, {} as workspace from {jobs} where {}",
        fingerprint_columns(layout),
        dead_letters::dead_since_columns(layout),
        sql::column_or_null(layout.workspace.as_ref(), "uuid"),
        conditions.sql(),
    );
    let mut builder = GroupBuilder::default();
    let read = db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        while let Some(row) = rows.try_next().await? {
            builder.add(selection, &row);
        }
        Ok(())
    });
    let truncated = match read.await {
        Err(error) if error.kind == SourceErrorKind::Timeout && builder.read > 0 => true,
        read => read.map(|()| false)?,
    };
    Ok(Groups { truncated, ..builder.finish() })
}

/// Groups that are being built.
#[derive(Default)]
struct GroupBuilder {
    groups: HashMap<String, DeadLetterGroup>,
    read: u64,
    rare_groups_dropped: u64,
}

impl GroupBuilder {
    /// Counts a row in its group.
    fn add(&mut self, selection: &Selection, row: &Row) {
        self.read += 1;
        let fingerprint = fingerprint(row);
        if !in_group(selection, &fingerprint) {
            return;
        }
        let full = self.groups.len() >= MAX_GROUPS;
        let dead_since = dead_letters::dead_since_of(row);
        let workspace =
            row.get::<_, Option<WorkspaceHash>>("workspace").map(|WorkspaceHash(token)| token);
        if let Some(group) = self.groups.get_mut(&fingerprint.hash) {
            group.add(dead_since, workspace);
        } else if full {
            self.rare_groups_dropped += 1;
        } else {
            let kind = row_types::text(row, "fp_kind");
            let hash = fingerprint.hash.clone();
            let mut group = DeadLetterGroup::new(kind.as_deref().unwrap_or("-"), fingerprint);
            group.add(dead_since, workspace);
            self.groups.insert(hash, group);
        }
    }

    /// Returns the groups, largest first.
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
