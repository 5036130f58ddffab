//! The only writer: dead jobs back to waiting, and the way back.
//!
//! Ground rules: the guard is on the UPDATE's target row; a job and its event commit together;
//! transactions are short; sleeping happens outside of them; the database is the truth.

mod account;
mod apply;
mod batch;
mod flight;
pub mod journal;
pub mod lookup;
pub mod offenders;
pub mod ops;
pub mod rescue;
pub mod select;
mod shape;
pub mod statements;
mod whole;
mod writer;

pub use shape::RequeueColumns;
pub use writer::{WriteInput, Writer};
