//! The answer of `dlq groups`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, header};
use crate::facts::dead_letter::Death;
use crate::facts::group::{Group, Groups};
use crate::text;

/// `data` of `dlq groups`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupsJson {
    /// Dead jobs that were read.
    read: u64,
    /// Whether older jobs were left unread.
    cut: bool,
    /// Jobs of causes beyond the number that is kept apart.
    unkept: u64,
    /// Largest first.
    groups: Vec<GroupJson>,
}

/// Dead jobs with one cause.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupJson {
    /// Versioned; accepted as `--group`.
    hash: String,
    kind: String,
    /// Error code or class.
    code: Option<String>,
    /// The cause; `<*>` stands where jobs differ.
    template: String,
    count: u64,
    /// RFC 3339 UTC.
    first_died_at: Option<String>,
    /// RFC 3339 UTC.
    last_died_at: Option<String>,
    /// Deaths in the last 15 minutes, by the server's clock.
    died_last_15m: u64,
    /// Workspaces with such a job.
    workspaces: usize,
    /// Whether a job of this kind finished after the last death; null when unknown.
    recovering: Option<bool>,
}

impl GroupJson {
    fn new(group: &Group, recovering: Option<bool>) -> Self {
        let time = |death: Option<Death>| death.map(|d| d.at.to_string());
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
            recovering,
        }
    }
}

/// Builds the listing.
#[must_use]
pub fn report(groups: &Groups, from: &Provenance) -> Report {
    let mut document = Document::default();
    document.push(header::title("dead letters by cause", from));
    if groups.groups.is_empty() {
        document.note("no dead letters match");
    } else {
        document.push(Block::Table(table(groups)));
    }
    document.note(footer(groups));
    document.next(groups.groups.first().map_or_else(Vec::new, |largest| {
        let command = format!("cliplyctl dlq list --group {}", largest.fingerprint.hash);
        vec![(command, "the jobs of the largest group".to_owned())]
    }));
    let data = GroupsJson {
        read: groups.read,
        cut: groups.cut,
        unkept: groups.unkept,
        groups: groups.groups.iter().map(|g| GroupJson::new(g, recovering(groups, g))).collect(),
    };
    let mut report = Report::listing("dlq groups", data, document);
    report.summary = vec![("groups", groups.groups.len().into()), ("read", groups.read.into())];
    report
}

fn footer(groups: &Groups) -> String {
    let mut line = format!(
        "{} of {}",
        text::plural(groups.groups.len() as u64, "group", "groups"),
        text::plural(groups.read, "dead letter read", "dead letters read"),
    );
    if groups.cut {
        line.push_str(", the newest; older ones were not read");
    }
    if groups.unkept > 0 {
        line.push_str(&format!("; {} of rarer causes left out", text::count(groups.unkept)));
    }
    line
}

fn recovering(groups: &Groups, group: &Group) -> Option<bool> {
    groups.finishes.as_ref().and_then(|finishes| finishes.after(group))
}

fn table(groups: &Groups) -> Table {
    let mut table = Table::listing(vec![
        Column::text("group"),
        Column::text("kind"),
        Column::number("count"),
        Column::number("first"),
        Column::number("last"),
        Column::number("in 15m"),
        Column::number("tenants"),
        Column::text("recovering"),
        Column::prose("cause"),
    ]);
    let age = |death: Option<Death>| death.map_or_else(|| "?".to_owned(), |d| text::age(d.age));
    for group in &groups.groups {
        table.row(vec![
            Cell::strong(&group.fingerprint.hash),
            Cell::plain(&group.kind),
            Cell::plain(text::count(group.count)),
            Cell::plain(age(group.first)),
            Cell::plain(age(group.last)),
            Cell::plain(text::count(group.recent)),
            Cell::plain(text::count(group.workspaces.len() as u64)),
            match recovering(groups, group) {
                Some(true) => Cell::plain("yes"),
                Some(false) => Cell::plain("no"),
                None => Cell::muted("unknown"),
            },
            Cell::plain(&group.fingerprint.template),
        ]);
    }
    table
}
