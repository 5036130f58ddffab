//! Families of [`Check`] and nothing else.
//!
//! A check is a plain function from facts and [`Thresholds`] to [`Finding`]s, without IO, clock or
//! output. Each family is a directory with one file per check and its tests; its `mod.rs`
//! lists its checks in display order. [`registry`] lists the id and title of every check.

pub(crate) mod access;
pub(crate) mod access_diff;
pub(crate) mod app_tests;
pub(crate) mod cross;
pub(crate) mod environment;
pub(crate) mod flow;
pub(crate) mod next;
pub(crate) mod queue;
pub mod registry;
pub mod rls;
pub(crate) mod server;
pub mod service;

pub(crate) use crate::facts::thresholds::threshold_text;
use crate::facts::{Finding, Section, Status, Threshold, Thresholds};

/// One named test of facts of type `F`.
pub struct Check<F: ?Sized> {
    /// The id, which is also an anchor in RUNBOOK.md: `queue.oldest_due`.
    pub id: &'static str,
    /// What is tested, in a few words.
    pub(crate) title: &'static str,
    /// The runbook section for problems that this check finds.
    pub(crate) section: Section,
    /// Evaluates the facts. An OK result is a finding as well: reports list it as ruled out.
    pub(crate) evaluate: fn(&Check<F>, &F, &Thresholds) -> Vec<Finding>,
}

impl<F: ?Sized> Check<F> {
    /// Evaluates the facts against the thresholds.
    pub fn run(&self, facts: &F, thresholds: &Thresholds) -> Vec<Finding> {
        (self.evaluate)(self, facts, thresholds)
    }

    /// Returns a finding with the id and section of this check.
    pub(crate) fn finding(
        &self,
        status: Status,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding::new(self.id, self.section, status, subject, message)
    }
}

/// Returns the status of a value: CRITICAL or WARNING from that bound upwards, otherwise OK.
pub(crate) fn compare(value: f64, threshold: Threshold) -> Status {
    if threshold.critical.is_some_and(|critical| value >= critical) {
        Status::Critical
    } else if threshold.warning.is_some_and(|warning| value >= warning) {
        Status::Warning
    } else {
        Status::Ok
    }
}
