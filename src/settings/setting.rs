//! A value with its origin.

use std::fmt;
use std::path::PathBuf;

/// The place where a value is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag, such as `--base-url`.
    Flag(&'static str),
    /// A variable of the process environment.
    Env(String),
    /// A line of `.env`.
    DotEnv {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A line of a configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The context it belongs to, if any.
        context: Option<String>,
    },
    /// A file that contains only the value (`…_file` keys).
    ValueFile(PathBuf),
    /// No place: the default value.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Env(name) => write!(f, "${name}"),
            Self::DotEnv { path, line } | Self::File { path, line, context: None } => {
                write!(f, "{}:{line}", path.display())
            }
            Self::File { path, line, context: Some(context) } => {
                write!(f, "{}:{line} [context.{context}]", path.display())
            }
            Self::ValueFile(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it is defined.
    pub(crate) origin: Origin,
}

impl<T> Setting<T> {
    /// A value with its origin.
    pub(crate) const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// A default value.
    pub(crate) const fn default_value(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// Replaces the value and keeps the origin.
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: f(self.value), origin: self.origin }
    }
}
