//! Two access reports, read from files, for a comparison.

/// Access in one cell of an earlier `rls matrix`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EarlierAccess {
    /// Table.
    pub(crate) table: String,
    /// Role.
    pub(crate) role: String,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub(crate) command: String,
    /// Expected access; `None` if the contract did not name it.
    pub(crate) expected: Option<String>,
    /// Computed access, in words.
    pub(crate) computed: String,
    /// Helper functions with their fingerprints; `None` if the report does not contain them.
    pub(crate) helpers: Option<Vec<String>>,
}

/// Finding of an earlier `rls audit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EarlierFinding {
    /// Id of the check.
    pub(crate) check: String,
    /// Subject.
    pub(crate) subject: String,
    /// Status: `critical`, `warning` or `unknown`.
    pub(crate) status: String,
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
    /// Examined objects: `role anon`, `schema public`, tables.
    pub(crate) examined: Vec<String>,
}

/// Two reports of the same command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportPair {
    /// The earlier report.
    pub(crate) old: AccessReport,
    /// The later report.
    pub(crate) new: AccessReport,
}
