//! Functions and triggers in the system catalog.

use serde::Deserialize;

use super::SqlCommand;

/// A function of the database.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SqlFunction {
    /// Signature: `public.is_workspace_member(uuid)`.
    pub(crate) signature: String,
    /// Qualified name: `public.is_workspace_member`.
    pub(crate) name: String,
    /// Schema, unquoted.
    pub(crate) schema: String,
    /// `f` (function), `p` (procedure) or `a` (aggregate).
    pub(crate) kind: char,
    /// Types of the arguments.
    pub(crate) arguments: Vec<String>,
    /// Names of the arguments; empty texts or nothing for those without a name.
    #[serde(default)]
    pub(crate) argument_names: Vec<String>,
    /// Whether it is SECURITY DEFINER and runs with the rights of its owner.
    pub(crate) definer: bool,
    /// Whether it is VOLATILE. Such a function can write, so this tool never calls it.
    pub(crate) volatile: bool,
    /// Whether it is IMMUTABLE, so that the planner may evaluate a call once and keep the result.
    pub(crate) immutable: bool,
    /// Its `search_path` setting, if any.
    pub(crate) search_path: Option<String>,
    /// Language: `sql`, `plpgsql`, …
    pub(crate) language: String,
    /// Body.
    pub(crate) source: String,
    /// Return type.
    pub(crate) returns: String,
    /// Owner.
    pub(crate) owner: String,
    /// Whether its body was parsed when it was created (`BEGIN ATOMIC`), so that its dependencies are recorded.
    pub(crate) parsed_body: bool,
    /// Recorded dependencies of a parsed body: relations.
    pub(crate) uses_relations: Vec<String>,
    /// Recorded dependencies of a parsed body or of an aggregate: signatures of functions.
    pub(crate) uses_functions: Vec<String>,
    /// Whether it affects access directly: see [`super::AccessCatalog::relevant_functions`].
    pub(crate) relevant: bool,
    /// Examined roles that can call it, also through PUBLIC.
    pub(crate) executable_by: Vec<String>,
    /// Roles that EXECUTE was granted to, except PUBLIC.
    pub(crate) granted_to: Vec<String>,
    /// Tables outside the examined schemas whose policies call it.
    pub(crate) policies_elsewhere: Vec<String>,
    /// Schemas besides its own whose names its body uses without the schema, if it has no `search_path` of its own.
    pub(crate) path_schemas: Vec<String>,
    /// Whether it is in an examined schema, so that the API exposes it.
    pub(crate) exposed: bool,
}

impl SqlFunction {
    /// Whether it is an aggregate, whose functions run for everybody who may call it.
    pub(crate) fn is_aggregate(&self) -> bool {
        self.kind == 'a'
    }

    /// Whether it is a function of triggers, which cannot be called.
    pub(crate) fn is_trigger(&self) -> bool {
        matches!(self.returns.as_str(), "trigger" | "event_trigger")
    }

    /// Its kind in statements about it: `FUNCTION` also names aggregates.
    pub(crate) fn keyword(&self) -> &'static str {
        if self.kind == 'p' { "PROCEDURE" } else { "FUNCTION" }
    }

    /// Whether it only tells who calls: `auth.uid()`, `auth.role()` and `auth.jwt()` belong to the platform.
    pub(crate) fn returns_claims(&self) -> bool {
        self.schema == "auth" && self.arguments.is_empty()
    }
}

/// A trigger.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Trigger {
    /// Name.
    pub(crate) name: String,
    /// Qualified name of the table or view.
    pub(crate) table: String,
    /// Signature of the function.
    pub(crate) function: String,
    /// Whether it runs for each row, and not once for a statement that names its table.
    pub(crate) for_each_row: bool,
    /// Whether it runs before the row is stored, so that it can change or refuse it.
    pub(crate) before: bool,
    /// Whether it runs as the owner of its table if a foreign key changes the rows.
    pub(crate) owner_in_cascade: bool,
    /// Commands that fire it.
    pub(crate) events: Vec<SqlCommand>,
}
