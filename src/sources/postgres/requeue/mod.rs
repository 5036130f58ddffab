//! All SQL that writes to jobs: requeue, undo and rescue, and the queries that prepare a write.
//!
//! [`Writer`] runs [`statements`] in short write transactions and accounts for
//! every job. Rules: the UPDATE repeats its guard on the target row; a job and its event are
//! committed together; no transaction is open during a pause; results come from what the database
//! returns. Imports `facts`, `queue`, `fingerprint`, `permit`, `interrupt` and `redact`.

mod columns;
pub mod journal;
pub mod operation_events;
pub mod ops;
pub mod plan_query;
mod reconcile;
pub mod repeat_failures;
pub mod rescue;
pub mod statements;
mod write_transaction;
mod writer;

pub use columns::RequeueColumns;
pub use writer::{WriteInput, Writer};
