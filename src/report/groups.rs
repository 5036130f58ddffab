//! The report of `dlq groups`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::acknowledged::{AcknowledgedJson, cell, push_not_applied};
use super::dead_letter::{CauseAdviceJson, retry_text};
use super::dead_letters::push_given_up;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::advice::advise;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::acknowledged::{AcknowledgedDead, AcknowledgedGroup};
use crate::facts::advice::{Advice, SafeToRetry};
use crate::facts::dead_letter::{DeadSince, GivenUpStates};
use crate::facts::group::{DeadCounts, DeadLetterGroup, Groups};
use crate::suggest::ShellCommand;
use crate::text;

/// Maximum number of groups that the headline names.
const FAILING_SHOWN: usize = 3;

/// `data` of `dlq groups`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GroupsJson {
    /// Number of dead letters that were read.
    read: u64,
    /// Whether reading stopped at the time limit; the counts are lower bounds in that case.
    truncated: bool,
    /// Number of jobs in small groups that exceed the maximum number of groups.
    not_grouped: u64,
    /// Why earlier requeues are not known or not completely known; null if they are.
    requeued_before_incomplete: Option<String>,
    /// Dead letters that are listed and belong to acknowledged groups that hold.
    acknowledged_jobs: u64,
    /// Why no acknowledged group is subtracted; null if they are.
    acknowledged_not_applied: Option<String>,
    /// Groups, largest first.
    groups: Vec<GroupJson>,
    /// Failed jobs that are not tried again, grouped in the same way; null if there are none.
    given_up: Option<GivenUpGroupsJson>,
}

/// Groups of failed jobs that are not tried again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GivenUpGroupsJson {
    /// Their states.
    states: Vec<String>,
    /// Claim functions, none of which takes them.
    functions: Vec<String>,
    /// Number of jobs that were read.
    read: u64,
    /// Whether reading stopped at the time limit; the counts are lower bounds in that case.
    truncated: bool,
    /// Groups, largest first.
    groups: Vec<GroupJson>,
}

/// What `dlq groups` shows.
pub(crate) struct GroupsView<'a> {
    /// Groups of dead letters.
    pub(crate) groups: &'a Groups,
    /// Whether jobs have an error.
    pub(crate) has_errors: bool,
    /// Why the schema has no dead letters.
    pub(crate) no_dead_letters: Option<String>,
    /// Groups of given-up jobs.
    pub(crate) given_up: Option<(&'a GivenUpStates, &'a Groups)>,
    /// The acknowledged groups, if the configuration has some.
    pub(crate) acknowledged: Option<&'a AcknowledgedDead>,
    /// Rules of advice, highest precedence first.
    pub(crate) rules: &'a [&'a Advice],
    /// Why the table is not written, so that no requeue is suggested.
    pub(crate) write_obstacle: Option<&'a str>,
}

/// Dead letters of one kind with the same cause.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GroupJson {
    /// Id of the group for `--group`, with its version.
    group: String,
    kind: String,
    /// Error code or error class.
    code: Option<String>,
    /// Cause, with `<*>` for variable parts.
    cause: String,
    count: u64,
    /// Time at which the first job was dead-lettered, RFC 3339 UTC.
    first_dead_lettered_at: Option<String>,
    /// Time at which the last job was dead-lettered, RFC 3339 UTC.
    last_dead_lettered_at: Option<String>,
    /// Number of jobs dead-lettered in the last 15 minutes, by the database clock.
    dead_lettered_last_15m: Option<u64>,
    /// Whether jobs were dead-lettered in the last 15 minutes.
    still_failing: Option<bool>,
    /// Id of the job that was dead-lettered last.
    sample: Option<String>,
    /// Number of workspaces with jobs in the group; null if no job of any group has one.
    workspaces: Option<usize>,
    /// Number of jobs that failed again after an earlier requeue, according to the events that were
    /// read; null if unknown.
    requeued_before: Option<u64>,
    /// Advice for the cause; null if there is none.
    advice: Option<CauseAdviceJson>,
    /// Whether a job of this kind finished after the last job of the group was dead-lettered; null
    /// if unknown.
    kind_finished_since: Option<bool>,
    /// Its entry of `[[acknowledged]]`; null if there is none.
    acknowledged: Option<AcknowledgedJson>,
}

