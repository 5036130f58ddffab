//! Evaluated access: what PostgreSQL answered when it planned commands and evaluated policies as each role.

use std::collections::{BTreeMap, BTreeSet};

use super::SqlCommand;

/// Who sends the request, by the claim `sub`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// No `sub` claim.
    NoUser,
    /// A user id that occurs in no table.
    NonMember,
    /// A user id that was found in the database.
    User(String),
}

impl Identity {
    /// Name in output.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::NoUser => "no user",
            Self::NonMember => "a non-member",
            Self::User(_) => "a user",
        }
    }
}

/// Result of a policy expression for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyResult {
    /// True.
    Admits,
    /// False or NULL.
    Rejects,
    /// Not known: the evaluation failed or took too long.
    NotTested,
    /// The row cannot exist: its type rejects the values.
    Impossible,
}

/// An error that a command or an expression causes for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlFailure {
    /// SQLSTATE.
    pub(crate) code: String,
    /// Message of the server.
    pub(crate) message: String,
}

/// A row that the expressions were evaluated on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TestRow {
    /// Whether it was read from the table; otherwise it is synthetic.
    pub(crate) real: bool,
    /// Whether it holds the id of the non-member, as owner or workspace.
    pub(crate) own: bool,
    /// Whether all ids in it belong to nobody who is tested.
    pub(crate) foreign: bool,
    /// Columns that the policies use and that are NULL in it.
    pub(crate) nulls: BTreeSet<String>,
}

/// Results of all expressions of a table for one role and identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PolicyRun {
    /// Role.
    pub(crate) role: String,
    /// Identity.
    pub(crate) identity: Identity,
    /// Results by expression, one for each row.
    pub(crate) results: BTreeMap<String, Vec<PolicyResult>>,
    /// Errors by expression that do not depend on the values of a synthetic row.
    pub(crate) failures: BTreeMap<String, SqlFailure>,
}

/// All results of one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct EvaluatedTable {
    /// The rows.
    pub(crate) rows: Vec<TestRow>,
    /// Results by role and identity.
    pub(crate) runs: Vec<PolicyRun>,
    /// Expressions that the planner proved to admit no row for a role, whoever the user is.
    pub(crate) never: BTreeSet<(String, String)>,
}

/// All results.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evaluations {
    /// By table.
    pub(crate) tables: BTreeMap<String, EvaluatedTable>,
    /// Commands that fail for a role, by relation, role and command.
    pub(crate) failing: BTreeMap<(String, String, SqlCommand), SqlFailure>,
    /// What was not tested, with the reason.
    pub(crate) untested: Vec<(String, String)>,
    /// Number of expressions that were evaluated, each for one role, identity and set of rows.
    pub(crate) evaluated: usize,
    /// Number of commands that were planned.
    pub(crate) planned: usize,
}

impl EvaluatedTable {
    /// The results of a role that decide its access. Clients without a user id are anonymous and have no other
    /// identity; signed-in users are a non-member and users of the database.
    pub(crate) fn deciding_runs<'a>(
        &'a self,
        role: &'a str,
    ) -> impl Iterator<Item = &'a PolicyRun> {
        let anonymous = is_anonymous(role);
        self.runs
            .iter()
            .filter(move |run| run.role == role && (run.identity == Identity::NoUser) == anonymous)
    }

    /// The results of a role as one identity.
    pub(crate) fn run(&self, role: &str, identity: &Identity) -> Option<&PolicyRun> {
        self.runs.iter().find(|run| run.role == role && run.identity == *identity)
    }

    /// Whether a row was read from the table.
    pub(crate) fn has_real_rows(&self) -> bool {
        self.rows.iter().any(|row| row.real)
    }
}

/// Whether requests of a role carry no user id: the anonymous client, and the backend.
pub(crate) fn is_anonymous(role: &str) -> bool {
    role == "anon" || role == super::SERVICE_ROLE
}
