//! What really happened when we acted as a role.

/// Everything that was tried.
#[derive(Debug, Clone, Default)]
pub struct Observations {
    /// Reading sampled rows.
    pub reads: Vec<Read>,
    /// Calling the helpers of policies.
    pub helpers: Vec<HelperCall>,
    /// What could not be tried: subject and reason. Never OK.
    pub blocked: Vec<(String, String)>,
    /// What had nothing to try on: subject and reason. A note.
    pub vacuous: Vec<(String, String)>,
}

/// As whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persona {
    /// Not signed in.
    Anonymous,
    /// Signed in, member of nothing.
    Stranger,
    /// Signed in, member of one workspace at least.
    Member,
    /// The backend.
    Service,
}

impl Persona {
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
    pub fn word(self) -> &'static str {
        match self {
            Self::Anonymous => "anon",
            Self::Stranger => "a stranger",
            Self::Member => "a member",
            Self::Service => "service_role",
        }
    }
}

/// Sampled rows of one table, read as one persona.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The table.
    pub table: String,
    /// As whom.
    pub persona: Persona,
    /// Which.
    pub outcome: Outcome,
}

/// What a read gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Rows: how many of those of the member's own tenants, how many of others.
    Rows {
        /// Own rows seen.
        own: usize,
        /// Own rows sampled.
        of_own: usize,
        /// Foreign rows seen.
        foreign: usize,
        /// Foreign rows sampled.
        of_foreign: usize,
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
    pub persona: Persona,
    /// With what: `their own workspace`, `another workspace`, `NULL`.
    pub argument: &'static str,
    /// What it should say.
    pub expected: bool,
    /// What it said; NULL counts as false. An error says why.
    pub answer: Result<bool, String>,
}
