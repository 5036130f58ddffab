//! Access to tables: expected (contract), computed (catalog) and tested.

pub(crate) mod catalog;
pub mod computed;
pub mod contract;
pub mod diff;
pub(crate) mod evaluated;
pub(crate) mod function;
pub(crate) mod last_audit;
pub(crate) mod tested;
pub(crate) mod user_access;

pub(crate) use catalog::AccessCatalog;
pub(crate) use contract::Contract;
use jiff::Timestamp;
pub(crate) use tested::AccessTests;

/// A command on the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SqlCommand {
    /// Reads rows.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Removes rows.
    Delete,
}

impl SqlCommand {
    /// All commands, in the order of a matrix.
    pub(crate) const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// The SQL keyword.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// Roles of external requests.
pub(crate) const CLIENT_ROLES: [&str; 2] = ["anon", "authenticated"];

/// Role of the backend.
pub(crate) const SERVICE_ROLE: &str = "service_role";

/// Facts that the access checks evaluate.
#[derive(Debug, Clone)]
pub struct Audit {
    /// Expected access.
    pub(crate) contract: Contract,
    /// Catalog for computed access.
    pub(crate) catalog: AccessCatalog,
    /// Tested access.
    pub(crate) observations: AccessTests,
    /// When it was read, by the clock of this machine.
    pub(crate) at: Timestamp,
    /// Current date in UTC, for the expiry of waivers.
    pub(crate) today: jiff::civil::Date,
}
