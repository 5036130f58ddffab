//! Groups dead letters by cause while their rows are streamed; only the groups are held in memory.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tokio_postgres::Row;

use super::dead_letters::death_events;
use super::row_types;
use super::row_types::{Micros, WorkspaceHash};
use super::selection::{Conditions, fingerprint_columns, in_group, with_fingerprints};
use super::{Database, dead_letters};
use crate::facts::dead_letter::DeadSince;
use crate::facts::group::{DeadLetterGroup, Groups};
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::fingerprint::Fingerprint;
use crate::queue::{Layout, sql};

/// Maximum number of groups; dead letters of further causes are only counted.
const MAX_GROUPS: usize = 10_000;
/// Maximum number of dead letters whose time of death is looked for in the events; of others the row tells it.
const MAX_UNDATED: usize = 50_000;

/// Reads and groups the selected jobs in these states. After a timeout the result contains the rows read so
/// far and is marked as truncated.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    states: &[String],
    selection: &Selection,
    timeout: Duration,
) -> Result<Groups, SourceError> {
    let jobs = layout.rows_as("jobs");
    let conditions = Conditions::in_states(layout, selection, states);
    // Without ORDER BY: all rows are read anyway, and a sort would delay the first row.
    let statement = format!(
        "select id as job, id::text as id, {}, {}, {} as workspace from {jobs} where {}",
        fingerprint_columns(layout),
        dead_letters::dead_since_columns(layout),
        sql::column_or_null(layout.workspace.as_ref(), "uuid"),
        conditions.sql(),
    );
    let has_events = death_events::searchable(layout).is_some();
    let mut builder = GroupBuilder { has_events, ..GroupBuilder::default() };
    let read = db.read(timeout, async |tx| {
        let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
        let mut rows = pin!(with_fingerprints(rows));
        while let Some((row, fingerprint)) = rows.try_next().await? {
            builder.add(selection, &row, fingerprint);
        }
        Ok(())
    });
    let truncated = match read.await {
        Err(error) if error.kind == SourceErrorKind::Timeout && builder.read > 0 => true,
        read => read.map(|()| false)?,
    };
    let deaths = match builder.undated.is_empty() {
        true => HashMap::new(),
        false => death_events::read_all(db, layout, timeout).await?,
    };
    Ok(Groups { truncated, ..builder.finish(&deaths) })
}

/// Groups that are being built.
#[derive(Default)]
struct GroupBuilder {
    groups: HashMap<String, DeadLetterGroup>,
    read: u64,
    rare_groups_dropped: u64,
    /// Whether events can tell when a job died.
    has_events: bool,
    /// Jobs whose time of death may be in an event.
    undated: Vec<UndatedJob>,
}

/// A job whose time of death may be in an event.
struct UndatedJob {
    /// Hash of its id.
    job: u64,
    /// Its id.
    id: String,
    /// Id of its group.
    group: String,
    dead_since: Option<DeadSince>,
    workspace: Option<u64>,
}

impl GroupBuilder {
    /// Counts a row in its group.
    fn add(&mut self, selection: &Selection, row: &Row, fingerprint: Fingerprint) {
        self.read += 1;
        if !in_group(selection, &fingerprint) {
            return;
        }
        let full = self.groups.len() >= MAX_GROUPS;
        let dead_since = dead_letters::dead_since_of(row);
        let workspace =
            row.get::<_, Option<WorkspaceHash>>("workspace").map(|WorkspaceHash(token)| token);
        if full && !self.groups.contains_key(&fingerprint.hash) {
            self.rare_groups_dropped += 1;
            return;
        }
        let is_undated = self.needs_event(dead_since, row);
        if is_undated {
            let WorkspaceHash(job) = row.get("job");
            let (id, group) = (row_types::shown_id(row), fingerprint.hash.clone());
            self.undated.push(UndatedJob { job, id, group, dead_since, workspace });
        }
        if let Some(group) = self.groups.get_mut(&fingerprint.hash) {
            if !is_undated {
                group.add(dead_since, workspace, || row_types::shown_id(row));
            }
            return;
        }
        let kind = row_types::text(row, "fp_kind");
        let hash = fingerprint.hash.clone();
        let mut group = DeadLetterGroup::new(kind.as_deref().unwrap_or("-"), fingerprint);
        if !is_undated {
            group.add(dead_since, workspace, || row_types::shown_id(row));
        }
        self.groups.insert(hash, group);
    }

    fn needs_event(&self, dead_since: Option<DeadSince>, row: &Row) -> bool {
        let changed = || dead_letters::changed_of(row).and_then(Micros::finite);
        let changed = || changed().and_then(|at| Timestamp::from_microsecond(at).ok());
        self.has_events
            && self.undated.len() < MAX_UNDATED
            && death_events::is_needed(dead_since, changed())
    }

    /// Returns the groups, largest first. `deaths` are the times of death in the events.
    fn finish(mut self, deaths: &HashMap<u64, DeadSince>) -> Groups {
        for UndatedJob { job, id, group, dead_since, workspace } in
            std::mem::take(&mut self.undated)
        {
            let event = deaths.get(&job);
            let dead_since =
                event.map(|event| death_events::newest(dead_since, *event)).or(dead_since);
            if let Some(group) = self.groups.get_mut(&group) {
                group.add(dead_since, workspace, || id);
            }
        }
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
