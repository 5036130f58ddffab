//! The answer of a check.

use std::fmt;

/// What a check concluded. What could not be read is never [`Verdict::Ok`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Read, and within its limits.
    Ok,
    /// Read, and at or above its warning limit.
    Warning,
    /// Read, and at or above its critical limit, or a contract violated.
    Critical,
    /// Not read, or read and not understood.
    Unknown,
    /// Not attempted, because the check named here stood in the way.
    Skipped {
        /// Id of the check that blocked this one.
        blocked_by: &'static str,
    },
}

impl Status {
    /// Precedence for "the worst of several": critical > unknown > warning > ok.
    /// A skipped check ranks just below the unknown ones: nobody looked, and what blocked it says more.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Skipped { .. } => 2,
            Self::Unknown => 3,
            Self::Critical => 4,
        }
    }

    /// The worse of the two; the first where they rank the same.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The worst of many, `Ok` for none.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().fold(Self::Ok, Self::worse)
    }

    /// The word for machines: `ok`, `warning`, `critical`, `unknown`, `skipped`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
            Self::Skipped { .. } => "skipped",
        }
    }

    /// The number for machines, which is that of the exit code; skipped is UNKNOWN.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown | Self::Skipped { .. } => 3,
        }
    }

    /// The verdict of a number; what is the number of none is UNKNOWN.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Ok,
            1 => Self::Warning,
            2 => Self::Critical,
            _ => Self::Unknown,
        }
    }

    /// The word for people: `OK`, `WARNING`, …
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
            Self::Skipped { .. } => "SKIPPED",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_status_is_critical_then_unknown_then_warning_then_ok() {
        use Status::{Critical, Ok, Unknown, Warning};
        assert_eq!(Status::worst([Ok, Warning, Unknown, Critical]), Critical);
        assert_eq!(Status::worst([Warning, Unknown, Ok]), Unknown);
        assert_eq!(Status::worst([Ok, Warning]), Warning);
        assert_eq!(Status::worst([]), Ok);
    }

    #[test]
    fn skipped_outranks_warning_but_not_unknown() {
        let skipped = Status::Skipped { blocked_by: "x" };
        assert_eq!(Status::worst([Status::Warning, skipped]), skipped);
        assert_eq!(Status::worst([skipped, Status::Unknown]), Status::Unknown);
    }
}
