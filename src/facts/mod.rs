//! Facts: plain data about the system, without IO, algorithms or evaluation.
//!
//! `sources` create them, `checks` evaluate them.

pub mod access;
pub mod advice;
pub mod canary;
pub mod dead_letter;
pub mod finding;
pub mod flow;
pub mod group;
pub mod index_cost;
pub mod job;
pub mod job_id;
pub mod job_line;
pub mod listing;
pub mod observed;
pub mod operation;
pub mod provenance;
pub mod queue;
pub mod recent_activity;
pub mod requeue;
pub mod requeued_job;
pub mod selection;
pub mod server;
pub mod service;
pub mod snapshot;
pub mod status;
pub mod stuck_job;
pub mod test_run;
pub mod thresholds;
pub mod throttle;
pub mod triage;

pub use finding::{Evidence, Finding, Section, Value};
pub use observed::{Observed, SourceError, SourceErrorKind};
pub use provenance::Provenance;
pub use status::Status;
pub use thresholds::{Threshold, Thresholds};

pub use crate::fingerprint::Fingerprint;
