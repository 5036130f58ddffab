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
    /// Exceptions (`RAISE`) of expressions for stored rows. The result for the row is that it is rejected.
    pub(crate) raised: BTreeMap<String, SqlFailure>,
    /// Expressions that the role cannot evaluate from their text, which names a schema without USAGE, with the
    /// server's message. As policies they work.
    pub(crate) unresolved: BTreeMap<String, String>,
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

/// A value of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EntryValue {
    /// The id or address of the user.
    Caller,
    /// An id of something that belongs to others.
    OfOthers,
    /// An id that nothing has: in this column no two rows have the same value.
    New,
    /// Another value, as text.
    Text(Option<String>),
}

/// A row with which a user could give rights to himself: a membership, a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The stored row whose ids it has; otherwise its ids are of nobody.
    pub(crate) origin: Option<usize>,
    /// Values of the columns that policies read, by column.
    pub(crate) values: BTreeMap<String, EntryValue>,
}

/// What an entry changes for a user who has no other one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EntryEffect {
    /// Table whose rows the condition admits.
    pub(crate) table: String,
    /// Condition of a command.
    pub(crate) condition: String,
    /// Results for rows of others without an entry.
    pub(crate) without: Vec<bool>,
    /// Results with each entry.
    pub(crate) with: Vec<Vec<bool>>,
}

/// The entries of a table that policies of tables read.
#[derive(Debug, Clone, Default)]
pub(crate) struct EvaluatedEntries {
    /// Entries.
    pub(crate) entries: Vec<Entry>,
    /// Results of the policies and CHECK constraints of the table for the entries, as a user without a row.
    pub(crate) runs: Vec<PolicyRun>,
    /// What the entries change.
    pub(crate) effects: Vec<EntryEffect>,
    /// Entries that have nothing to do with the caller and a tested row: memberships of the caller in something that no
    /// row names, and of somebody else in what rows name.
    pub(crate) unrelated: Vec<Entry>,
    /// What single policies admit with these.
    pub(crate) unrelated_effects: Vec<EntryEffect>,
    /// Entries that a role may add if it has any other one, by role and index.
    pub(crate) added_by_members: BTreeSet<(String, usize)>,
    /// Tables with the functions of their policies that read this table and could not be evaluated with an entry.
    pub(crate) unfollowed: BTreeSet<(String, String)>,
}

/// All results.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evaluations {
    /// By table.
    pub(crate) tables: BTreeMap<String, EvaluatedTable>,
    /// Id of the user who occurs in no table.
    pub(crate) non_member: String,
    /// By table that policies read for rights.
    pub(crate) entries: BTreeMap<String, EvaluatedEntries>,
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
