//! A reading that may have failed: the failure is a fact too.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of obstacle stood between us and a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SourceErrorKind {
    /// No setting says where to look.
    NotConfigured,
    /// The other side refused the connection.
    Refused,
    /// The name could not be resolved.
    Dns,
    /// The secure connection could not be established.
    Tls,
    /// No answer within the time allowed.
    Timeout,
    /// The connection broke in the middle.
    Disconnected,
    /// Wrong or missing credentials.
    Authentication,
    /// The role may not look (SQLSTATE 42501), or HTTP 401/403.
    Permission,
    /// The rows are hidden from this role by row-level security.
    Hidden,
    /// The thing asked for does not exist.
    NotFound,
    /// The schema is none that this tool knows.
    UnknownLayout,
    /// The answer was not of the expected form.
    Malformed,
    /// Something in front of the app answered in its place: a login page, a proxy, another host.
    Intercepted,
    /// Too many requests: come back later.
    RateLimited,
    /// The other side says it is overloaded or starting up, or fails (HTTP 5xx).
    Unavailable,
    /// Anything else that the other side reported.
    Other,
}

impl SourceErrorKind {
    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Refused => "refused",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Disconnected => "disconnected",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::Hidden => "hidden",
            Self::NotFound => "not_found",
            Self::UnknownLayout => "unknown_layout",
            Self::Malformed => "malformed",
            Self::Intercepted => "intercepted",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Other => "other",
        }
    }

    /// Whether only a person can change it: a setting, a credential, a right.
    #[must_use]
    pub fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::NotConfigured
                | Self::Authentication
                | Self::Permission
                | Self::Hidden
                | Self::Tls
        )
    }

    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::Refused
                | Self::Dns
                | Self::Timeout
                | Self::Disconnected
                | Self::RateLimited
                | Self::Unavailable
        )
    }
}

/// Why a fact could not be read. The texts may hold words from outside: sanitise before printing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// The kind of obstacle.
    pub kind: SourceErrorKind,
    /// What happened, in plain words, lowercase, without secrets.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SourceError {
    /// An error without a hint.
    pub fn new(kind: SourceErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A fact, or the reason why it is missing, with its source and time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Observed<T> {
    /// Where it was read: an URL path or a database object.
    pub source: String,
    /// When the reading began, on this machine's clock.
    pub at: Timestamp,
    /// How long the reading took.
    pub took: Duration,
    /// The fact itself.
    pub result: Result<T, SourceError>,
}

impl<T> Observed<T> {
    /// The fact, where there is one.
    pub fn value(&self) -> Option<&T> {
        self.result.as_ref().ok()
    }

    /// The obstacle, where there was one.
    pub fn error(&self) -> Option<&SourceError> {
        self.result.as_ref().err()
    }
}
