//! Pure judgement: facts and limits in, findings out. No IO, no clock, no printing.
//!
//! One file a check, its tests below it; each family's `mod.rs` holds the list.

pub mod access;
pub mod access_diff;
pub mod app_tests;
pub mod check_registry;
pub mod cross;
pub mod environment;
pub mod flow;
pub mod queue;
pub mod rls;
pub mod server;
pub mod service;

pub use crate::facts::thresholds::limit_text;
use crate::facts::{Finding, Section, Status, Threshold, Thresholds};

/// A rule over facts of type `F`.
pub struct Check<F: ?Sized> {
    /// Its id, also an anchor in RUNBOOK.md: `queue.oldest_due`.
    pub id: &'static str,
    /// What it looks at, in a few words.
    pub title: &'static str,
    /// The section of the runbook that deals with it.
    pub section: Section,
    /// Judges; an OK reading is a finding too, so that it can be shown as ruled out.
    pub evaluate: fn(&Check<F>, &F, &Thresholds) -> Vec<Finding>,
}

impl<F: ?Sized> Check<F> {
    /// Runs it.
    pub fn run(&self, facts: &F, limits: &Thresholds) -> Vec<Finding> {
        (self.evaluate)(self, facts, limits)
    }

    /// A finding of this check.
    pub fn finding(
        &self,
        verdict: Status,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(self.id, self.section, verdict, subject, message)
    }
}

/// Holds a reading against a limit.
#[must_use]
pub fn compare(value: f64, limit: Threshold) -> Status {
    if limit.critical.is_some_and(|critical| value >= critical) {
        Status::Critical
    } else if limit.warning.is_some_and(|warning| value >= warning) {
        Status::Warning
    } else {
        Status::Ok
    }
}
