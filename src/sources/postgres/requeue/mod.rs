//! The only writer: dead jobs back to waiting, and the way back.
//!
//! Ground rules: the guard is on the UPDATE's target row; a job and its event commit together;
//! transactions are short; sleeping happens outside of them; the database is the truth.

mod columns;
pub mod journal;
pub mod operation_events;
pub mod ops;
pub mod plan_query;
pub mod repeat_failures;
pub mod rescue;
pub mod statements;
mod write_transaction;
mod writer;

pub use columns::RequeueColumns;
pub use writer::{WriteInput, Writer};
