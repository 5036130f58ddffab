//! The reports of `history systems`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::time;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::recorded_system::RecordedSystem;
use crate::report::{Block, Cell, Column, Document, Report, Table};
use crate::text::plural;

/// `data` of `history systems`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SystemsJson {
    /// Path of the store; null if nothing was recorded.
    store: Option<String>,
    /// The recorded systems, by name.
    systems: Vec<SystemJson>,
}

/// `data` of `history systems rename`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RenamedJson {
    /// The system with its new name.
    system: SystemJson,
    /// Its name before.
    previous_name: String,
}

/// `data` of `history systems join`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JoinedJson {
    /// The system that continues, with everything that was moved to it.
    system: SystemJson,
    /// The system that ended, as it was.
    joined: SystemJson,
}

/// A recorded system.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SystemJson {
    /// Id, by which commands can select it.
    id: i64,
    /// Name: the first address, or the one that the operator chose.
    name: String,
    /// Name of the context that was used last.
    context: Option<String>,
    /// Addresses of the database, or base URLs, at which it was recorded, latest first.
    addresses: Vec<String>,
    /// Number of snapshots.
    snapshots: u64,
    /// Time of the first snapshot, RFC 3339 UTC.
    first: Option<String>,
    /// Time of the last snapshot, RFC 3339 UTC.
    last: Option<String>,
}

impl From<RecordedSystem> for SystemJson {
    fn from(system: RecordedSystem) -> Self {
        Self {
            id: system.id,
            name: system.name,
            context: system.context,
            addresses: system.addresses,
            snapshots: system.snapshots,
            first: system.range.map(|(first, _)| time(first)),
            last: system.range.map(|(_, last)| time(last)),
        }
    }
}

/// Builds the list.
pub(crate) fn list(systems: Vec<RecordedSystem>, store: Option<&Path>) -> Report {
    let count = systems.len() as u64;
    let store = store.map(|path| path.display().to_string());
    let mut document = Document::default();
    document.summary(match count {
        0 => "No recorded systems.".to_owned(),
        _ => plural(count, "recorded system", "recorded systems"),
    });
    let mut title = vec![Cell::strong("history systems")];
    title.extend(store.as_ref().map(Cell::muted));
    document.push(Block::Title(title));
    if systems.is_empty() {
        document.next(vec![Suggestion::fixed("record", "record a snapshot")]);
    } else {
        document.push(Block::Table(table(&systems)));
    }
    let systems = systems.into_iter().map(SystemJson::from).collect();
    let mut report = Report::listing("history systems", SystemsJson { store, systems }, document);
    report.summary = vec![("systems", count.into())];
    report
}

fn table(systems: &[RecordedSystem]) -> Table {
    let mut table = Table::new(vec![
        Column::number("id"),
        Column::text("name"),
        Column::text("context"),
        Column::number("snapshots"),
        Column::text("first"),
        Column::text("last"),
        Column::prose("addresses"),
    ]);
    for system in systems {
        let at = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), time);
        let others = system.addresses.iter().filter(|address| **address != system.name);
        table.row(vec![
            Cell::plain(system.id.to_string()),
            Cell::strong(&system.name),
            Cell::plain(system.context.as_deref().unwrap_or("-")),
            Cell::plain(crate::text::count(system.snapshots)),
            Cell::plain(at(system.range.map(|range| range.0))),
            Cell::plain(at(system.range.map(|range| range.1))),
            Cell::plain(others.cloned().collect::<Vec<_>>().join(", ")),
        ]);
    }
    table
}

/// Builds the report of a new name.
pub(crate) fn renamed(system: RecordedSystem, previous: &str) -> Report {
    let mut document = Document::default();
    document.headline(Status::Ok, format!("Renamed {previous} to {}", system.name));
    let data = RenamedJson { system: system.into(), previous_name: previous.to_owned() };
    Report::listing("history systems rename", data, document)
}

/// Returns what a join will do, for the prompt.
pub(crate) fn join_plan(from: &RecordedSystem, into: &RecordedSystem) -> String {
    let line = |verb: &str, system: &RecordedSystem| {
        let snapshots = plural(system.snapshots, "snapshot", "snapshots");
        let range = system.range.map_or_else(String::new, |(first, last)| {
            format!(", {} to {}", time(first), time(last))
        });
        format!("{verb}  {} {} ({snapshots}{range})\n", system.id, system.name)
    };
    let retention = "The retention of the next recording applies to all of them. \
                     A join cannot be undone.\n";
    format!("{}{}{retention}", line("join", from), line("into", into))
}

/// Builds the report of a join.
pub(crate) fn joined(from: &RecordedSystem, into: RecordedSystem) -> Report {
    let mut document = Document::default();
    let moved = plural(from.snapshots, "snapshot", "snapshots");
    document.headline(Status::Ok, format!("Moved {moved} of {} to {}", from.name, into.name));
    document.push(Block::Table(table(std::slice::from_ref(&into))));
    let data = JoinedJson { system: into.into(), joined: from.clone().into() };
    Report::listing("history systems join", data, document)
}
