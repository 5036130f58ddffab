//! The application's own documented checks, as its checkout runs them.

use std::time::Duration;

/// How one of them ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestEnd {
    /// With this exit code.
    Code(i32),
    /// By a signal, or not by itself: why.
    Cut(String),
    /// It did not begin: why.
    NotFound(String),
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRun {
    /// The script of package.json: `test:core`.
    pub script: &'static str,
    /// How it ended.
    pub end: TestEnd,
    /// How long it took.
    pub took: Duration,
}
