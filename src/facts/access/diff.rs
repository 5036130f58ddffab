//! Two access reports, read from files, for a comparison.

/// Access in one cell of an earlier `rls matrix`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarlierAccess {
    /// Table.
    pub table: String,
    /// Role.
    pub role: String,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: String,
    /// Expected access; `None` if the contract did not name it.
    pub expected: Option<String>,
    /// Computed access, in words.
    pub computed: String,
}

/// Finding of an earlier `rls audit`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarlierFinding {
    /// Id of the check.
    pub check: String,
    /// Subject.
    pub subject: String,
    /// Status: `critical`, `warning` or `unknown`.
    pub status: String,
    /// Detail, in one sentence.
    pub message: String,
}

/// An access report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessReport {
    /// Path of the file.
    pub file: String,
    /// Context and time of the report, in words.
    pub of: String,
    /// Cells of a matrix.
    pub cells: Vec<EarlierAccess>,
    /// Findings of an audit.
    pub flaws: Vec<EarlierFinding>,
    /// Examined objects: `role anon`, `schema public`, tables.
    pub examined: Vec<String>,
}

/// Two reports of the same command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// The earlier report.
    pub old: AccessReport,
    /// The later report.
    pub new: AccessReport,
}
