//! The report of `handoff`: the reports of other commands in one document.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::dead_letters::DeadLettersJson;
use super::groups::GroupsJson;
use super::operations::OperationsJson;
use super::queue::QueueJson;
use super::settings::SettingJson;
use super::triage::TriageJson;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::flow::EventHistogram;
use crate::settings::SettingRow;
use crate::text;

/// `data` of `handoff`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HandoffJson {
    /// `data` of the included commands; null if it could not be read, with the reason in `coverage`.
    #[schemars(with = "HandoffPartsJson")]
    parts: Map<String, Value>,
    /// Events of the last hour; null if the schema does not store them in order.
    last_hour: Option<Vec<EventCountsJson>>,
    /// Version of the database server.
    server_version: Option<String>,
    /// Settings with values other than the defaults; secrets are redacted.
    settings: Vec<SettingJson>,
}

/// `data` of the commands that a handoff includes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HandoffPartsJson {
    /// `data` of `triage`.
    triage: TriageJson,
    /// `data` of `queue`.
    queue: Option<QueueJson>,
    /// `data` of `dlq groups`.
    groups: Option<GroupsJson>,
    /// `data` of `dlq list`, of the newest dead letters.
    samples: Option<DeadLettersJson>,
    /// `data` of `dlq ops`.
    operations: Option<OperationsJson>,
}

/// Frequency of an event.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventCountsJson {
    event: String,
    /// Number of events in each of the last six periods of 10 minutes, latest first.
    counts: Vec<i64>,
}

/// The report of another command, or the error that it failed with.
pub(crate) struct HandoffSection {
    /// The key in the JSON.
    pub(crate) name: &'static str,
    /// The heading.
    pub(crate) heading: &'static str,
    /// The maximum number of table rows.
    pub(crate) max_rows: usize,
    /// The report.
    pub(crate) content: Result<Report, Error>,
}

/// Builds the report. A section that could not be read sets exit code 3, because the document is
/// incomplete.
pub(crate) fn report(
    triage: Report,
    sections: Vec<HandoffSection>,
    (histogram, version): (Result<Option<EventHistogram>, Error>, Option<String>),
    settings: Vec<SettingRow>,
    from: &Provenance,
) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("handoff", from));
    let made = from.started_at.strftime("%Y-%m-%d %H:%M:%SZ");
    document.note(format!("Generated {made}; ages are relative to this time"));
    let mut missing = Vec::new();
    let mut data = Map::new();
    document.blocks.extend(without_title(triage.document));
    data.insert("triage".to_owned(), triage.data.json());
    for section in sections {
        document.heading(section.heading);
        let content = section.content.map(|mut report| {
            shorten(&mut report.document, section.max_rows);
            document.blocks.extend(without_title(report.document));
            report.data.json()
        });
        let content = content.unwrap_or_else(|error| {
            document.note(format!("cannot read it: {}", error.message));
            missing.push((section.heading.to_owned(), error.message));
            Value::Null
        });
        data.insert(section.name.to_owned(), content);
    }
    document.heading("The last hour");
    let events = last_hour(&mut document, &mut missing, histogram);
    document.heading("Versions and settings");
    let settings: Vec<_> =
        settings.into_iter().filter(is_set_explicitly).map(SettingJson::from).collect();
    document.push(Block::Pairs(versions(version.as_deref(), from)));
    document.push(Block::Table(super::settings::table(&settings)));
    let json = HandoffJson { parts: data, last_hour: events, server_version: version, settings };
    let mut report = Report::listing("handoff", json, document);
    if !missing.is_empty() {
        report.exit = ExitCode::Unknown;
    }
    report.not_examined = triage.not_examined.into_iter().chain(missing).collect();
    report
}

/// Drops the title of a section: the document has its own.
fn without_title(document: Document) -> impl Iterator<Item = Block> {
    document.blocks.into_iter().filter(|block| !matches!(block, Block::Title(_)))
}

/// Truncates long tables and drops suggested commands: those of triage are enough.
fn shorten(document: &mut Document, max_rows: usize) {
    document.blocks.retain(|block| !matches!(block, Block::Next(_)));
    let mut hidden = None;
    for block in &mut document.blocks {
        if let Block::Table(table) = block
            && table.rows.len() > max_rows
        {
            hidden = Some(table.rows.len() - max_rows);
            table.rows.truncate(max_rows);
            table.rendered = None;
        }
    }
    if let Some(hidden) = hidden {
        document
            .note(format!("{} not shown", text::plural(hidden as u64, "more row", "more rows")));
    }
}

fn last_hour(
    document: &mut Document,
    missing: &mut Vec<(String, String)>,
    histogram: Result<Option<EventHistogram>, Error>,
) -> Option<Vec<EventCountsJson>> {
    let histogram = match histogram {
        Ok(Some(histogram)) => histogram,
        Ok(None) => {
            document.note("this database has no events with a time");
            return None;
        }
        Err(error) => {
            document.note(format!("cannot read it: {}", error.message));
            missing.push(("the last hour".to_owned(), error.message));
            return None;
        }
    };
    let mut columns = vec![Column::text("event")];
    let titles = ["60-50 min ago", "50-40", "40-30", "30-20", "20-10", "10-0"];
    columns.extend(titles.map(Column::number));
    let mut table = Table::new(columns);
    for row in &histogram.buckets {
        let counts = row.counts.iter().rev().map(|n| Cell::plain(text::count((*n).max(0) as u64)));
        let mut cells = vec![Cell::plain(&row.stage)];
        cells.extend(counts);
        cells.resize(7, Cell::plain("0"));
        table.row(cells);
    }
    if histogram.buckets.is_empty() {
        document.note("No events in the last hour.");
    } else {
        document.push(Block::Table(table));
    }
    if !histogram.is_complete {
        document.note("too many events: only the newest are counted");
    }
    let json =
        histogram.buckets.into_iter().map(|b| EventCountsJson { event: b.stage, counts: b.counts });
    Some(json.collect())
}

fn versions(server: Option<&str>, from: &Provenance) -> Vec<(&'static str, Cell)> {
    vec![
        ("made", Cell::plain(from.started_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())),
        ("cliplyctl", Cell::plain(env!("CARGO_PKG_VERSION"))),
        ("PostgreSQL", Cell::plain(server.unwrap_or("unknown"))),
    ]
}

/// Returns whether the setting has a value that is not the default.
fn is_set_explicitly(setting: &SettingRow) -> bool {
    let origin = setting.origin.as_str();
    !setting.value.is_empty() && !origin.is_empty() && origin != "default"
}
