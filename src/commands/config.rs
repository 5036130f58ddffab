//! `config show|check`: which settings are in force, and do they work?

use crate::context::Context;
use crate::error::Error;
use crate::report::settings::{SettingJson, table};
use crate::report::{Block, Cell, Document, Report};

/// Shows every setting with its origin; secrets are redacted where they are stored.
pub fn show(context: &Context) -> Report {
    let settings = &context.settings;
    let rows: Vec<_> = settings.shown().map(SettingJson::from).collect();
    let mut document = Document::default();
    document.push(Block::Table(table(&rows)));
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
