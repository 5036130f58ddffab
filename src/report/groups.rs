//! The report of `dlq groups`.

use schemars::JsonSchema;
use serde::Serialize;

use super::dead_letter::{CauseAdviceJson, retry_text};
use super::dead_letters::push_given_up;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::advice::advise;
use crate::facts::advice::Advice;
use crate::facts::dead_letter::{DeadSince, GivenUpStates};
use crate::facts::group::{DeadLetterGroup, Groups};
use crate::text;
use crate::text::ShellCommand;

/// `data` of `dlq groups`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GroupsJson {
    /// Number of dead letters that were read.
    read: u64,
    /// Whether reading stopped at the time limit; the counts are lower bounds in that case.
    cut: bool,
    /// Number of jobs in small groups that exceed the maximum number of groups.
    unkept: u64,
    /// Events that were searched for earlier requeues, in words.
    requeued_before_looked: String,
    /// Groups, largest first.
    groups: Vec<GroupJson>,
    /// Failed jobs that no function claims again, grouped in the same way; null if there are none.
    given_up: Option<GivenUpGroupsJson>,
}

/// Groups of failed jobs that no function claims again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GivenUpGroupsJson {
    /// Their states.
    states: Vec<String>,
    /// Claim functions, none of which takes them.
    functions: Vec<String>,
    /// Number of jobs that were read.
    read: u64,
    /// Whether reading stopped at the time limit; the counts are lower bounds in that case.
    cut: bool,
    /// Groups, largest first.
    groups: Vec<GroupJson>,
}

/// What `dlq groups` shows.
pub(crate) struct GroupsView<'a> {
    /// Groups of dead letters.
    pub(crate) groups: &'a Groups,
    /// Why the schema has no dead letters.
    pub(crate) no_dead_letters: Option<String>,
    /// Groups of given-up jobs.
    pub(crate) given_up: Option<(&'a GivenUpStates, &'a Groups)>,
    /// Rules of advice, highest precedence first.
    pub(crate) rules: &'a [&'a Advice],
}

/// Dead letters of one kind with the same cause.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GroupJson {
    /// Id of the group for `--group`, with its version.
    hash: String,
    kind: String,
    /// Error code or error class.
    code: Option<String>,
    /// Cause, with `<*>` for variable parts.
    template: String,
    count: u64,
    /// Time at which the first job was dead-lettered, RFC 3339 UTC.
    first_died_at: Option<String>,
    /// Time at which the last job was dead-lettered, RFC 3339 UTC.
    last_died_at: Option<String>,
    /// Number of jobs dead-lettered in the last 15 minutes, by the database clock.
    died_last_15m: u64,
    /// Number of workspaces with jobs in the group.
    workspaces: usize,
    /// Number of jobs that failed again after an earlier requeue, according to the events that were
    /// read; null if unknown.
    requeued_before: Option<u64>,
    /// Advice for the cause; null if there is none.
    advice: Option<CauseAdviceJson>,
    /// Whether a job of this kind finished after the last job of the group was dead-lettered; null
    /// if unknown. If `died_last_15m` is above 0, the group is still failing despite `true`.
    recovering: Option<bool>,
}

impl GroupJson {
    fn new(groups: &Groups, group: &DeadLetterGroup, advice: Option<&Advice>) -> Self {
        let time = |dead_since: Option<DeadSince>| dead_since.map(|d| d.at.to_string());
        Self {
            hash: group.fingerprint.hash.clone(),
            kind: group.kind.clone(),
            code: group.fingerprint.code.clone(),
            template: group.fingerprint.template.clone(),
            count: group.count,
            first_died_at: time(group.first),
            last_died_at: time(group.last),
            died_last_15m: group.recent,
            workspaces: group.workspaces.len(),
            requeued_before: groups.requeued.count(group),
            advice: advice.map(CauseAdviceJson::from),
            recovering: recovering(groups, group),
        }
    }
}

