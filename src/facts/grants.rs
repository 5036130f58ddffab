//! What the grants of a database depend on, besides the layout.

use serde::Deserialize;

use crate::queue::Relation;

/// Row-level security and further objects that a role needs privileges on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(crate) struct GrantFacts {
    /// Name of the database.
    pub(crate) database: String,
    /// Whether row-level security is enabled on the jobs table; `None` if it cannot be read.
    pub(crate) jobs_row_security: Option<bool>,
    /// Whether it is enabled on the events table; `None` without one.
    pub(crate) events_row_security: Option<bool>,
    /// Sequences of the events table, qualified and quoted.
    pub(crate) event_sequences: Vec<String>,
    /// The other tables and views of the schema.
    pub(crate) other_tables: Vec<TableSecurity>,
    /// Roles of the API that exist, quoted.
    pub(crate) api_roles: Vec<String>,
}

/// A table or view, and whether row-level security is enabled on it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct TableSecurity {
    /// The table.
    #[serde(flatten)]
    pub(crate) relation: Relation,
    /// Whether row-level security is enabled.
    pub(crate) row_security: bool,
}
