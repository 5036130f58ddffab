//! The report of `dlq groups --by workspace`: who is affected.

use schemars::JsonSchema;
use serde::Serialize;

use super::dead_letters::push_given_up;
use super::groups::{UNDATED, recent_jobs};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::affected_workspace::{AffectedWorkspace, AffectedWorkspaces, WorkspaceGroup};
use crate::facts::dead_letter::{DeadSince, GivenUpStates};
use crate::facts::selection::Selection;
use crate::suggest::ShellCommand;
use crate::text;

/// Maximum number of workspaces in the table; machine formats have all.
const SHOWN: usize = 50;

/// `data` of `dlq groups --by workspace`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkspacesJson {
    /// Number of dead letters that were read.
    read: u64,
    /// Whether reading stopped at the time limit; the counts are lower bounds in that case.
    truncated: bool,
    /// Number of jobs of workspaces beyond the maximum number.
    not_listed: u64,
    /// Number of listed jobs whose group is beyond the maximum number of groups.
    not_grouped: u64,
    /// Workspaces, most dead letters first.
    workspaces: Vec<WorkspaceJson>,
    /// Workspaces of failed jobs that are not tried again; null if there are none.
    given_up: Option<GivenUpWorkspacesJson>,
}

/// Workspaces of failed jobs that are not tried again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GivenUpWorkspacesJson {
    /// Their states.
    states: Vec<String>,
    /// Claim functions, none of which takes them.
    functions: Vec<String>,
    /// Number of jobs that were read.
    read: u64,
    /// Whether reading stopped at the time limit; the counts are lower bounds in that case.
    truncated: bool,
    /// Workspaces, most jobs first.
    workspaces: Vec<WorkspaceJson>,
}

/// A workspace with dead letters.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkspaceJson {
    /// Id of the workspace; null for jobs that belong to none.
    workspace: Option<String>,
    /// Number of its dead letters.
    count: u64,
    /// Time at which the first job was dead-lettered, RFC 3339 UTC.
    first_dead_lettered_at: Option<String>,
    /// Time at which the last job was dead-lettered, RFC 3339 UTC.
    last_dead_lettered_at: Option<String>,
    /// Number of jobs dead-lettered in the last 15 minutes, by the database clock.
    dead_lettered_last_15m: Option<u64>,
    /// Whether jobs were dead-lettered in the last 15 minutes.
    still_failing: Option<bool>,
    /// Number of groups that its dead letters belong to.
    groups: u64,
    /// The group with most of its dead letters; null if none of their groups is counted.
    largest_group: Option<WorkspaceGroupJson>,
}

/// The dead letters of a workspace with the same cause.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WorkspaceGroupJson {
    /// Id of the group for `--group`, with its version.
    group: String,
    kind: String,
    /// Cause, with `<*>` for variable parts.
    cause: String,
    /// Number of dead letters of the workspace.
    count: u64,
}

/// What `dlq groups --by workspace` shows.
pub(crate) struct WorkspacesView<'a> {
    /// Workspaces of dead letters.
    pub(crate) workspaces: &'a AffectedWorkspaces,
    /// Why the schema has no dead letters.
    pub(crate) no_dead_letters: Option<String>,
    /// Workspaces of given-up jobs.
    pub(crate) given_up: Option<(&'a GivenUpStates, &'a AffectedWorkspaces)>,
    /// The filters.
    pub(crate) selection: &'a Selection,
}

/// Builds the report.
pub(crate) fn report(view: &WorkspacesView<'_>, from: &Provenance) -> Report {
    let found = view.workspaces;
    let mut document = Document::default();
    match &view.no_dead_letters {
        Some(reason) => document.summary(reason.as_str()),
        None => document.summary(headline(found)),
    }
    document.push(title_line::title_at("dead letters by workspace", from));
    push_workspaces(&mut document, found);
    if let Some((states, given_up)) = view.given_up {
        push_given_up(&mut document, states);
        document.note(counts(given_up, ("job", "jobs")));
        push_workspaces(&mut document, given_up);
    }
    document.next(next_steps(view));
    let mut report = Report::listing("dlq groups", data(view), document);
    if found.truncated {
        report
            .not_examined
            .push(("other dead letters".to_owned(), "time limit reached".to_owned()));
    }
    report.summary =
        vec![("workspaces", found.workspaces.len().into()), ("read", found.read.into())];
    report
}

/// `48 dead letters of 2 workspaces; still failing in 1`
fn headline(found: &AffectedWorkspaces) -> String {
    if found.workspaces.is_empty() {
        return "No dead letters match.".to_owned();
    }
    let counts = counts(found, ("dead letter", "dead letters"));
    match found.workspaces.iter().filter(|workspace| workspace.dead.recent > 0).count() {
        0 if found.workspaces.iter().any(|found| found.dead.known_recent().is_none()) => {
            format!("{counts}; {UNDATED}")
        }
        0 => format!("{counts}; no new ones in the last 15m"),
        failing => {
            let recent = found.workspaces.iter().map(|workspace| workspace.dead.recent).sum();
            let (failing, recent) = (text::count(failing as u64), text::count(recent));
            format!("{counts}; still failing in {failing} ({recent} in 15m)")
        }
    }
}

