//! `config show|check`: which settings are in force, and do they work?

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::report::{Block, Cell, Column, Document, Report, Table};

#[derive(Serialize)]
struct SettingJson {
    name: String,
    value: String,
    origin: String,
}

/// Shows every setting with its origin; secrets are redacted where they are stored.
pub fn show(context: &Context) -> Report {
    let settings = &context.settings;
    let mut table =
        Table::new(vec![Column::text("setting"), Column::prose("value"), Column::prose("from")]);
    let mut rows = Vec::new();
    for shown in settings.shown() {
        let value = if shown.value.is_empty() { "-".to_owned() } else { shown.value.clone() };
        table.row(vec![
            Cell::plain(&shown.name),
            Cell::plain(value),
            Cell::muted(shown.origin.clone()),
        ]);
        rows.push(SettingJson { name: shown.name, value: shown.value, origin: shown.origin });
    }
    let mut document = Document::default();
    document.push(Block::Table(table));
    for file in &settings.config_files {
        document.note(format!("read {}", file.display()));
    }
    for warning in &settings.warnings {
        document.note(format!("warning: {warning}"));
    }
    if !settings.contexts.is_empty() {
        document.note(format!("contexts: {}", settings.contexts.join(", ")));
    }
    Report::listing("config show", rows, document)
}

/// Fails on the first setting that is missing or does not work.
///
/// # Errors
/// What is missing (78), or why the database cannot be read (3).
pub async fn check(context: &Context) -> Result<Report, Error> {
    let base = context.settings.base_url.as_ref().map_err(Clone::clone)?;
    context.http()?;
    let database = context.settings.database.as_ref().map_err(Clone::clone)?;
    let layout = context.layout().await?;
    let server = match layout.in_recovery {
        true => "hot standby: it replays another server, can lag behind it and accepts no writes",
        false => "primary",
    };
    let mut document = Document::default();
    document.push(Block::Pairs(vec![
        ("base URL", Cell::plain(format!("{} (from {})", base.value, base.origin))),
        ("database", Cell::plain(format!("{} (from {})", database.value, database.origin))),
        ("server", Cell::plain(server)),
        ("jobs", Cell::plain(format!("ids are {}, by {}", layout.id.sql(), layout.live))),
    ]));
    for warning in context.settings.warnings.iter().chain(&layout.assumptions) {
        document.note(format!("warning: {warning}"));
    }
    Ok(Report::listing("config check", serde_json::json!({ "live_column": layout.live }), document))
}
