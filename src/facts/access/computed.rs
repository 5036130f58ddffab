//! What a role would meet, by the catalog alone.

use std::fmt;

/// What happens when a role runs a command on a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComputedAccess {
    /// Every row.
    All,
    /// The rows that a filter admits: permissive expressions by OR, restrictive ones by AND.
    Rows(RowFilter),
    /// Refused, or no row at all.
    Denied(DenyReason),
    /// An error that the policies themselves cause.
    Fails(String),
}

/// Why there is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenyReason {
    /// The schema is closed to the role.
    NoUsage,
    /// The privilege is missing.
    NoGrant,
    /// Granted, but no policy admits anything.
    NoPolicy,
}

/// The expressions that decide about rows, sorted and normalised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// Any of these admits a row.
    pub any: Vec<String>,
    /// Each of these must hold.
    pub all: Vec<String>,
}

impl RowFilter {
    /// Sorts and drops doubles, so that filters can be compared.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        for list in [&mut self.any, &mut self.all] {
            list.sort();
            list.dedup();
        }
        self
    }
}

impl fmt::Display for RowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.any.join(" OR "))?;
        for restriction in &self.all {
            write!(f, " AND {restriction}")?;
        }
        Ok(())
    }
}

impl ComputedAccess {
    /// One word for a table.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::All => "all rows",
            Self::Rows(_) => "some rows",
            Self::Denied(DenyReason::NoPolicy) => "no row",
            Self::Denied(_) => "denied",
            Self::Fails(_) => "error",
        }
    }
}

impl fmt::Display for ComputedAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("every row"),
            Self::Rows(filter) => write!(f, "rows where {filter}"),
            Self::Denied(DenyReason::NoUsage) => f.write_str("denied: no USAGE on the schema"),
            Self::Denied(DenyReason::NoGrant) => f.write_str("denied: no grant"),
            Self::Denied(DenyReason::NoPolicy) => f.write_str("no row: no policy admits any"),
            Self::Fails(why) => write!(f, "fails: {why}"),
        }
    }
}