/// `48 dead letters of 2 workspaces, 3 of no workspace`
fn counts(found: &AffectedWorkspaces, (one, many): (&str, &str)) -> String {
    let at_least = if found.truncated { "≥ " } else { "" };
    let jobs = found.workspaces.iter().map(|workspace| workspace.dead.jobs).sum::<u64>();
    let jobs = text::plural(jobs + found.not_listed, one, many);
    let named = found.workspaces.iter().filter(|workspace| workspace.workspace.is_some()).count();
    let named = text::plural(named as u64, "workspace", "workspaces");
    let more = if found.not_listed > 0 { "more than " } else { "" };
    let without = found.workspaces.iter().find(|workspace| workspace.workspace.is_none());
    let without = without.map_or_else(String::new, |workspace| {
        format!(", {} of no workspace", text::count(workspace.dead.jobs))
    });
    format!("{at_least}{jobs} of {more}{named}{without}")
}

fn push_workspaces(document: &mut Document, found: &AffectedWorkspaces) {
    if !found.workspaces.is_empty() {
        document.push(Block::Table(table(&found.workspaces)));
    }
    let hidden = found.workspaces.len().saturating_sub(SHOWN);
    if hidden > 0 {
        let hidden = text::plural(hidden as u64, "workspace", "workspaces");
        document.note(format!("{hidden} with fewer jobs: -o json."));
    }
    if found.truncated {
        document.note(
            "The time limit was reached: counts are lower bounds (more time: --timeout, fewer jobs: --since).",
        );
    }
    if found.not_listed > 0 {
        let jobs = text::plural(found.not_listed, "job", "jobs");
        document.note(format!("{jobs} of other workspaces are not listed."));
    }
    if found.not_grouped > 0 {
        let jobs = text::plural(found.not_grouped, "job", "jobs");
        document.note(format!("{jobs} of further groups are not counted in GROUPS."));
    }
}

fn table(workspaces: &[AffectedWorkspace]) -> Table {
    let mut table = Table::listing(vec![
        Column::number("jobs"),
        Column::text("workspace"),
        Column::number("last 15m"),
        Column::number("last seen"),
        Column::number("first seen").minor(),
        Column::number("groups"),
        Column::text("largest group"),
        Column::text("kind").minor(),
        Column::prose("cause"),
    ]);
    let age = |dead_since: Option<DeadSince>| {
        dead_since.map_or_else(|| "-".to_owned(), |d| format!("{} ago", text::age(d.age)))
    };
    for affected in workspaces.iter().take(SHOWN) {
        let largest = |field: fn(&WorkspaceGroup) -> &String| {
            affected.largest.as_ref().map_or_else(|| Cell::muted("-"), |of| Cell::plain(field(of)))
        };
        let recent = if affected.dead.recent > 0 { Status::Warning } else { Status::Ok };
        table.row(vec![
            Cell::plain(text::count(affected.dead.jobs)),
            match &affected.workspace {
                Some(workspace) => Cell::strong(workspace),
                None => Cell::muted("none"),
            },
            Cell::value_with_status(recent_jobs(&affected.dead), recent),
            Cell::plain(age(affected.dead.last)),
            Cell::plain(age(affected.dead.first)),
            Cell::plain(text::count(affected.groups)),
            largest(|group| &group.group),
            largest(|group| &group.kind),
            largest(|group| &group.cause),
        ]);
    }
    table
}

/// The causes of the workspace with most dead letters, and its jobs, with the same filters.
fn next_steps(view: &WorkspacesView<'_>) -> Vec<Suggestion> {
    let mut named = view.workspaces.workspaces.iter().filter_map(|w| w.workspace.clone());
    let Some(workspace) = named.next() else { return vec![] };
    let selection = Selection { workspace: Some(workspace), ..view.selection.clone() };
    let command = |words| ShellCommand::new(words).args(selection.flags());
    vec![
        Suggestion::new(command("dlq groups"), "causes in the most affected workspace"),
        Suggestion::new(command("dlq list"), "its dead letters"),
    ]
}

fn data(view: &WorkspacesView<'_>) -> WorkspacesJson {
    let list = |found: &AffectedWorkspaces| found.workspaces.iter().map(json).collect();
    let found = view.workspaces;
    WorkspacesJson {
        read: found.read,
        truncated: found.truncated,
        not_listed: found.not_listed,
        not_grouped: found.not_grouped,
        workspaces: list(found),
        given_up: view.given_up.map(|(states, found)| GivenUpWorkspacesJson {
            states: states.states.clone(),
            functions: states.functions.clone(),
            read: found.read,
            truncated: found.truncated,
            workspaces: list(found),
        }),
    }
}

fn json(affected: &AffectedWorkspace) -> WorkspaceJson {
    let time = |dead_since: Option<DeadSince>| dead_since.map(|d| d.at.to_string());
    let largest = affected.largest.as_ref().map(|largest| WorkspaceGroupJson {
        group: largest.group.clone(),
        kind: largest.kind.clone(),
        cause: largest.cause.clone(),
        count: largest.jobs,
    });
    WorkspaceJson {
        workspace: affected.workspace.clone(),
        count: affected.dead.jobs,
        first_dead_lettered_at: time(affected.dead.first),
        last_dead_lettered_at: time(affected.dead.last),
        dead_lettered_last_15m: affected.dead.known_recent(),
        still_failing: affected.dead.known_recent().map(|jobs| jobs > 0),
        groups: affected.groups,
        largest_group: largest,
    }
}
