//! Plain data about the world, without IO and without opinions.
//!
//! Facts import nothing else of the crate. Sources fill them, checks judge them.

pub mod access;
pub mod advice;
pub mod cohort;
pub mod dead_letter;
pub mod environment;
pub mod finding;
pub mod fingerprint;
pub mod flow;
pub mod group;
pub mod index_cost;
pub mod job;
pub mod job_id;
pub mod job_line;
pub mod layout;
pub mod limits;
pub mod listing;
pub mod live;
pub mod mask;
pub mod observed;
pub mod operation;
pub mod pace;
pub mod provenance;
pub mod queue;
pub mod ramp;
pub mod requeue;
pub mod rescue;
pub mod selection;
pub mod server;
pub mod service;
pub mod snapshot;
pub mod test_run;
pub mod triage;
pub mod verdict;

pub use finding::{Evidence, Finding, Section, Value};
pub use fingerprint::Fingerprint;
pub use limits::{Threshold, Thresholds};
pub use observed::{Observed, SourceError, SourceErrorKind};
pub use provenance::Provenance;
pub use verdict::Status;
