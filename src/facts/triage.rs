//! Facts that triage evaluates, all read before the evaluation.

use serde::{Deserialize, Serialize};

use super::access::last_audit::LastAudit;
use super::flow::{DeadLetterTrend, Failures};
use super::queue::Queue;
use super::server::ServerStatus;
use super::service::{Health, Readiness};
use super::test_run::TestRun;
use super::{Observed, SourceError};
use crate::queue::Layout;
use crate::zod::model::Environment;

/// Facts with their sources and times. `None` if a fact was not read, because a fact that it depends on
/// could not be read, or because it does not apply.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TriageFacts {
    /// `/api/healthz`
    pub(crate) health: Observed<Health>,
    /// `/api/readyz`
    pub(crate) readiness: Observed<Readiness>,
    /// Layout of the jobs table, or why the database could not be reached.
    pub(crate) layout: Observed<Layout>,
    /// Counts of the jobs table; requires a layout.
    pub(crate) queue: Option<Observed<Queue>>,
    /// Recent dead letters; requires a layout.
    pub(crate) flow: Option<Observed<DeadLetterTrend>>,
    /// Recent failed attempts; requires a layout and ordered events.
    pub(crate) failures: Option<Observed<Failures>>,
    /// Status of the database server.
    pub(crate) server: Observed<ServerStatus>,
    /// The last access audit; requires a layout. Version 0.1.0 did not save it.
    #[serde(default)]
    pub(crate) access: Option<LastAudit>,
    /// Env schema and template of the current checkout; `None` outside of a checkout.
    /// Never saved, because it contains the values of a `.env` file.
    #[serde(skip)]
    pub(crate) environment: Option<Observed<Environment>>,
    /// Test scripts of the checkout, if requested. Never saved, because they are not about the system.
    #[serde(skip)]
    pub(crate) tests: Vec<TestRun>,
    /// Whether the facts were read from a file.
    #[serde(skip, default = "yes")]
    pub(crate) saved: bool,
}

impl TriageFacts {
    /// Whether neither the app nor the database is configured.
    pub(crate) fn is_unconfigured(&self) -> bool {
        let unknown =
            |error: Option<&SourceError>| error.is_some_and(|error| error.kind.is_configuration());
        unknown(self.health.error()) && unknown(self.layout.error())
    }
}

fn yes() -> bool {
    true
}
