//! The result of the last access audit, as triage and repeated polls report it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an access audit found: only access that violates the contract, and what it could not test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LastAudit {
    /// When it ran.
    pub(crate) at: Timestamp,
    /// How long ago it ran when the facts were read, in seconds; 0 if it ran together with them.
    #[serde(default)]
    pub(crate) age_seconds: f64,
    /// The CRITICAL findings.
    pub(crate) violations: Vec<AccessViolation>,
    /// Why it did not run, or which tests could not.
    pub(crate) not_tested: Vec<String>,
    /// Number of examined tables.
    pub(crate) tables: u64,
    /// Whether it ran to its end.
    pub(crate) completed: bool,
}

/// Access that violates the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessViolation {
    /// The table, function or role.
    pub(crate) subject: String,
    /// What is possible: `anon can read every row of public.jobs`.
    pub(crate) brief: String,
}

impl LastAudit {
    /// An audit that did not run.
    pub(crate) fn not_run(at: Timestamp, reason: impl Into<String>) -> Self {
        let not_tested = vec![reason.into()];
        Self { at, age_seconds: 0.0, violations: vec![], not_tested, tables: 0, completed: false }
    }

    /// Returns why nothing is known about violations, if none were found and tests could not run.
    pub(crate) fn skipped(&self) -> Option<&str> {
        if !self.violations.is_empty() {
            return None;
        }
        self.not_tested.first().map(String::as_str)
    }
}
