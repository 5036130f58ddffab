//! Results of reading a source: a value, or the error that prevented it, which is a fact as well.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::suggest::CommandText;

/// Kind of error that prevented reading a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SourceErrorKind {
    /// The source is not configured.
    NotConfigured,
    /// A setting of the source is not valid, or names a variable or a file that does not exist.
    InvalidSetting,
    /// The connection was refused.
    Refused,
    /// The name could not be resolved.
    Dns,
    /// The TLS connection could not be established.
    Tls,
    /// No answer within the timeout.
    Timeout,
    /// The connection was lost.
    Disconnected,
    /// Wrong or missing credentials.
    Authentication,
    /// The role has no permission (SQLSTATE 42501), or HTTP 401/403.
    Permission,
    /// Row-level security hides rows from this role.
    Hidden,
    /// The object does not exist.
    NotFound,
    /// The schema is not known to this tool.
    UnknownLayout,
    /// The answer does not have the expected form.
    Malformed,
    /// The app answered with success, but not with a report.
    Unrecognized,
    /// A login page, a proxy or another host answered instead of the app.
    Intercepted,
    /// The proxy of this machine failed, so the app was not asked.
    Proxy,
    /// A cache answered with an old response.
    Stale,
    /// The hosting platform answered that it has no such app or deployment.
    Undeployed,
    /// Too many requests.
    RateLimited,
    /// The source is overloaded, starting, or failing (HTTP 5xx).
    Unavailable,
    /// Any other error that the source reported.
    Other,
}

impl SourceErrorKind {
    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether no request was made, because of the settings.
    pub(crate) fn is_configuration(self) -> bool {
        matches!(self, Self::NotConfigured | Self::InvalidSetting)
    }

    /// Whether it persists until a setting, credential or permission is changed.
    pub(crate) fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::NotConfigured
                | Self::InvalidSetting
                | Self::Authentication
                | Self::Permission
                | Self::Hidden
                | Self::Tls
        )
    }

    /// Whether a retry can succeed.
    pub(crate) fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Dns
                | Self::Timeout
                | Self::Disconnected
                | Self::Proxy
                | Self::Stale
                | Self::RateLimited
                | Self::Unavailable
        )
    }
}

/// Why a fact could not be read. The texts can contain untrusted text: sanitize them before printing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// Kind of error.
    pub kind: SourceErrorKind,
    /// What happened, in lower case, without secrets.
    pub message: String,
    /// What to do, if known.
    pub hint: Option<CommandText>,
}

impl SourceError {
    /// Creates an error without a hint.
    pub(crate) fn new(kind: SourceErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<CommandText>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A fact, or why it could not be read, with its source and time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Observed<T> {
    /// Source: a URL path or a database object.
    pub source: String,
    /// When reading started, by the clock of this machine.
    pub at: Timestamp,
    /// How long reading took.
    pub took: Duration,
    /// The fact or the error.
    pub result: Result<T, SourceError>,
}

impl<T> Observed<T> {
    /// The fact, if it was read.
    pub fn value(&self) -> Option<&T> {
        self.result.as_ref().ok()
    }

    /// The error, if it was not read.
    pub fn error(&self) -> Option<&SourceError> {
        self.result.as_ref().err()
    }
}
