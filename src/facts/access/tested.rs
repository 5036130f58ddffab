//! Tested access: results of acting as a role on sampled rows.

use super::SqlCommand;

/// All tests.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessTests {
    /// Commands on the tables of the contract.
    pub(crate) tests: Vec<AccessTest>,
    /// Calls of the helper functions of policies.
    pub(crate) helpers: Vec<HelperCall>,
    /// Tests that could not run. They are never OK.
    pub(crate) blocked: Vec<BlockedTest>,
    /// Tests without sample rows: subject and reason. They are notes.
    pub(crate) untested: Vec<(String, String)>,
    /// Whether writes were tested and rolled back.
    pub(crate) writes_tested: bool,
}

/// A test that could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockedTest {
    /// What was not tested: a table, a function, `role anon`.
    pub(crate) subject: String,
    /// The role that this login may not act as, if that is why.
    pub(crate) role: Option<String>,
    /// Reason.
    pub(crate) reason: String,
}

impl AccessTests {
    /// Records that tests of a subject could not run.
    pub(crate) fn block(&mut self, subject: impl Into<String>, reason: String) {
        self.blocked.push(BlockedTest { subject: subject.into(), role: None, reason });
    }

    /// Records that this login may not act as a role.
    pub(crate) fn block_role(&mut self, role: &str, reason: String) {
        let subject = format!("role {role}");
        self.blocked.push(BlockedTest { subject, role: Some(role.to_owned()), reason });
    }
}

/// Role of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestRole {
    /// Not signed in.
    Anonymous,
    /// Signed in, not member of any workspace.
    NonMember,
    /// Signed in, member of at least one workspace.
    Member,
    /// The backend.
    Service,
}

impl TestRole {
    /// The database role of its requests.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::Anonymous => "anon",
            Self::NonMember | Self::Member => "authenticated",
            Self::Service => "service_role",
        }
    }

    /// Name in output.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anon",
            Self::NonMember => "non-member",
            Self::Member => "member",
            Self::Service => "service_role",
        }
    }
}

/// Test of one command on one table as one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessTest {
    /// Table.
    pub(crate) table: String,
    /// Role of the test.
    pub(crate) persona: TestRole,
    /// Command. Writes are only planned (EXPLAIN), or run and rolled back.
    pub(crate) command: SqlCommand,
    /// Result.
    pub(crate) outcome: AccessTestResult,
}

/// Result of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccessTestResult {
    /// Reached rows of the member's own workspaces and of other workspaces.
    Rows {
        /// Number of reached rows in own workspaces.
        own: usize,
        /// Number of sampled rows in own workspaces.
        of_own: usize,
        /// Number of reached rows in other workspaces.
        foreign: usize,
        /// Number of sampled rows in other workspaces.
        of_foreign: usize,
    },
    /// Allowed by the planner; which rows it would reach is not known.
    Planned {
        /// Whether the planner found that no row can be reached.
        nothing: bool,
    },
    /// Refused with 42501.
    Denied,
    /// Another database error.
    Failed(String),
}

/// Direct call of a helper function of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HelperCall {
    /// Signature of the function.
    pub(crate) function: String,
    /// Role of the test.
    pub(crate) persona: TestRole,
    /// Argument: `their own workspace`, `another workspace`, `NULL`.
    pub(crate) argument: &'static str,
    /// Expected result.
    pub(crate) expected: bool,
    /// Result, with NULL as false, or the error message.
    pub(crate) answer: Result<bool, String>,
}
