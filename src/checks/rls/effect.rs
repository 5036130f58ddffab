//! Effects: access that differs from the contract, and what the message about it states.

use crate::facts::Finding;
use crate::facts::access::SqlCommand;
use crate::facts::access::contract::Permission;

/// A finding of `EFFECTS`, with what its message states.
pub(super) struct Effect {
    pub(super) finding: Finding,
    pub(super) statement: Statement,
}

/// What the message of an effect states, so that a merged message states it once.
pub(super) enum Statement {
    /// Computed access: the permissions that the contract expects, and whether the message says what the role can do.
    Computed { expected: Vec<Permission>, says_can: bool },
    /// Results of acting as the role.
    Tested(Vec<TestDifference>),
    /// Nothing that another effect states.
    Other,
}

impl Effect {
    /// Returns an effect that states nothing that another one states.
    pub(super) fn of(finding: Finding) -> Self {
        Self { finding, statement: Statement::Other }
    }
}

/// Test results of a role on a table that differ from the contract.
pub(super) struct TestDifference {
    /// The test users with this result.
    pub(super) users: Vec<&'static str>,
    /// The first command with this result.
    pub(super) command: SqlCommand,
    /// `40 of 40 sampled rows were readable`.
    pub(super) result: String,
    pub(super) expected: Permission,
}

/// Describes differences, without the role and the expected access that another sentence states:
/// `anon: 40 of 40 sampled rows were readable (expected: no rows)`.
pub(super) fn sentences(
    differences: &[TestDifference],
    role: &str,
    stated: &[Permission],
    role_is_stated: bool,
) -> String {
    let sentence = |(at, difference): (usize, &TestDifference)| {
        let users = &difference.users;
        let who = match users.contains(&role) {
            true if role_is_stated && at == 0 => String::new(),
            true => format!("{role}: "),
            false => format!("{role} ({}): ", users.join(", ")),
        };
        // A rule tells own rows from others: it is repeated.
        let is_rule = matches!(difference.expected, Permission::Rows(Some(_)));
        let expected = match stated.contains(&difference.expected) && !is_rule {
            true => String::new(),
            false => format!(" (expected: {})", expected_text(&difference.expected)),
        };
        format!("{who}{}{expected}", difference.result)
    };
    differences.iter().enumerate().map(sentence).collect::<Vec<_>>().join("; ")
}

/// Returns the expected access as rows: `no rows`.
pub(super) fn expected_text(permission: &Permission) -> String {
    match permission {
        Permission::Allow => "every row".to_owned(),
        Permission::Deny => "no rows".to_owned(),
        Permission::Rows(None) => "the rows of the policies in the contract".to_owned(),
        Permission::Rows(Some(rule)) => format!("rows where {rule}"),
    }
}
