//! The exit codes with their descriptions, and the mapping from a status to an exit code.

use crate::facts::Status;

/// The exit code of the process. 0–3 follow the monitoring-plugins guidelines, 64–78 sysexits.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// No finding at or above `--fail-on`, or the write was applied completely.
    Ok = 0,
    /// A warning threshold was reached.
    Warning = 1,
    /// A service is down, a contract is violated, or requeued jobs failed again.
    Critical = 2,
    /// The status could not be evaluated.
    Unknown = 3,
    /// The command line is invalid.
    Usage = 64,
    /// A bug in this tool.
    Bug = 70,
    /// A write was applied partially.
    Partial = 75,
    /// A write was refused: protected or read-only context, or not confirmed.
    Refused = 77,
    /// The configuration is invalid.
    Config = 78,
    /// Interrupted by a signal.
    Interrupted = 130,
}

/// All exit codes with the descriptions that the help and RUNBOOK.md contain.
pub const EXIT_CODES: [(ExitCode, &str); 10] = [
    (ExitCode::Ok, "no finding at or above --fail-on, or the write was applied completely"),
    (ExitCode::Warning, "WARNING: a threshold was reached"),
    (
        ExitCode::Critical,
        "CRITICAL: service down, contract violated, template drift, or requeued jobs failed again",
    ),
    (
        ExitCode::Unknown,
        "UNKNOWN: not evaluated (database unreachable, no permission, unreadable schema)",
    ),
    (ExitCode::Usage, "usage error"),
    (ExitCode::Bug, "bug in this tool"),
    (ExitCode::Partial, "partially applied: the report shows how to resume"),
    (ExitCode::Refused, "refused: protected or read-only context, or not confirmed"),
    (ExitCode::Config, "configuration error"),
    (ExitCode::Interrupted, "interrupted"),
];

impl ExitCode {
    /// Returns the numeric exit code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Returns the exit code with this number; `None` if this tool does not use the number.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        EXIT_CODES.map(|(code, _)| code).into_iter().find(|code| i32::from(code.code()) == number)
    }

    /// Returns the exit code of a command that reports a status.
    ///
    /// UNKNOWN always fails, regardless of `fail_on`, because nothing was evaluated.
    pub(crate) fn from_status(status: Status, fail_on: FailOn) -> Self {
        match status {
            Status::Critical => Self::Critical,
            Status::Unknown | Status::Skipped { .. } => Self::Unknown,
            Status::Warning if fail_on == FailOn::Warning => Self::Warning,
            Status::Warning | Status::Ok => Self::Ok,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

/// The lowest status for which a command that reports a status exits non-zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FailOn {
    /// Fail on WARNING, CRITICAL and UNKNOWN
    #[default]
    Warning,
    /// Fail only on CRITICAL and UNKNOWN
    Critical,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fail_on_critical_ignores_warnings_but_not_unknown() {
        assert_eq!(ExitCode::from_status(Status::Warning, FailOn::Critical), ExitCode::Ok);
        assert_eq!(ExitCode::from_status(Status::Warning, FailOn::Warning), ExitCode::Warning);
        assert_eq!(ExitCode::from_status(Status::Unknown, FailOn::Critical), ExitCode::Unknown);
        assert_eq!(
            ExitCode::from_status(Status::Skipped { blocked_by: "x" }, FailOn::Critical),
            ExitCode::Unknown
        );
    }
}
