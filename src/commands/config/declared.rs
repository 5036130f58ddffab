//! The declared jobs table in `config check`: its proof against the database, and the draft of a declaration.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::queue;
use crate::context::Context;
use crate::facts::queue::{Count, Queue};
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Declaration, Layout, Lifecycle};
use crate::report::{Block, Cell, Column, Document, Table};
use crate::sources::postgres::layout::{self, FieldProof};
use crate::sources::postgres::queue::ScanPolicy;
use crate::suggest::{CommandText, ShellCommand};

/// Name of the context in a draft, if none is selected.
const PLACEHOLDER: &str = "NAME";

/// A tested declaration of the jobs table.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeclarationJson {
    /// The expressions of the declared fields.
    columns: Vec<DeclaredColumnJson>,
    /// The states of each role; null if the jobs could not be counted.
    roles: Option<RolesJson>,
}

/// The expression of a declared field.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeclaredColumnJson {
    /// Name of the field.
    field: String,
    /// Its SQL expression.
    expression: String,
    /// The type that the server reports; null if the expression is not valid.
    r#type: Option<String>,
    /// Why the expression is not valid.
    error: Option<String>,
}

/// The states of each role.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RolesJson {
    queued: RoleJson,
    claimed: RoleJson,
    failed: RoleJson,
    dead: RoleJson,
    canceled: RoleJson,
    /// States that belong to no role.
    no_role: RoleJson,
}

/// The states of a role.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RoleJson {
    /// Values of the state column.
    states: Vec<String>,
    /// Number of jobs, or a lower bound; null if they were not counted.
    jobs: Option<u64>,
}

/// Adds the proof of a declaration: the type of every expression, and the jobs of every role. Returns it as JSON, and
/// the errors.
pub(super) async fn prove(
    context: &Context,
    declaration: &Declaration,
    layout: Option<&Layout>,
    document: &mut Document,
) -> (Option<DeclarationJson>, Vec<SourceError>) {
    let proofs = async {
        let database = context.database().await?;
        layout::prove(database, declaration, context.remaining()).await
    };
    let proofs = match proofs.await {
        Ok(proofs) => proofs,
        // What could not be proven is an error; the caller drops it if the layout has the same one.
        Err(error) => return (None, vec![error]),
    };
    document.push(Block::Table(columns_table(&proofs)));
    let columns: Vec<_> = proofs.iter().map(column_json).collect();
    let mut errors: Vec<_> = proofs.into_iter().filter_map(|proof| proof.result.err()).collect();
    let mut roles = None;
    if layout.is_some() {
        match queue::observe(context, None, ScanPolicy::Budget).await.result {
            Ok(queue) => {
                document.push(Block::Table(roles_table(declaration, &queue)));
                roles = Some(roles_json(declaration, &queue));
                if let Some(note) = unknown_note(&queue) {
                    document.note(note);
                }
            }
            Err(error) => errors.push(error),
        }
    }
    (Some(DeclarationJson { columns, roles }), errors)
}

fn columns_table(proofs: &[FieldProof]) -> Table {
    let mut table =
        Table::new(vec![Column::text("field"), Column::prose("expression"), Column::prose("type")]);
    for proof in proofs {
        let r#type = match &proof.result {
            Ok(r#type) => Cell::plain(r#type),
            Err(_) => Cell::plain("not valid"),
        };
        table.row(vec![Cell::plain(proof.field.name()), Cell::plain(&proof.text), r#type]);
    }
    table
}

fn column_json(proof: &FieldProof) -> DeclaredColumnJson {
    DeclaredColumnJson {
        field: proof.field.name().to_owned(),
        expression: proof.text.clone(),
        r#type: proof.result.as_ref().ok().cloned(),
        error: proof.result.as_ref().err().map(|error| error.message.clone()),
    }
}

/// The roles with the key of the declaration, and the number of their jobs.
fn roles(queue: &Queue) -> [(&'static str, Lifecycle, Option<Count>); 5] {
    [
        ("queued", Lifecycle::Queued, Some(queue.queued())),
        ("claimed", Lifecycle::Claimed, Some(queue.claimed.clone())),
        ("failed", Lifecycle::Failed, Some(queue.failed.clone())),
        ("dead", Lifecycle::Dead, queue.dead.clone()),
        ("canceled", Lifecycle::Canceled, queue.canceled.clone()),
    ]
}

fn roles_table(declaration: &Declaration, queue: &Queue) -> Table {
    let mut table =
        Table::new(vec![Column::text("role"), Column::prose("states"), Column::number("jobs")]);
    for (key, role, jobs) in roles(queue) {
        let states = declaration.states.values(role).join(", ");
        let states = if states.is_empty() { "-".to_owned() } else { states };
        let jobs = jobs.filter(|_| !declaration.states.values(role).is_empty());
        let jobs = jobs.map_or_else(|| "-".to_owned(), |jobs| jobs.to_string());
        table.row(vec![Cell::plain(key), Cell::plain(states), Cell::plain(jobs)]);
    }
    table.row(vec![
        Cell::plain("no role"),
        Cell::plain(queue.unknown_states.join(", ")),
        Cell::plain(queue.other.to_string()),
    ]);
    table
}

fn roles_json(declaration: &Declaration, queue: &Queue) -> RolesJson {
    let [queued, claimed, failed, dead, canceled] = roles(queue).map(|(_, role, jobs)| RoleJson {
        states: declaration.states.values(role).to_vec(),
        jobs: jobs.as_ref().and_then(Count::at_least),
    });
    let no_role = RoleJson { states: queue.unknown_states.clone(), jobs: queue.other.at_least() };
    RolesJson { queued, claimed, failed, dead, canceled, no_role }
}

fn unknown_note(queue: &Queue) -> Option<String> {
    let is_unknown = !queue.unknown_states.is_empty() || queue.other.at_least() > Some(0);
    is_unknown.then(|| {
        "warning: some jobs are in states that belong to no role: add them to [context.NAME.queue.states]"
            .to_owned()
    })
}

/// Returns a declaration to paste: of the named table, or of the one that looks most like a queue.
pub(super) async fn draft(context: &Context, table: Option<&str>) -> Result<String, SourceError> {
    let name = context.settings.context_name.as_deref().unwrap_or(PLACEHOLDER);
    layout::draft(context.database().await?, name, table, context.remaining()).await
}

/// Whether a draft helps with this error of the layout.
pub(super) fn needs_draft(error: &SourceError) -> bool {
    matches!(error.kind, SourceErrorKind::NotFound | SourceErrorKind::UnknownLayout)
}

/// Adds a draft to a report.
pub(super) fn push_draft(document: &mut Document, draft: &str) {
    document.push(Block::Verbatim(draft.trim_end().to_owned()));
    document.note(
        CommandText::from("a draft for cliplyctl.toml: correct it, then test it with ")
            .command(ShellCommand::new("config check"))
            .text("; nothing was changed"),
    );
}
