//! Affected workspaces: whose jobs are dead letters.

use super::group::DeadCounts;

/// A workspace with dead letters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AffectedWorkspace {
    /// Its id; `None` for jobs that belong to no workspace.
    pub(crate) workspace: Option<String>,
    /// Number and times of its dead letters.
    pub(crate) dead: DeadCounts,
    /// Number of groups that they belong to.
    pub(crate) groups: u64,
    /// The group with most of them; `None` if none of their groups is counted.
    pub(crate) largest: Option<WorkspaceGroup>,
}

/// The dead letters of a workspace with the same cause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WorkspaceGroup {
    /// Id of the group.
    pub(crate) group: String,
    /// Kind of the jobs.
    pub(crate) kind: String,
    /// The cause.
    pub(crate) cause: String,
    /// Number of dead letters of the workspace.
    pub(crate) jobs: u64,
}

/// All workspaces with dead letters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AffectedWorkspaces {
    /// Workspaces, most dead letters first.
    pub(crate) workspaces: Vec<AffectedWorkspace>,
    /// Number of jobs read.
    pub(crate) read: u64,
    /// Number of jobs of workspaces beyond the maximum number.
    pub(crate) not_listed: u64,
    /// Number of listed jobs whose group is beyond the maximum number of groups.
    pub(crate) not_grouped: u64,
    /// Whether the time limit was reached before all jobs were read.
    pub(crate) truncated: bool,
}
