//! The one error shape of the crate: what, why, and what to do next.

use crate::dsn;
use crate::exit::ExitCode;
use crate::facts::{SourceError, SourceErrorKind};
use crate::text::TargetFlags;

/// What kind of trouble a command ended in; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line is wrong.
    Usage,
    /// A setting is wrong.
    Config,
    /// A source could not be read, so nothing could be judged.
    Source(SourceErrorKind),
    /// A guard refused, or consent was not given.
    Refused,
    /// A write was applied in part.
    Partial,
    /// Interrupted by a signal.
    Interrupted,
    /// A bug in this tool.
    Bug,
}

/// An error on its way to the person: printed once, by `main`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The kind, which decides the exit code.
    pub kind: ErrorKind,
    /// What went wrong and where, lowercase, without secrets.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Makes the commands that its hints name look where this one did.
    pub fn address(&mut self, to: &TargetFlags) {
        for hint in &mut self.hints {
            *hint = to.add_to_text(hint);
        }
    }

    /// Says which flag the commands of its hints need as this one did.
    pub fn note_secret_flag(&mut self, flag: Option<&str>) {
        let commands = self.hints.iter().any(|hint| hint.contains("cliplyctl "));
        self.hints.extend(flag.filter(|_| commands).map(|flag| format!("with the same {flag}")));
    }

    /// The command line is wrong (64).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A setting is wrong (78).
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// A guard refused (77).
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// A bug in this tool (70).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// With one more reason.
    #[must_use]
    pub fn cause(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// With one more thing to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The one map from kinds to exit codes.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::Config | ErrorKind::Source(SourceErrorKind::NotConfigured) => {
                ExitCode::Config
            }
            ErrorKind::Source(_) => ExitCode::Unknown,
            ErrorKind::Refused => ExitCode::Refused,
            ErrorKind::Partial => ExitCode::Partial,
            ErrorKind::Interrupted => ExitCode::Interrupted,
            ErrorKind::Bug => ExitCode::Bug,
        }
    }

    /// The word for machines.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self.kind {
            ErrorKind::Usage => "usage",
            ErrorKind::Config => "config",
            ErrorKind::Source(kind) => kind.as_str(),
            ErrorKind::Refused => "refused",
            ErrorKind::Partial => "partial",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Bug => "bug",
        }
    }

    /// Whether the same command may succeed a moment later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self.kind {
            ErrorKind::Source(kind) => kind.retryable(),
            ErrorKind::Partial => true,
            _ => false,
        }
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        let hints = error.hint.into_iter().collect();
        Self { kind: ErrorKind::Source(error.kind), message: error.message, causes: vec![], hints }
    }
}

impl From<dsn::Error> for Error {
    fn from(error: dsn::Error) -> Self {
        let causes = error.cause.into_iter().collect();
        let hints = error.hint.into_iter().collect();
        Self { kind: ErrorKind::Config, message: error.message, causes, hints }
    }
}
