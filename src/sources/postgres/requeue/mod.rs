//! The only writer: dead jobs back to waiting, and the way back.
//!
//! Ground rules: the guard is on the UPDATE's target row; a job and its event commit together;
//! transactions are short; sleeping happens outside of them; the database is the truth.

mod all_or_nothing;
mod columns;
pub mod journal;
pub mod operation_events;
pub mod ops;
mod pipeline;
pub mod plan_query;
mod reconcile;
pub mod repeat_failures;
pub mod rescue;
pub mod statements;
mod write_plan;
mod write_transaction;
mod writer;

pub use columns::RequeueColumns;
pub use writer::{WriteInput, Writer};
