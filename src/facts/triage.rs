//! Everything that triage looks at, gathered before anything is judged.

use serde::{Deserialize, Serialize};

use super::flow::{DeadLetterTrend, Failures};
use super::queue::Queue;
use super::server::ServerStatus;
use super::service::{Health, Readiness};
use super::test_run::TestRun;
use super::{Observed, SourceError, SourceErrorKind};
use crate::queue::Layout;
use crate::zod::model::Environment;

/// What was read, each with its source and time. `None`: not attempted, because what it depends on
/// could not be read, or because there is nothing of the kind here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TriageFacts {
    /// `/api/healthz`
    pub health: Observed<Health>,
    /// `/api/readyz`
    pub readiness: Observed<Readiness>,
    /// The catalog: whether the database can be reached, and which variant it holds.
    pub layout: Observed<Layout>,
    /// The jobs table; not attempted without a layout.
    pub queue: Option<Observed<Queue>>,
    /// How jobs died of late; not attempted without a layout.
    pub flow: Option<Observed<DeadLetterTrend>>,
    /// Failed attempts of late; not attempted without a layout, or where events have no order.
    pub failures: Option<Observed<Failures>>,
    /// The server that holds the queue.
    pub server: Observed<ServerStatus>,
    /// Schema and template of the checkout that this was called in; none outside of one.
    /// Never saved: it holds the values of a `.env`.
    #[serde(skip)]
    pub environment: Option<Observed<Environment>>,
    /// The checkout's own checks, where they were asked for. Never saved: they are not about the system.
    #[serde(skip)]
    pub tests: Vec<TestRun>,
    /// Whether all this was read back from a file.
    #[serde(skip, default = "yes")]
    pub saved: bool,
}

impl TriageFacts {
    /// Whether nobody said where app and database are.
    #[must_use]
    pub fn is_unconfigured(&self) -> bool {
        let unknown = |error: Option<&SourceError>| {
            error.is_some_and(|error| error.kind == SourceErrorKind::NotConfigured)
        };
        unknown(self.health.error()) && unknown(self.layout.error())
    }
}

fn yes() -> bool {
    true
}