impl GroupJson {
    fn new(
        groups: &Groups,
        group: &DeadLetterGroup,
        advice: Option<&Advice>,
        acknowledged: Acknowledged<'_>,
    ) -> Self {
        let time = |dead_since: Option<DeadSince>| dead_since.map(|d| d.at.to_string());
        Self {
            group: group.fingerprint.hash.clone(),
            kind: group.kind.clone(),
            code: group.fingerprint.code.clone(),
            cause: group.fingerprint.template.clone(),
            count: group.dead.jobs,
            first_dead_lettered_at: time(group.dead.first),
            last_dead_lettered_at: time(group.dead.last),
            dead_lettered_last_15m: group.dead.known_recent(),
            still_failing: group.dead.known_recent().map(|jobs| jobs > 0),
            sample: group.sample.clone(),
            workspaces: has_workspaces(groups).then_some(group.workspaces.len()),
            requeued_before: groups.requeued.count(group),
            advice: advice.map(CauseAdviceJson::from),
            kind_finished_since: kind_finished_since(groups, group),
            acknowledged: acknowledged
                .entry(group)
                .map(|(dead, entry)| AcknowledgedJson::of_group(dead, entry)),
        }
    }
}

/// The acknowledged groups, if there are some. Given-up jobs have none.
#[derive(Clone, Copy)]
struct Acknowledged<'a>(Option<&'a AcknowledgedDead>);

impl<'a> Acknowledged<'a> {
    /// Returns the entry for a group.
    fn entry(
        self,
        group: &DeadLetterGroup,
    ) -> Option<(&'a AcknowledgedDead, &'a AcknowledgedGroup)> {
        let dead = self.0?;
        Some((dead, dead.group(&group.fingerprint.hash)?))
    }

    /// Returns whether the dead letters of a group do not count.
    fn holds(self, group: &DeadLetterGroup) -> bool {
        self.entry(group).is_some_and(|(dead, entry)| dead.holds(entry))
    }

    /// Returns the number of listed dead letters that do not count.
    fn jobs(self, groups: &Groups) -> u64 {
        let acknowledged = groups.groups.iter().filter(|group| self.holds(group));
        acknowledged.map(|group| group.dead.jobs).sum()
    }
}

/// Builds the report.
pub(crate) fn report(view: &GroupsView<'_>, from: &Provenance) -> Report {
    let groups = view.groups;
    let acknowledged = Acknowledged(view.acknowledged);
    // Once for each group: there can be thousands, and each is compared with every pattern of every rule.
    let listed = groups.groups.iter();
    let listed = listed.chain(view.given_up.iter().flat_map(|(_, given_up)| &given_up.groups));
    let advice: HashMap<&str, Option<&Advice>> = listed
        .map(|group| &group.fingerprint)
        .map(|cause| (cause.hash.as_str(), advise(view.rules.iter().copied(), cause)))
        .collect();
    let advice = |group: &DeadLetterGroup| advice.get(group.fingerprint.hash.as_str()).copied()?;
    let mut document = Document::default();
    match &view.no_dead_letters {
        Some(reason) => document.summary(reason.as_str()),
        None => document.summary(headline(groups, acknowledged)),
    }
    document.push(title_line::title_at("dead letters by cause", from));
    if !groups.groups.is_empty() {
        document.push(Block::Table(table(groups, acknowledged, advice)));
    }
    if let Some(acknowledged) = view.acknowledged {
        push_not_applied(&mut document, acknowledged);
    }
    if !view.has_errors && !groups.groups.is_empty() {
        document.note("this table has no error texts: dead letters are grouped by kind only");
    }
    if view.no_dead_letters.is_none() {
        notes(&mut document, groups);
    }
    if let Some((states, given_up)) = view.given_up {
        push_given_up(&mut document, states);
        document.note(headline_of(given_up, 0, ("job", "jobs")));
        if !given_up.groups.is_empty() {
            document.push(Block::Table(table(given_up, Acknowledged(None), advice)));
        }
        notes(&mut document, given_up);
    }
    if let Some(largest) = groups.groups.iter().find(|group| !acknowledged.holds(group)) {
        if let Some(obstacle) = view.write_obstacle {
            document.note(format!("No requeue: {obstacle}"));
        }
        let is_largest = groups.groups.first().is_some_and(|group| !acknowledged.holds(group));
        let sample = match is_largest {
            true => "a sample of the largest group",
            false => "a sample of the largest group that is not acknowledged",
        };
        let is_writable = view.write_obstacle.is_none();
        document.next(next_steps(largest, sample, advice(largest), is_writable));
    }
    let mut report = Report::listing("dlq groups", data(view, advice), document);
    if groups.truncated {
        report
            .not_examined
            .push(("other dead letters".to_owned(), "time limit reached".to_owned()));
    }
    report.summary = vec![("groups", groups.groups.len().into()), ("read", groups.read.into())];
    report
}

