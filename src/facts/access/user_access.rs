//! Access of one user: the rows that a user id reaches, counted by PostgreSQL.

/// Number of rows, or the reason why it is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RowCount {
    /// Exactly this many.
    Exact(u64),
    /// At least this many; more were not counted.
    AtLeast(u64),
    /// Not allowed, or not counted, and why.
    Unknown(String),
    /// The role may not run the command.
    Denied(String),
}

/// What a user reaches in one table.
#[derive(Debug, Clone)]
pub(crate) struct UserTable {
    /// Table.
    pub(crate) table: String,
    /// Rows that can be read.
    pub(crate) select: RowCount,
    /// Readable rows that can be changed.
    pub(crate) update: RowCount,
    /// Readable rows that can be deleted.
    pub(crate) delete: RowCount,
    /// Whether rows can be added, in words.
    pub(crate) insert: String,
    /// Primary keys of some readable rows.
    pub(crate) ids: Vec<String>,
    /// Memberships that its policies look at.
    pub(crate) memberships: Vec<Membership>,
}

/// Rows of a table that name the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Table.
    pub(crate) table: String,
    /// Column with the user id.
    pub(crate) column: String,
    /// Column of the workspace or similar, if there is one.
    pub(crate) group: Option<String>,
    /// Number of rows that name the user.
    pub(crate) rows: u64,
    /// Some workspaces.
    pub(crate) groups: Vec<String>,
}
