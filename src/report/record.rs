//! The report of `record`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Document, Provenance, Report, title_line};
use crate::facts::Suggestion;
use crate::facts::snapshot::Snapshot;
use crate::text;

/// `data` of `record`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecordedJson {
    /// Number of the snapshot in the store.
    snapshot: i64,
    /// Start time of the snapshot, RFC 3339 UTC.
    at: String,
    /// Status: `ok`, `warning`, `critical` or `unknown`.
    status: &'static str,
    /// Applicable section of the runbook.
    section: Option<String>,
    /// Path of the store.
    store: String,
}

/// Builds the report of a snapshot that was stored.
pub(crate) fn report(snapshot: &Snapshot, number: i64, store: &Path, from: &Provenance) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("recorded", from));
    let mut status = Cell::status(snapshot.status);
    if let Some(section) = &snapshot.section {
        status.text = format!("{} {section}", status.text);
    }
    document.push(Block::Pairs(vec![
        ("snapshot", Cell::strong(number.to_string())),
        ("status", status),
        ("at", Cell::plain(snapshot.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())),
        ("took", Cell::plain(text::millis(snapshot.took.as_secs_f64() * 1e3))),
        ("store", Cell::muted(store.display().to_string())),
    ]));
    document.note("not included: environment (env check)");
    document.next(vec![Suggestion::fixed("history", "past status and trends")]);
    let data = RecordedJson {
        snapshot: number,
        at: snapshot.at.to_string(),
        status: snapshot.status.as_str(),
        section: snapshot.section.clone(),
        store: store.display().to_string(),
    };
    Report::listing("record", data, document)
}