fn data<'a>(
    view: &GroupsView<'a>,
    advice: impl Fn(&DeadLetterGroup) -> Option<&'a Advice>,
) -> GroupsJson {
    let list = |groups: &Groups, acknowledged| -> Vec<_> {
        let json = |g| GroupJson::new(groups, g, advice(g), acknowledged);
        groups.groups.iter().map(json).collect()
    };
    let (groups, acknowledged) = (view.groups, Acknowledged(view.acknowledged));
    GroupsJson {
        read: groups.read,
        truncated: groups.truncated,
        not_grouped: groups.rare_groups_dropped,
        requeued_before_incomplete: groups.requeued.incomplete.clone(),
        acknowledged_jobs: acknowledged.jobs(groups),
        acknowledged_not_applied: view.acknowledged.and_then(|dead| dead.not_applied.clone()),
        groups: list(groups, acknowledged),
        given_up: view.given_up.map(|(states, groups)| GivenUpGroupsJson {
            states: states.states.clone(),
            functions: states.functions.clone(),
            read: groups.read,
            truncated: groups.truncated,
            groups: list(groups, Acknowledged(None)),
        }),
    }
}

/// What headlines say if new jobs cannot be told from old ones.
pub(super) const UNDATED: &str =
    "not known whether some are new: no column says since when they are dead";

/// `48 dead letters (14 acknowledged) in 4 groups; still failing: CLIP_RENDER (10 in 15m)`
fn headline(groups: &Groups, acknowledged: Acknowledged<'_>) -> String {
    if groups.groups.is_empty() {
        return "No dead letters match.".to_owned();
    }
    let mut failing: Vec<_> = groups.groups.iter().filter(|group| group.dead.recent > 0).collect();
    failing.sort_by_key(|group| (acknowledged.holds(group), std::cmp::Reverse(group.dead.recent)));
    let names = failing.iter().map(|group| {
        let suffix = if acknowledged.holds(group) { ", acknowledged" } else { "" };
        format!("{} ({} in 15m{suffix})", group.kind, text::count(group.dead.recent))
    });
    let names: Vec<_> = names.collect();
    let counts = headline_of(groups, acknowledged.jobs(groups), ("dead letter", "dead letters"));
    match names.as_slice() {
        [] if groups.groups.iter().any(|group| group.dead.known_recent().is_none()) => {
            format!("{counts}; {UNDATED}")
        }
        [] => format!("{counts}; no new ones in the last 15m"),
        names => format!("{counts}; still failing: {}", text::some_of(names, FAILING_SHOWN)),
    }
}

/// `48 dead letters (14 acknowledged) in 4 groups`
fn headline_of(groups: &Groups, acknowledged: u64, (one, many): (&str, &str)) -> String {
    let at_least = if groups.truncated { "≥ " } else { "" };
    let acknowledged = match acknowledged {
        0 => String::new(),
        jobs => format!(" ({} acknowledged)", text::count(jobs)),
    };
    format!(
        "{at_least}{}{acknowledged} in {}",
        text::plural(groups.groups.iter().map(|group| group.dead.jobs).sum(), one, many),
        text::plural(groups.groups.len() as u64, "group", "groups"),
    )
}

/// The number of new dead letters, `?` if it is not known.
pub(super) fn recent_jobs(dead: &DeadCounts) -> String {
    dead.known_recent().map_or_else(|| "?".to_owned(), text::count)
}

fn notes(document: &mut Document, groups: &Groups) {
    if groups.truncated {
        document.note(
            "The time limit was reached: counts are lower bounds (more time: --timeout, fewer jobs: --since).",
        );
    }
    if groups.rare_groups_dropped > 0 {
        let jobs = text::plural(groups.rare_groups_dropped, "job", "jobs");
        document.note(format!("{jobs} with rarer causes are not listed."));
    }
    if let Some(incomplete) = &groups.requeued.incomplete {
        document.note(format!("earlier requeues: {incomplete}"));
    }
}