/// Builds the report.
pub(crate) fn report(view: &GroupsView<'_>, from: &Provenance) -> Report {
    let groups = view.groups;
    let advice = |group: &DeadLetterGroup| advise(view.rules.iter().copied(), &group.fingerprint);
    let mut document = Document::default();
    document.push(title_line::title("dead letters by cause", from));
    match &view.no_dead_letters {
        Some(reason) => document.note(reason.as_str()),
        None => {
            if groups.groups.is_empty() {
                document.note("no dead letters match");
            } else {
                document.push(Block::Table(table(groups, advice)));
            }
            document.note(footer(groups, "dead letter"));
            document.note(format!("requeued before: {}", groups.requeued.searched));
        }
    }
    if let Some((states, given_up)) = view.given_up {
        push_given_up(&mut document, states);
        if !given_up.groups.is_empty() {
            document.push(Block::Table(table(given_up, advice)));
        }
        document.note(footer(given_up, "job"));
    }
    document.next(groups.groups.first().map_or_else(Vec::new, |largest| {
        let command =
            ShellCommand::new("dlq list --group").arg(&largest.fingerprint.hash).to_string();
        vec![(command, "the jobs of the largest group".to_owned())]
    }));
    let data = GroupsJson {
        read: groups.read,
        cut: groups.truncated,
        unkept: groups.rare_groups_dropped,
        requeued_before_looked: groups.requeued.searched.clone(),
        groups: groups.groups.iter().map(|g| GroupJson::new(groups, g, advice(g))).collect(),
        given_up: view.given_up.map(|(states, groups)| GivenUpGroupsJson {
            states: states.states.clone(),
            functions: states.functions.clone(),
            read: groups.read,
            cut: groups.truncated,
            groups: groups.groups.iter().map(|g| GroupJson::new(groups, g, advice(g))).collect(),
        }),
    };
    let mut report = Report::listing("dlq groups", data, document);
    if groups.truncated {
        report.not_examined.push(("other dead letters".to_owned(), "time ran out".to_owned()));
    }
    report.summary = vec![("groups", groups.groups.len().into()), ("read", groups.read.into())];
    report
}

fn footer(groups: &Groups, noun: &str) -> String {
    let mut line = format!(
        "{} of {}",
        text::plural(groups.groups.len() as u64, "group", "groups"),
        text::plural(groups.read, &format!("{noun} read"), &format!("{noun}s read")),
    );
    if groups.truncated {
        line.push_str(
            ", in no order; then time ran out: counts are lower bounds (--timeout, or --since)",
        );
    }
    if groups.rare_groups_dropped > 0 {
        line.push_str(&format!(
            "; {} of rarer causes left out",
            text::count(groups.rare_groups_dropped)
        ));
    }
    line
}

fn recovering(groups: &Groups, group: &DeadLetterGroup) -> Option<bool> {
    groups.finishes.as_ref().and_then(|finishes| finishes.after(group))
}

fn table<'a>(groups: &Groups, advice: impl Fn(&DeadLetterGroup) -> Option<&'a Advice>) -> Table {
    let mut table = Table::listing(vec![
        Column::text("group"),
        Column::text("kind"),
        Column::number("count"),
        Column::number("first").minor(),
        Column::number("last"),
        Column::number("in 15m").minor(),
        Column::number("tenants").minor(),
        Column::number("requeued").minor(),
        Column::text("recovering").minor(),
        Column::text("retry").minor(),
        Column::prose("cause"),
    ]);
    let unknown = || Cell::muted("unknown");
    let age = |dead_since: Option<DeadSince>| {
        dead_since.map_or_else(|| "?".to_owned(), |d| text::age(d.age))
    };
    for group in &groups.groups {
        table.row(vec![
            Cell::strong(&group.fingerprint.hash),
            Cell::plain(&group.kind),
            Cell::plain(text::count(group.count)),
            Cell::plain(age(group.first)),
            Cell::plain(age(group.last)),
            Cell::plain(text::count(group.recent)),
            Cell::plain(text::count(group.workspaces.len() as u64)),
            groups.requeued.count(group).map_or_else(unknown, |n| Cell::plain(text::count(n))),
            match recovering(groups, group) {
                // Jobs of the kind finish again, but jobs still fail with this cause.
                Some(true) if group.recent > 0 => Cell::plain("not yet"),
                Some(true) => Cell::plain("yes"),
                Some(false) => Cell::plain("no"),
                None => unknown(),
            },
            match advice(group) {
                Some(advice) => Cell::plain(retry_text(advice.safe_to_retry)),
                None => unknown(),
            },
            Cell::plain(&group.fingerprint.template),
        ]);
    }
    table
}
