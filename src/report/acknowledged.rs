//! Acknowledged groups: the report of `dlq ack`, and their lines in the reports of `queue` and `triage`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Document, Report};
use crate::facts::Status;
use crate::facts::acknowledged::{AcknowledgedDead, AcknowledgedGroup, Acknowledgement};
use crate::facts::group::DeadLetterGroup;
use crate::redact::sanitize;
use crate::text;

/// `data` of `dlq ack`, and an acknowledged group of `queue` and `dlq groups`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AcknowledgedJson {
    /// Id of the group.
    group: String,
    /// Who is responsible.
    owner: String,
    /// Why it is acknowledged.
    reason: String,
    /// Last day on which it holds, in UTC.
    expires: String,
    /// The most dead letters for which it holds.
    max_jobs: u64,
    /// Context that it is limited to; null if it is not.
    context: Option<String>,
    /// Dead letters of the group.
    jobs: u64,
    /// Whether they do not count; null if nothing was read for that.
    holds: Option<bool>,
}

impl AcknowledgedJson {
    fn new(entry: &Acknowledgement, jobs: u64, holds: Option<bool>) -> Self {
        Self {
            group: entry.group.clone(),
            owner: entry.owner.clone(),
            reason: entry.reason.clone(),
            expires: entry.expires.to_string(),
            max_jobs: entry.max_jobs,
            context: entry.context.clone(),
            jobs,
            holds,
        }
    }

    /// Returns the acknowledged groups of a queue.
    pub(super) fn all(dead: &AcknowledgedDead) -> Vec<Self> {
        dead.groups.iter().map(|group| Self::of_group(dead, group)).collect()
    }

    /// Returns an acknowledged group of `dead`.
    pub(super) fn of_group(dead: &AcknowledgedDead, group: &AcknowledgedGroup) -> Self {
        Self::new(&group.entry, group.jobs, Some(dead.holds(group)))
    }
}

/// Builds the report of `dlq ack`; the table format is the entry itself.
pub(crate) fn report(entry: &Acknowledgement, group: &DeadLetterGroup) -> Report {
    let mut document = Document::default();
    document.push(Block::Raw(toml_entry(entry, &group.kind, &group.fingerprint.template)));
    Report::listing("dlq ack", AcknowledgedJson::new(entry, group.dead.jobs, None), document)
}

/// Returns the entry as TOML, below a comment with the cause. Kind and cause are untrusted: a line break would end
/// the comment.
fn toml_entry(entry: &Acknowledgement, kind: &str, cause: &str) -> String {
    let (kind, cause) = (sanitize::line(kind), sanitize::line(cause));
    let quoted = |text: &str| toml::Value::String(sanitize::line(text).into_owned()).to_string();
    let mut toml = format!(
        "# {kind}: {cause}\n[[acknowledged]]\ngroup = {}\nowner = {}\nreason = {}\nexpires = {}\nmax_jobs = {}\n",
        quoted(&entry.group),
        quoted(&entry.owner),
        quoted(&entry.reason),
        quoted(&entry.expires.to_string()),
        entry.max_jobs,
    );
    if let Some(context) = &entry.context {
        toml.push_str(&format!("context = {}\n", quoted(context)));
    }
    toml
}

/// Adds a note about each acknowledged group, and why none is subtracted.
pub(super) fn push_notes(document: &mut Document, acknowledged: Option<&AcknowledgedDead>) {
    let Some(acknowledged) = acknowledged else { return };
    if acknowledged.not_applied.is_some() {
        return push_not_applied(document, acknowledged);
    }
    for group in &acknowledged.groups {
        document.note(note(group));
    }
}

/// Adds a note that says why no group is subtracted, if that is so.
pub(super) fn push_not_applied(document: &mut Document, acknowledged: &AcknowledgedDead) {
    if let Some(reason) = &acknowledged.not_applied {
        document.note(format!("acknowledged groups are not subtracted: {reason}"));
    }
}

/// The cell of an acknowledged group: who is responsible, and until when or why it counts again.
pub(super) fn cell(dead: &AcknowledgedDead, group: &AcknowledgedGroup) -> Cell {
    let Acknowledgement { owner, expires, max_jobs, .. } = &group.entry;
    let owner = sanitize::line(owner);
    if dead.not_applied.is_some() {
        return Cell::muted(format!("{owner}: not applied"));
    }
    if !group.is_current {
        return Cell::value_with_status(format!("{owner}: expired {expires}"), Status::Warning);
    }
    if !group.holds() {
        let (jobs, most) = (text::count(group.jobs), text::count(*max_jobs));
        return Cell::value_with_status(
            format!("{owner}: {jobs} jobs, at most {most}"),
            Status::Warning,
        );
    }
    Cell::plain(format!("{owner} until {expires}"))
}

fn note(group: &AcknowledgedGroup) -> String {
    let Acknowledgement { group: id, owner, reason, expires, max_jobs, .. } = &group.entry;
    let jobs = text::plural(group.jobs, "dead letter", "dead letters");
    let (owner, reason) = (sanitize::line(owner), sanitize::line(reason));
    if !group.is_current {
        return format!(
            "acknowledged until {expires}, counts again: {id}, {jobs} ({owner}: {reason})"
        );
    }
    if !group.holds() {
        let most = text::count(*max_jobs);
        return format!(
            "acknowledged for at most {most}, counts again: {id}, {jobs} ({owner}: {reason})"
        );
    }
    format!("acknowledged until {expires}: {id}, {jobs} ({owner}: {reason})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::acknowledged::tests::group;

    #[test]
    fn note_says_until_when_and_why_a_group_counts_again() {
        let expected =
            "acknowledged until 2026-12-15: v2-3f9a2c1b07, 3 dead letters (ann: the vendor knows)";
        assert_eq!(note(&group(3, 5)), expected);
        assert!(note(&group(6, 5)).starts_with("acknowledged for at most 5, counts again: "));
        let expired = AcknowledgedGroup { is_current: false, ..group(3, 5) };
        assert!(note(&expired).starts_with("acknowledged until 2026-12-15, counts again: "));
    }

    #[test]
    fn entry_with_hostile_texts_is_one_entry_of_toml() {
        let mut entry = group(3, 5).entry;
        entry.reason = "a\"\n[context.prod]\nread_only = false".to_owned();
        let text = toml_entry(&entry, "K\n[a]", "boom\u{1b}[31m\r\n[[acknowledged]]");
        let table: toml::Table = toml::from_str(&text).unwrap();
        assert_eq!(table.keys().collect::<Vec<_>>(), ["acknowledged"], "{text}");
        assert_eq!(table["acknowledged"].as_array().unwrap().len(), 1, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
