//! What the system catalog says about functions, and what sets them off.

use serde::Deserialize;

use super::SqlCommand;

/// A function.
#[derive(Debug, Clone, Deserialize)]
pub struct SqlFunction {
    /// `public.is_workspace_member(uuid)`.
    pub signature: String,
    /// `public.is_workspace_member`.
    pub name: String,
    /// Its schema, unquoted.
    pub schema: String,
    /// Types of its arguments.
    pub arguments: Vec<String>,
    /// Runs with its owner's rights.
    pub definer: bool,
    /// VOLATILE: may write, is never called by us.
    pub volatile: bool,
    /// Its own `search_path`, where it has one.
    pub search_path: Option<String>,
    /// `sql`, `plpgsql`, …
    pub language: String,
    /// Its body.
    pub source: String,
    /// The type it returns.
    pub returns: String,
    /// Its owner.
    pub owner: String,
    /// Examined roles that may call it, PUBLIC's right included.
    pub executable_by: Vec<String>,
    /// In an examined schema, so that the API offers it.
    pub exposed: bool,
}

/// A trigger that runs a SECURITY DEFINER function.
#[derive(Debug, Clone, Deserialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The table or view, qualified.
    pub table: String,
    /// The function, by signature.
    pub function: String,
    /// What sets it off.
    pub events: Vec<SqlCommand>,
}
