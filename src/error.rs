//! The [`Error`] of a command: a message, its causes and hints, and a kind that determines the exit
//! code.

use crate::dsn;
use crate::exit::ExitCode;
use crate::facts::{SourceError, SourceErrorKind};
use crate::suggest::{CommandText, TargetFlags};

/// The kind of an error, which determines the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The command line is invalid.
    Usage,
    /// A setting is invalid.
    Config,
    /// A source could not be read, so the status is unknown.
    Source(SourceErrorKind),
    /// A write was refused: protected or read-only context, or not confirmed.
    Refused,
    /// Interrupted by a signal.
    Interrupted,
    /// A bug in this tool.
    Bug,
}

/// An error that ends a command. It is printed once, by `app`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The kind, which determines the exit code.
    pub(crate) kind: ErrorKind,
    /// What failed and for which thing, in lower case and without secrets.
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// Hints: commands, or one imperative each.
    pub(crate) hints: Vec<CommandText>,
}

impl Error {
    /// Creates an error without causes and hints.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// Returns the message with its causes: `cannot read x: permission denied`.
    pub(crate) fn with_causes(&self) -> String {
        let parts = std::iter::once(&self.message).chain(&self.causes);
        parts.map(String::as_str).collect::<Vec<_>>().join(": ")
    }

    /// Adds the flags that select the context or database to the commands in the hints.
    pub(crate) fn address(&mut self, target: &TargetFlags) {
        self.hints.iter_mut().for_each(|hint| hint.address(target));
    }

    /// Adds a hint that names the flag with a secret value that the commands in the hints need as well.
    pub(crate) fn note_secret_flag(&mut self, flag: Option<&str>) {
        let has_commands = self.hints.iter().any(CommandText::has_command);
        let note = flag.filter(|_| has_commands).map(|flag| format!("with the same {flag}"));
        self.hints.extend(note.map(CommandText::from));
    }

    /// Creates an error about the command line (64).
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Creates an error about a setting (78).
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// Creates an error about a refused write (77).
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// Creates an error about a file or device that cannot be used at the moment (3).
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Source(SourceErrorKind::Unavailable), message)
    }

    /// Creates an error about a report that could not be delivered (3).
    pub(crate) fn undelivered(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Source(SourceErrorKind::Other), message)
    }

    /// Creates an error about a bug in this tool (70).
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Bug, message)
    }

    /// Adds a cause.
    #[must_use]
    pub(crate) fn cause(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<CommandText>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the exit code of the kind.
    pub fn exit_code(&self) -> ExitCode {
        match self.kind {
            ErrorKind::Usage => ExitCode::Usage,
            ErrorKind::Config
            | ErrorKind::Source(SourceErrorKind::NotConfigured | SourceErrorKind::InvalidSetting) => {
                ExitCode::Config
            }
            ErrorKind::Source(_) => ExitCode::Unknown,
            ErrorKind::Refused => ExitCode::Refused,
            ErrorKind::Interrupted => ExitCode::Interrupted,
            ErrorKind::Bug => ExitCode::Bug,
        }
    }

    /// Returns the name of the kind in JSON.
    pub(crate) fn as_str(&self) -> &'static str {
        match self.kind {
            ErrorKind::Usage => "usage",
            ErrorKind::Config => "config",
            ErrorKind::Source(kind) => kind.as_str(),
            ErrorKind::Refused => "refused",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Bug => "bug",
        }
    }

    /// Returns whether the same command may succeed when it is repeated.
    pub(crate) fn retryable(&self) -> bool {
        match self.kind {
            ErrorKind::Source(kind) => kind.is_retryable(),
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
        let hints = error.hint.into_iter().map(CommandText::from).collect();
        Self { kind: ErrorKind::Config, message: error.message, causes, hints }
    }
}
