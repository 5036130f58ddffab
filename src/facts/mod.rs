//! Facts: plain data about the system, without IO, algorithms or evaluation.
//!
//! `sources` create them, `checks` evaluate them.

pub mod access;
pub(crate) mod acknowledged;
pub mod advice;
pub(crate) mod affected_workspace;
pub(crate) mod canary;
pub(crate) mod dead_letter;
pub(crate) mod finding;
pub(crate) mod flow;
pub(crate) mod grants;
pub(crate) mod group;
pub mod identity;
pub(crate) mod index_cost;
pub(crate) mod job;
pub mod job_id;
pub mod listing;
pub mod observed;
pub mod operation;
pub(crate) mod provenance;
pub(crate) mod queue;
pub(crate) mod recent_activity;
pub(crate) mod recorded_system;
pub(crate) mod requeue;
pub(crate) mod requeued_job;
pub(crate) mod selection;
pub mod server;
pub mod service;
pub mod snapshot;
pub mod status;
pub(crate) mod stuck_job;
pub(crate) mod suggestion;
pub(crate) mod test_run;
pub mod thresholds;
pub(crate) mod throttle;
pub(crate) mod triage;

pub use finding::{Evidence, Finding, Section, Value};
pub use observed::{Observed, SourceError, SourceErrorKind};
pub use provenance::Provenance;
pub use status::Status;
pub use suggestion::Suggestion;
pub use thresholds::{Threshold, Thresholds};
