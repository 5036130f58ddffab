//! The bundle of `handoff`: the reports of other commands, one below the other.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::settings::SettingJson;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::flow::EventHistogram;
use crate::settings::SettingRow;
use crate::text;

/// `data` of `handoff`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HandoffJson {
    /// `data` of the commands that it is made of: `triage`, `queue`, `groups`, `samples`, `operations`.
    /// A part that could not be read is null; `coverage` says why.
    parts: Map<String, Value>,
    /// Events of the last hour; null where the schema does not keep them in order.
    last_hour: Option<Vec<BeatJson>>,
    /// The database server's version.
    server_version: Option<String>,
    /// Settings that are not defaults, secrets redacted.
    settings: Vec<SettingJson>,
}

/// How often something happened.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BeatJson {
    event: String,
    /// Six counts of ten minutes each, the latest first.
    counts: Vec<i64>,
}

/// The answer of another command, or why there is none.
pub struct HandoffSection {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its heading.
    pub heading: &'static str,
    /// Rows of its tables that are shown.
    pub most: usize,
    /// What it said.
    pub content: Result<Report, Error>,
}

/// Puts the parts together. A part that is missing makes it exit 3: nobody should take it for whole.
#[must_use]
pub(crate) fn report(
    status: Report,
    parts: Vec<HandoffSection>,
    (hour, version): (Result<Option<EventHistogram>, Error>, Option<String>),
    settings: Vec<SettingRow>,
    from: &Provenance,
) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("handoff", from));
    let made = from.started_at.strftime("%Y-%m-%d %H:%M:%SZ");
    document.note(format!("made {made}; ages are of then"));
    let mut missing = Vec::new();
    let mut data = Map::new();
    document.blocks.extend(without_title(status.document));
    data.insert("triage".to_owned(), status.data.json());
    for part in parts {
        document.heading(part.heading);
        let content = part.content.map(|mut report| {
            shorten(&mut report.document, part.most);
            document.blocks.extend(without_title(report.document));
            report.data.json()
        });
        let content = content.unwrap_or_else(|error| {
            document.note(format!("could not be read: {}", error.message));
            missing.push((part.heading.to_owned(), error.message));
            Value::Null
        });
        data.insert(part.name.to_owned(), content);
    }
    document.heading("The last hour");
    let beats = last_hour(&mut document, &mut missing, hour);
    document.heading("Versions and settings");
    let settings: Vec<_> = settings.into_iter().filter(is_chosen).map(SettingJson::from).collect();
    document.push(Block::Pairs(versions(version.as_deref(), from)));
    document.push(Block::Table(super::settings::table(&settings)));
    let json = HandoffJson { parts: data, last_hour: beats, server_version: version, settings };
    let mut report = Report::listing("handoff", json, document);
    if !missing.is_empty() {
        report.exit = ExitCode::Unknown;
    }
    report.not_examined = status.not_examined.into_iter().chain(missing).collect();
    report
}

/// One title is enough, and what to type next is the triage's to say.
fn without_title(document: Document) -> impl Iterator<Item = Block> {
    document.blocks.into_iter().filter(|block| !matches!(block, Block::Title(_)))
}

/// The first rows of a table are enough; commands to go on with are left out.
fn shorten(document: &mut Document, most: usize) {
    document.blocks.retain(|block| !matches!(block, Block::Next(_)));
    let mut cut = None;
    for block in &mut document.blocks {
        if let Block::Table(table) = block
            && table.rows.len() > most
        {
            cut = Some(table.rows.len() - most);
            table.rows.truncate(most);
            table.painted = None;
        }
    }
    if let Some(cut) = cut {
        document.note(format!("{} not shown", text::plural(cut as u64, "more row", "more rows")));
    }
}

fn last_hour(
    document: &mut Document,
    missing: &mut Vec<(String, String)>,
    hour: Result<Option<EventHistogram>, Error>,
) -> Option<Vec<BeatJson>> {
    let pulse = match hour {
        Ok(Some(pulse)) => pulse,
        Ok(None) => {
            document.note("this schema keeps no events that could be counted by time");
            return None;
        }
        Err(error) => {
            document.note(format!("could not be read: {}", error.message));
            missing.push(("the last hour".to_owned(), error.message));
            return None;
        }
    };
    let mut columns = vec![Column::text("event")];
    let steps = ["60-50 min ago", "50-40", "40-30", "30-20", "20-10", "10-0"];
    columns.extend(steps.map(Column::number));
    let mut table = Table::new(columns);
    for beat in &pulse.beats {
        let counts = beat.counts.iter().rev().map(|n| Cell::plain(text::count((*n).max(0) as u64)));
        let mut row = vec![Cell::plain(&beat.stage)];
        row.extend(counts);
        row.resize(7, Cell::plain("0"));
        table.row(row);
    }
    if pulse.beats.is_empty() {
        document.note("no events within the last hour");
    } else {
        document.push(Block::Table(table));
    }
    if !pulse.whole {
        document
            .note("there were more events than could be looked at: only the newest are counted");
    }
    let json = pulse.beats.into_iter().map(|b| BeatJson { event: b.stage, counts: b.counts });
    Some(json.collect())
}

fn versions(server: Option<&str>, from: &Provenance) -> Vec<(&'static str, Cell)> {
    vec![
        ("made", Cell::plain(from.started_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())),
        ("cliplyctl", Cell::plain(env!("CARGO_PKG_VERSION"))),
        ("PostgreSQL", Cell::plain(server.unwrap_or("unknown"))),
    ]
}

/// Whether somebody chose it.
fn is_chosen(setting: &SettingRow) -> bool {
    let origin = setting.origin.as_str();
    !setting.value.is_empty() && !origin.is_empty() && origin != "default"
}
