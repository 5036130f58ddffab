//! Two access reports, read from files, for a comparison.

use crate::facts::Status;

/// How many rows a cell of `rls matrix` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AccessLevel {
    Nothing,
    Rows,
    Everything,
    Error,
}

/// Whether the contract of an earlier report allowed access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EarlierExpectation {
    /// The contract did not name it.
    NotNamed,
    Denied,
    Allowed,
}

/// A helper function that a policy of a cell called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarlierHelper {
    pub(crate) signature: String,
    /// Fingerprint of its definition.
    pub(crate) fingerprint: String,
}

/// Access in one cell of an earlier `rls matrix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarlierAccess {
    /// Table.
    pub(crate) table: String,
    /// Role.
    pub(crate) role: String,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub(crate) command: String,
    /// Expected access.
    pub(crate) expected: EarlierExpectation,
    /// Computed access.
    pub(crate) level: AccessLevel,
    /// Computed access, in words.
    pub(crate) computed: String,
    /// Helper functions; `None` if the report does not contain them.
    pub(crate) helpers: Option<Vec<EarlierHelper>>,
}

/// Finding of an earlier `rls audit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EarlierFinding {
    /// Id of the check.
    pub(crate) check: String,
    /// Subject.
    pub(crate) subject: String,
    /// Status.
    pub(crate) status: Status,
    /// Detail, in one sentence.
    pub(crate) message: String,
}

/// An access report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AccessReport {
    /// Path of the file.
    pub(crate) file: String,
    /// Context and time of the report, in words.
    pub(crate) origin: String,
    /// Cells of a matrix.
    pub(crate) cells: Vec<EarlierAccess>,
    /// Findings of an audit.
    pub(crate) findings: Vec<EarlierFinding>,
    /// Examined roles and schemas: `role anon`, `schema public`.
    pub(crate) roles_and_schemas: Vec<String>,
}

/// Two reports of the same command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportPair {
    /// The earlier report.
    pub(crate) old: AccessReport,
    /// The later report.
    pub(crate) new: AccessReport,
}
