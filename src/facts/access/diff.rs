//! Two reports on access, read from files: before and after.

/// What one cell of `rls matrix` said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarlierAccess {
    /// The table.
    pub table: String,
    /// The role.
    pub role: String,
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`.
    pub command: String,
    /// What the contract said; none where it was silent.
    pub declared: Option<String>,
    /// What the catalog said, in words.
    pub predicted: String,
}

/// What one finding of `rls audit` said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EarlierFinding {
    /// Id of the check.
    pub check: String,
    /// What it was about.
    pub subject: String,
    /// `critical`, `warning` or `unknown`.
    pub severity: String,
    /// One sentence.
    pub message: String,
}

/// One report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessReport {
    /// Where it was read: the file.
    pub file: String,
    /// Context and time, in words.
    pub of: String,
    /// The cells of a matrix.
    pub cells: Vec<EarlierAccess>,
    /// The findings of an audit.
    pub flaws: Vec<EarlierFinding>,
    /// What was examined: `role anon`, `schema public`, tables.
    pub examined: Vec<String>,
}

/// Two reports of one command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// Before.
    pub old: AccessReport,
    /// After.
    pub new: AccessReport,
}