/// A sample of the group, and its requeue with a canary, unless a retry cannot succeed.
fn next_steps(
    group: &DeadLetterGroup,
    sample: &str,
    advice: Option<&Advice>,
    is_writable: bool,
) -> Vec<Suggestion> {
    let mut next = vec![];
    if let Some(job) = &group.sample {
        let show = ShellCommand::new("dlq show").arg(job);
        next.push(Suggestion::new(show, sample.to_owned()));
    }
    let condition = match advice.map(|advice| advice.safe_to_retry) {
        _ if !is_writable => return next,
        Some(SafeToRetry::No) => return next,
        Some(SafeToRetry::Yes) => "",
        Some(SafeToRetry::AfterFix) | None => "after the fix: ",
    };
    let requeue = ShellCommand::new("dlq requeue --group").arg(&group.fingerprint.hash);
    let canary = requeue.arg("--canary");
    let preview = canary.clone().arg("--dry-run");
    next.push(Suggestion::new(preview, format!("{condition}preview a canary")));
    let jobs = match group.dead.jobs {
        1 => "requeue it".to_owned(),
        jobs => format!("requeue 1 job first, then the remaining {}", text::count(jobs - 1)),
    };
    next.push(Suggestion::new(canary, format!("{condition}{jobs}")));
    next
}

fn kind_finished_since(groups: &Groups, group: &DeadLetterGroup) -> Option<bool> {
    groups.finishes.as_ref().and_then(|finishes| finishes.after(group))
}

fn table<'a>(
    groups: &Groups,
    acknowledged: Acknowledged<'_>,
    advice: impl Fn(&DeadLetterGroup) -> Option<&'a Advice>,
) -> Table {
    let requeued = |group: &DeadLetterGroup| groups.requeued.count(group).unwrap_or(0);
    let has_requeued = groups.groups.iter().any(|group| requeued(group) > 0);
    let has_entries = groups.groups.iter().any(|group| acknowledged.entry(group).is_some());
    let has_workspaces = has_workspaces(groups);
    let mut table = Table::listing(columns(has_workspaces, has_requeued, has_entries));
    let age = |dead_since: Option<DeadSince>| {
        dead_since.map_or_else(|| "-".to_owned(), |d| format!("{} ago", text::age(d.age)))
    };
    for group in &groups.groups {
        let recent = if group.dead.recent > 0 { Status::Warning } else { Status::Ok };
        let mut row = vec![
            Cell::plain(text::count(group.dead.jobs)),
            Cell::plain(&group.kind),
            Cell::value_with_status(recent_jobs(&group.dead), recent),
            Cell::plain(age(group.dead.last)),
            Cell::plain(age(group.dead.first)),
        ];
        let workspaces = || Cell::plain(text::count(group.workspaces.len() as u64));
        row.extend(has_workspaces.then(workspaces));
        row.extend(has_requeued.then(|| Cell::plain(text::count(requeued(group)))));
        row.push(match advice(group) {
            Some(advice) => Cell::plain(retry_text(advice.safe_to_retry)),
            None => Cell::muted("unknown"),
        });
        row.push(Cell::strong(&group.fingerprint.hash));
        let entry = || match acknowledged.entry(group) {
            Some((dead, entry)) => cell(dead, entry),
            None => Cell::plain(""),
        };
        row.extend(has_entries.then(entry));
        row.push(Cell::plain(&group.fingerprint.template));
        table.row(row);
    }
    table
}

/// Whether a job of a group has a workspace. Not every backend's jobs have one.
fn has_workspaces(groups: &Groups) -> bool {
    groups.groups.iter().any(|group| !group.workspaces.is_empty())
}

/// Returns the columns of the table; three only if a group has a value there.
fn columns(has_workspaces: bool, has_requeued: bool, has_entries: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::number("jobs"),
        Column::text("kind"),
        Column::number("last 15m"),
        Column::number("last seen"),
        Column::number("first seen").minor(),
    ];
    columns.extend(has_workspaces.then(|| Column::number("workspaces").minor()));
    columns.extend(has_requeued.then(|| Column::number("requeued before").minor()));
    columns.extend([Column::text("safe to retry"), Column::text("group")]);
    columns.extend(has_entries.then(|| Column::text("acknowledged")));
    columns.push(Column::prose("cause"));
    columns
}
