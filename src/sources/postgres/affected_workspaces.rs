//! Counts dead letters by workspace while their rows are streamed.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::Row;

use super::groups::{GroupBuilder, MAX_GROUPS, Member, SelectedJobs, Streamed, workspace_hash};
use super::{Database, row_types};
use crate::facts::SourceError;
use crate::facts::affected_workspace::{AffectedWorkspace, AffectedWorkspaces, WorkspaceGroup};
use crate::facts::dead_letter::DeadSince;
use crate::facts::group::DeadCounts;
use crate::facts::selection::Selection;
use crate::fingerprint::Fingerprint;
use crate::queue::{Layout, sql};

/// Maximum number of workspaces; dead letters of others are only counted.
const MAX_WORKSPACES: usize = 10_000;

/// Reads the workspaces of the selected jobs that fulfill this condition. After a timeout the result contains the rows read
/// so far and is marked as truncated.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    jobs: &str,
    selection: &Selection,
    timeout: Duration,
) -> Result<AffectedWorkspaces, SourceError> {
    let workspace = sql::column_or_null(layout.workspace.as_ref(), "text");
    let columns = format!(", {workspace}::text as workspace_name");
    let mut builder = ByWorkspace::default();
    let jobs = SelectedJobs { layout, jobs, selection, columns: &columns };
    let Streamed { read, truncated } = jobs.stream(db, timeout, &mut builder).await?;
    let ByWorkspace { not_listed, not_grouped, .. } = builder;
    let workspaces = builder.finish();
    Ok(AffectedWorkspaces { workspaces, read, not_listed, not_grouped, truncated })
}

/// Workspaces that are being counted.
#[derive(Default)]
struct ByWorkspace {
    /// By the hash of the id; `None` for jobs that belong to no workspace.
    workspaces: HashMap<Option<u64>, Workspace>,
    /// Kind and cause by the id of the group.
    groups: HashMap<String, Cause>,
    not_listed: u64,
    not_grouped: u64,
}

struct Cause {
    /// A number that stands for the group, to keep the counts of a workspace small.
    number: u32,
    kind: String,
    cause: String,
}

#[derive(Default)]
struct Workspace {
    name: Option<String>,
    dead: DeadCounts,
    /// Number of jobs by the number of their group.
    groups: HashMap<u32, u64>,
}

impl GroupBuilder for ByWorkspace {
    fn prepare(&mut self, fingerprint: &Fingerprint, row: &Row) -> bool {
        let workspace = workspace_hash(row);
        let is_new = !self.workspaces.contains_key(&workspace);
        if is_new && self.workspaces.len() >= MAX_WORKSPACES {
            self.not_listed += 1;
            return false;
        }
        if is_new {
            let name = row_types::text(row, "workspace_name");
            self.workspaces.insert(workspace, Workspace { name, ..Workspace::default() });
        }
        if !self.groups.contains_key(&fingerprint.hash) && self.groups.len() < MAX_GROUPS {
            let number = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
            let kind = row_types::text(row, "fp_kind").unwrap_or_else(|| "-".to_owned());
            let cause = Cause { number, kind, cause: fingerprint.template.clone() };
            self.groups.insert(fingerprint.hash.clone(), cause);
        }
        true
    }

    fn add(&mut self, job: Member<'_>, dead_since: Option<DeadSince>, _: &dyn Fn() -> String) {
        let Some(workspace) = self.workspaces.get_mut(&job.workspace) else { return };
        workspace.dead.add(dead_since);
        match self.groups.get(job.group) {
            Some(cause) => *workspace.groups.entry(cause.number).or_default() += 1,
            None => self.not_grouped += 1,
        }
    }
}

impl ByWorkspace {
    /// Returns the workspaces, most dead letters first.
    fn finish(self) -> Vec<AffectedWorkspace> {
        let groups: HashMap<u32, (&String, &Cause)> =
            self.groups.iter().map(|(group, cause)| (cause.number, (group, cause))).collect();
        let largest = |counts: &HashMap<u32, u64>| {
            let known =
                counts.iter().filter_map(|(number, jobs)| Some((groups.get(number)?, jobs)));
            // Of groups of the same size the least id: the order of the rows does not matter.
            let largest =
                known.max_by_key(|((group, _), jobs)| (**jobs, std::cmp::Reverse(*group)));
            largest.map(|((group, cause), jobs)| WorkspaceGroup {
                group: (*group).clone(),
                kind: cause.kind.clone(),
                cause: cause.cause.clone(),
                jobs: *jobs,
            })
        };
        let affected = |workspace: Workspace| AffectedWorkspace {
            groups: workspace.groups.len() as u64,
            largest: largest(&workspace.groups),
            workspace: workspace.name,
            dead: workspace.dead,
        };
        let mut workspaces: Vec<_> = self.workspaces.into_values().map(affected).collect();
        workspaces.sort_by(|a, b| {
            b.dead.jobs.cmp(&a.dead.jobs).then_with(|| a.workspace.cmp(&b.workspace))
        });
        workspaces
    }
}
