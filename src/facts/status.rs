//! Status of a check.

use std::fmt;

/// Result of a check or a report. A value that could not be read never results in [`Status::Ok`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Within all thresholds.
    Ok,
    /// At or above the warning threshold.
    Warning,
    /// At or above the critical threshold, or a violated contract.
    Critical,
    /// Not read, or not understood.
    Unknown,
    /// Not evaluated, because of the result of another check.
    Skipped {
        /// Id of that check.
        blocked_by: &'static str,
    },
}

impl Status {
    /// Precedence of the worst status: critical > unknown > warning > ok.
    /// A skipped check ranks just below unknown, because the check that blocked it has more information.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Skipped { .. } => 2,
            Self::Unknown => 3,
            Self::Critical => 4,
        }
    }

    /// The worse of the two; the first if they have the same rank.
    #[must_use]
    pub(crate) fn worse(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The worst status, or `Ok` if there is none.
    pub fn worst(statuses: impl IntoIterator<Item = Self>) -> Self {
        statuses.into_iter().fold(Self::Ok, Self::worse)
    }

    /// Name in JSON: `ok`, `warning`, `critical`, `unknown`, `skipped`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Number that equals the exit code; skipped is UNKNOWN.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown | Self::Skipped { .. } => 3,
        }
    }

    /// The status of a number; UNKNOWN if the number is not valid.
    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Ok,
            1 => Self::Warning,
            2 => Self::Critical,
            _ => Self::Unknown,
        }
    }

    /// Name in output: `OK`, `WARNING`, …
    pub(crate) fn label(self) -> &'static str {
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
