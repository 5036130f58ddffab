//! The `config` commands: the effective settings, whether they are complete and the database answers, a
//! configuration file from them, and the grants that the commands need.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

mod declared;

use crate::checks::next;
use crate::context::Context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::{SourceError, Status};
use crate::queue::Layout;
use crate::report::settings::{SettingJson, table};
use crate::report::{self, Block, Cell, Document, Report};
use crate::settings::CONFIG_FILE;
use crate::sources::files::config_file;
use crate::sources::postgres::grants;
use crate::sources::postgres::requeue::RequeueColumns;
use crate::suggest::CommandText;

/// `data` of `config check`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ConfigCheckJson {
    /// The column that holds the state of a job; missing if the jobs table could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_column: Option<String>,
    /// The tested declaration of the jobs table; missing without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Option<declared::DeclarationJson>>,
    /// The draft of a declaration; missing if none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    declaration: Option<String>,
}

/// `data` of `config init`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConfigInitJson {
    /// Path of the written file.
    path: String,
    /// Name of its context.
    context: String,
}

/// Reports all settings with their origins. The settings redact their own secrets.
pub(crate) fn show(context: &Context) -> Report {
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

/// Checks the settings of the app and of the database, and connects to the database. A failure of one
/// does not prevent the check of the other.
///
/// With `table` it only drafts a declaration of that table.
pub(crate) async fn check(context: &Context, table: Option<&str>) -> Result<Report, Error> {
    if let Some(table) = table {
        let draft = declared::draft(context, Some(table)).await?;
        let mut document = Document::default();
        declared::push_draft(&mut document, &draft);
        let data = ConfigCheckJson { declaration: Some(draft), ..ConfigCheckJson::default() };
        return Ok(Report::listing("config check", data, document));
    }
    Ok(check_all(context).await)
}

async fn check_all(context: &Context) -> Report {
    let (mut document, mut pairs) = (Document::default(), Vec::new());
    let (mut data, mut errors) = (ConfigCheckJson::default(), Vec::<Error>::new());
    let mut draft = None;
    match app(context) {
        Ok(cell) => pairs.push(("base URL", cell)),
        Err(error) => errors.push(error.into()),
    }
    let mut warnings = context.settings.warnings.clone();
    match context.layout().await {
        Ok(layout) => {
            pairs.extend(database(context, layout));
            warnings.extend(layout.assumptions.iter().cloned());
            data.live_column = Some(layout.state_column.clone());
        }
        Err(error) => {
            if context.declaration().is_none() && declared::needs_draft(&error) {
                draft = declared::draft(context, None).await.ok();
            }
            errors.push(error.into());
        }
    }
    let mut proof = Document::default();
    if let Some(declaration) = context.declaration() {
        let layout = context.layout().await.ok();
        let (json, wrong) = declared::prove(context, declaration, layout, &mut proof).await;
        data.queue = Some(json);
        let is_new =
            |error: &SourceError| errors.iter().all(|other| other.message != error.message);
        let wrong: Vec<_> = wrong.into_iter().filter(is_new).collect();
        errors.extend(wrong.into_iter().map(Error::from));
    }
    errors.extend(context.settings.invalid_config.clone());
    for error in &errors {
        let message: Vec<&str> =
            [&error.message].into_iter().chain(&error.causes).map(String::as_str).collect();
        match error.exit_code() {
            // The wording of every other command.
            ExitCode::Config => document.note(format!("error: {}", message.join(": "))),
            _ => document.headline(Status::Unknown, message.join(": ")),
        }
        error
            .hints
            .iter()
            .for_each(|hint| document.note(CommandText::from("hint: ").append(hint.clone())));
    }
    document.push(Block::Pairs(pairs));
    document.blocks.extend(proof.blocks);
    if let Some(draft) = &draft {
        declared::push_draft(&mut document, draft);
        data.declaration = Some(draft.clone());
    }
    for warning in warnings {
        document.note(format!("warning: {warning}"));
    }
    let status = match errors.as_slice() {
        [] => format!("{}  all settings are valid; the database answers", Status::Ok),
        [_] => format!("{}  1 problem", Status::Unknown),
        several => format!("{}  {} problems", Status::Unknown, several.len()),
    };
    document.note(status);
    let mut report = Report::listing("config check", data, document);
    // A configuration error (78) takes precedence over a source that cannot be read (3).
    report.exit =
        errors.iter().map(Error::exit_code).max_by_key(|code| code.code()).unwrap_or(ExitCode::Ok);
    report.errors = errors;
    report
}

/// Writes `cliplyctl.toml` into the working directory.
///
/// # Errors
/// If there is one.
pub(crate) fn init(context: &Context, name: &str) -> Result<Report, Error> {
    let path = Path::new(CONFIG_FILE);
    config_file::create(path, &context.settings.starter(name))?;
    let mut document = Document::default();
    document.note(format!("wrote {} (without secrets)", path.display()));
    document.next(vec![next::CONFIG_SHOW, next::CONFIG_CHECK]);
    let data = ConfigInitJson { path: path.display().to_string(), context: name.to_owned() };
    Ok(Report::listing("config init", data, document))
}

/// Prints the statements that create a role each for reading, auditing and writing.
pub(crate) async fn grants(context: &Context) -> Result<Report, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let facts = grants::read(database, context.remaining()).await?;
    // A layout without dead letters has nothing to requeue, but jobs to rescue.
    let written = RequeueColumns::new(layout).map(|columns| columns.columns);
    let written = written.unwrap_or_else(|_| vec![layout.state_column.clone()]);
    Ok(report::grants::report(layout, &written, &facts, &context.provenance()))
}

fn app(context: &Context) -> Result<Cell, SourceError> {
    let base = context.settings.base_url.as_ref().map_err(Clone::clone)?;
    context.http()?;
    Ok(Cell::plain(format!("{} (from {}; not tested here: see health)", base.value, base.origin)))
}

/// Returns the rows about a database that answered.
fn database(context: &Context, layout: &Layout) -> Vec<(&'static str, Cell)> {
    let server = match layout.in_recovery {
        true => "hot standby: read-only, may lag behind its primary",
        false => "primary",
    };
    let mut pairs = Vec::new();
    if let Ok(database) = &context.settings.database {
        let from = format!("{} (from {})", database.value, database.origin);
        pairs.push(("database", Cell::plain(from)));
    }
    pairs.push(("server", Cell::plain(server)));
    pairs.push((
        "jobs",
        Cell::plain(format!("ids are {}, by {}", layout.id.sql(), layout.state_column)),
    ));
    pairs
}
