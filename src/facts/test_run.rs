//! Runs of the documented test scripts of the app's checkout.

use std::time::Duration;

/// How a test script ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TestEnd {
    /// With this exit code.
    Code(i32),
    /// Without an exit code: the reason, such as a signal or a timeout.
    Cut(String),
    /// It did not start, with the reason.
    NotFound(String),
}

/// Run of one test script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TestRun {
    /// Name of the script in package.json: `test:core`.
    pub(crate) script: &'static str,
    /// How it ended.
    pub(crate) end: TestEnd,
    /// Duration.
    pub(crate) took: Duration,
}
