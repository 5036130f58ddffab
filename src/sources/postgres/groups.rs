//! Counts dead letters by cause, or by another property, while their rows are streamed; only the counts are held in
//! memory.

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
pub(super) const MAX_GROUPS: usize = 10_000;
/// Maximum number of dead letters whose time of death is looked for in the events; of others the row tells it.
const MAX_UNDATED: usize = 50_000;

/// Reads and groups the selected jobs that fulfill this condition. After a timeout the result contains the rows read so
/// far and is marked as truncated.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    jobs: &str,
    selection: &Selection,
    timeout: Duration,
) -> Result<Groups, SourceError> {
    let mut by_cause = ByCause::default();
    let jobs = SelectedJobs { layout, jobs, selection, columns: "" };
    let Streamed { read, truncated } = jobs.stream(db, timeout, &mut by_cause).await?;
    let mut groups: Vec<_> = by_cause.groups.into_values().collect();
    groups.sort_by(|a, b| {
        let jobs = b.dead.jobs.cmp(&a.dead.jobs);
        jobs.then_with(|| a.fingerprint.hash.cmp(&b.fingerprint.hash))
    });
    let rare_groups_dropped = by_cause.rare_groups_dropped;
    Ok(Groups { groups, read, rare_groups_dropped, truncated, ..Groups::default() })
}

/// What jobs are counted by.
pub(super) trait GroupBuilder {
    /// Prepares for a job of this row. `false` if it is not counted.
    fn prepare(&mut self, fingerprint: &Fingerprint, row: &Row) -> bool;

    /// Counts a job for which it is prepared. `id` returns its id.
    fn add(&mut self, job: Member<'_>, dead_since: Option<DeadSince>, id: &dyn Fn() -> String);
}

/// What a job belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    /// Id of its group.
    pub(super) group: &'a str,
    /// Hash of its workspace.
    pub(super) workspace: Option<u64>,
}

/// The jobs to count.
pub(super) struct SelectedJobs<'a> {
    pub(super) layout: &'a Layout,
    pub(super) jobs: &'a str,
    pub(super) selection: &'a Selection,
    /// More columns for [`GroupBuilder::prepare`]: empty, or each with a comma before it.
    pub(super) columns: &'a str,
}

/// What was read.
pub(super) struct Streamed {
    /// Number of jobs.
    pub(super) read: u64,
    /// Whether the time limit was reached before all jobs were read.
    pub(super) truncated: bool,
}

impl SelectedJobs<'_> {
    /// Counts the jobs. After a timeout those read so far are counted.
    pub(super) async fn stream(
        &self,
        db: &Database,
        timeout: Duration,
        builder: &mut impl GroupBuilder,
    ) -> Result<Streamed, SourceError> {
        let layout = self.layout;
        let conditions = Conditions::of(layout, self.selection, self.jobs);
        // Without ORDER BY: all rows are read anyway, and a sort would delay the first row.
        let statement = format!(
            "select id as job, id::text as id, {}, {}, {} as workspace{} from {} where {}",
            fingerprint_columns(layout),
            dead_letters::dead_since_columns(layout),
            sql::column_or_null(layout.workspace.as_ref(), "uuid"),
            self.columns,
            layout.rows_as("jobs"),
            conditions.sql(),
        );
        let has_events = death_events::searchable(layout).is_some();
        let selection = self.selection;
        let mut counter = Counter { builder, has_events, read: 0, undated: Vec::new() };
        let read = db.read(timeout, async |tx| {
            let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
            let mut rows = pin!(with_fingerprints(rows));
            while let Some((row, fingerprint)) = rows.try_next().await? {
                counter.add(selection, &row, fingerprint);
            }
            Ok(())
        });
        let truncated = match read.await {
            Err(error) if error.kind == SourceErrorKind::Timeout && counter.read > 0 => true,
            read => read.map(|()| false)?,
        };
        if !counter.undated.is_empty() {
            let deaths = death_events::read_all(db, layout, timeout).await?;
            counter.add_undated(&deaths);
        }
        Ok(Streamed { read: counter.read, truncated })
    }
}

/// The rows read so far, and the groups that are built of them.
struct Counter<'a, T> {
    builder: &'a mut T,
    read: u64,
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

impl<T: GroupBuilder> Counter<'_, T> {
    /// Counts a row, at the end if its time of death may be in an event.
    fn add(&mut self, selection: &Selection, row: &Row, fingerprint: Fingerprint) {
        self.read += 1;
        if !in_group(selection, &fingerprint) || !self.builder.prepare(&fingerprint, row) {
            return;
        }
        let dead_since = dead_letters::dead_since_of(row);
        let workspace = workspace_hash(row);
        if self.needs_event(dead_since, row) {
            let WorkspaceHash(job) = row.get("job");
            let (id, group) = (row_types::shown_id(row), fingerprint.hash);
            self.undated.push(UndatedJob { job, id, group, dead_since, workspace });
            return;
        }
        let member = Member { group: &fingerprint.hash, workspace };
        self.builder.add(member, dead_since, &|| row_types::shown_id(row));
    }

    fn needs_event(&self, dead_since: Option<DeadSince>, row: &Row) -> bool {
        let changed = || dead_letters::changed_of(row).and_then(Micros::finite);
        let changed = || changed().and_then(|at| Timestamp::from_microsecond(at).ok());
        self.has_events
            && self.undated.len() < MAX_UNDATED
            && death_events::is_needed(dead_since, changed())
    }

    /// Counts the jobs whose time of death may be in one of these events.
    fn add_undated(&mut self, deaths: &HashMap<u64, DeadSince>) {
        for UndatedJob { job, id, group, dead_since, workspace } in &self.undated {
            let event = deaths.get(job);
            let dead_since =
                event.map(|event| death_events::newest(*dead_since, *event)).or(*dead_since);
            let member = Member { group, workspace: *workspace };
            self.builder.add(member, dead_since, &|| id.clone());
        }
    }
}

/// Returns the hash of the workspace of a row.
pub(super) fn workspace_hash(row: &Row) -> Option<u64> {
    row.get::<_, Option<WorkspaceHash>>("workspace").map(|WorkspaceHash(hash)| hash)
}

/// Groups by cause that are being counted.
#[derive(Default)]
struct ByCause {
    groups: HashMap<String, DeadLetterGroup>,
    rare_groups_dropped: u64,
}

impl GroupBuilder for ByCause {
    fn prepare(&mut self, fingerprint: &Fingerprint, row: &Row) -> bool {
        if self.groups.contains_key(&fingerprint.hash) {
            return true;
        }
        if self.groups.len() >= MAX_GROUPS {
            self.rare_groups_dropped += 1;
            return false;
        }
        let kind = row_types::text(row, "fp_kind");
        let group = DeadLetterGroup::new(kind.as_deref().unwrap_or("-"), fingerprint.clone());
        self.groups.insert(fingerprint.hash.clone(), group);
        true
    }

    fn add(&mut self, job: Member<'_>, dead_since: Option<DeadSince>, id: &dyn Fn() -> String) {
        if let Some(group) = self.groups.get_mut(job.group) {
            group.add(dead_since, job.workspace, id);
        }
    }
}
