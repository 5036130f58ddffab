//! Exit codes: every one with its sentence.

use crate::facts::Status;

/// How the process ends. 0–3 follow the monitoring-plugins contract, 64–78 sysexits.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// Nothing at or above `--fail-on`, or everything asked for was done.
    Ok = 0,
    /// Something is at its warning limit.
    Warning = 1,
    /// A service is down, a contract is violated, or requeued jobs died again.
    Critical = 2,
    /// Could not judge.
    Unknown = 3,
    /// The command line is wrong.
    Usage = 64,
    /// A bug in this tool.
    Bug = 70,
    /// A write was applied in part.
    Partial = 75,
    /// Refused by a guard, or consent was not given.
    Refused = 77,
    /// The configuration is wrong.
    Config = 78,
    /// Interrupted by a signal.
    Interrupted = 130,
}

/// Every exit code with the sentence that help and RUNBOOK.md print.
pub const EXIT_CODES: [(ExitCode, &str); 10] = [
    (ExitCode::Ok, "nothing at or above --fail-on, or everything asked for was done"),
    (ExitCode::Warning, "WARNING: something is at its warning limit"),
    (
        ExitCode::Critical,
        "CRITICAL: service down, contract violated, template drift, requeued jobs died again",
    ),
    (
        ExitCode::Unknown,
        "UNKNOWN: could not judge (database unreachable, permission, unreadable schema)",
    ),
    (ExitCode::Usage, "the command line is wrong"),
    (ExitCode::Bug, "a bug in this tool"),
    (ExitCode::Partial, "a write was applied in part; the report says which and how to resume"),
    (
        ExitCode::Refused,
        "refused: a guard, a read-only context, declined, or no terminal and no --yes",
    ),
    (ExitCode::Config, "the configuration is wrong"),
    (ExitCode::Interrupted, "interrupted"),
];

impl ExitCode {
    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The code that a run of this tool ended with; none for a number that means nothing here.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        EXIT_CODES.map(|(code, _)| code).into_iter().find(|code| i32::from(code.code()) == number)
    }

    /// The code of a judging command, given its verdict and the lowest verdict that fails.
    ///
    /// UNKNOWN always fails, whatever `fail_on` says: nobody looked.
    #[must_use]
    pub fn from_status(verdict: Status, fail_on: FailOn) -> Self {
        match verdict {
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

/// The lowest verdict for which a judging command exits non-zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FailOn {
    /// Fail on warnings and worse
    #[default]
    Warning,
    /// Fail on criticals and unknowns alone
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
