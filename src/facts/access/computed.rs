//! Computed access: what grants and policies allow a role.

use std::fmt;

/// Access of a role to a table by one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ComputedAccess {
    /// Every row.
    All,
    /// The rows that match a filter: permissive expressions combined by OR, restrictive ones by AND.
    Rows(RowFilter),
    /// No access, or no rows.
    Denied(DenyReason),
    /// An error that the policies cause.
    Fails(String),
}

/// Reason why there is no access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DenyReason {
    /// The role has no USAGE on the schema.
    SchemaUsage,
    /// The privilege is missing.
    Grant,
    /// The privilege is granted, but no policy allows rows.
    Policy,
}

/// Expressions that select rows, sorted and normalized.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RowFilter {
    /// Expressions of which at least one must hold.
    pub(crate) any: Vec<String>,
    /// Expressions that must all hold.
    pub(crate) all: Vec<String>,
}

impl RowFilter {
    /// Sorts the expressions and removes duplicates, so that filters can be compared.
    #[must_use]
    pub(crate) fn normalised(mut self) -> Self {
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
    /// Short form for a table cell.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Self::All => "all rows",
            Self::Rows(_) => "some rows",
            Self::Denied(DenyReason::Policy) => "no row",
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
            Self::Denied(DenyReason::SchemaUsage) => f.write_str("denied: no USAGE on the schema"),
            Self::Denied(DenyReason::Grant) => f.write_str("denied: no grant"),
            Self::Denied(DenyReason::Policy) => f.write_str("no row: no policy admits any"),
            Self::Fails(why) => write!(f, "fails: {why}"),
        }
    }
}
