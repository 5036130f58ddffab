//! Functions and triggers in the system catalog.

use serde::Deserialize;

use super::SqlCommand;

/// A function of the database.
#[derive(Debug, Clone, Deserialize)]
pub struct SqlFunction {
    /// Signature: `public.is_workspace_member(uuid)`.
    pub signature: String,
    /// Qualified name: `public.is_workspace_member`.
    pub name: String,
    /// Schema, unquoted.
    pub schema: String,
    /// Types of the arguments.
    pub arguments: Vec<String>,
    /// Whether it is SECURITY DEFINER and runs with the rights of its owner.
    pub definer: bool,
    /// Whether it is VOLATILE. Such a function can write, so this tool never calls it.
    pub volatile: bool,
    /// Its `search_path` setting, if any.
    pub search_path: Option<String>,
    /// Language: `sql`, `plpgsql`, …
    pub language: String,
    /// Body.
    pub source: String,
    /// Return type.
    pub returns: String,
    /// Owner.
    pub owner: String,
    /// Examined roles that can call it, also through PUBLIC.
    pub executable_by: Vec<String>,
    /// Whether it is in an examined schema, so that the API exposes it.
    pub exposed: bool,
}

/// A trigger that runs a SECURITY DEFINER function.
#[derive(Debug, Clone, Deserialize)]
pub struct Trigger {
    /// Name.
    pub name: String,
    /// Qualified name of the table or view.
    pub table: String,
    /// Signature of the function.
    pub function: String,
    /// Commands that fire it.
    pub events: Vec<SqlCommand>,
}
