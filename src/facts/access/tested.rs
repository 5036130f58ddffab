//! What really happened when we acted as a role.

use super::SqlCommand;

/// Everything that was tried.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    /// Commands on the declared tables.
    pub trials: Vec<AccessTest>,
    /// Calling the helpers of policies.
    pub helpers: Vec<HelperCall>,
    /// What could not be tried: subject and reason. Never OK.
    pub blocked: Vec<(String, String)>,
    /// What had nothing to try on: subject and reason. A note.
    pub vacuous: Vec<(String, String)>,
    /// Writes were tried and rolled back.
    pub rehearsed: bool,
}

/// As whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestRole {
    /// Not signed in.
    Anonymous,
    /// Signed in, member of nothing.
    Stranger,
    /// Signed in, member of one workspace at least.
    Member,
    /// The backend.
    Service,
}

impl TestRole {
    /// The role that its requests run as.
    #[must_use]
    pub fn role(self) -> &'static str {
        match self {
            Self::Anonymous => "anon",
            Self::Stranger | Self::Member => "authenticated",
            Self::Service => "service_role",
        }
    }

    /// For people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anon",
            Self::Stranger => "a stranger",
            Self::Member => "a member",
            Self::Service => "service_role",
        }
    }
}

/// One command on one table, tried as one persona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTest {
    /// The table.
    pub table: String,
    /// As whom.
    pub persona: TestRole,
    /// Which command. Writes are planned, or rehearsed and rolled back.
    pub command: SqlCommand,
    /// What came of it.
    pub outcome: AccessTestResult,
}

/// What a trial gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessTestResult {
    /// Rows: how many of those of the member's own tenants, how many of others.
    Rows {
        /// Own rows reached.
        own: usize,
        /// Own rows sampled.
        of_own: usize,
        /// Foreign rows reached.
        foreign: usize,
        /// Foreign rows sampled.
        of_foreign: usize,
    },
    /// The planner let it through; which rows it would reach is not known.
    Planned {
        /// The planner itself saw that no row can be reached.
        nothing: bool,
    },
    /// Refused with 42501.
    Denied,
    /// Another error of the server.
    Failed(String),
}

/// A helper of a policy, called directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperCall {
    /// The signature.
    pub function: String,
    /// As whom.
    pub persona: TestRole,
    /// With what: `their own workspace`, `another workspace`, `NULL`.
    pub argument: &'static str,
    /// What it should say.
    pub expected: bool,
    /// What it said; NULL counts as false. An error says why.
    pub answer: Result<bool, String>,
}
