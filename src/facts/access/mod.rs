//! Who can do what: what is declared, what the catalog says, what was observed.

pub mod catalog;
pub mod computed;
pub mod contract;
pub mod diff;
pub mod function;
pub mod tested;

pub use catalog::AccessCatalog;
pub use contract::Contract;
use jiff::Timestamp;
pub use tested::Observations;

/// A command on the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SqlCommand {
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
    /// Every command, in the order of a matrix.
    pub const ALL: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// The keyword.
    #[must_use]
    pub fn sql(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// The roles that requests from outside run as.
pub const CLIENT_ROLES: [&str; 2] = ["anon", "authenticated"];

/// The role of the backend itself.
pub const SERVICE_ROLE: &str = "service_role";

/// Everything that the checks of access judge.
#[derive(Debug, Clone)]
pub struct Audit {
    /// What is declared.
    pub contract: Contract,
    /// What the catalog says.
    pub catalog: AccessCatalog,
    /// What really happened.
    pub observations: Observations,
    /// When it was read, on this machine's clock.
    pub at: Timestamp,
    /// Today in UTC, for the expiry of waivers.
    pub today: jiff::civil::Date,
}
