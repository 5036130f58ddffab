//! The dead-letter desk.

mod canary;
mod canary_group;
mod careful;
pub(super) mod execute;
mod filter;
pub mod follow;
pub mod groups;
mod job_tracker;
pub mod list;
pub mod ops;
mod plan;
pub mod requeue;
pub mod show;
pub mod stream;
mod target;
mod throttle;
pub mod undo;
mod wrong_type;

use crate::error::Error;
use crate::facts::operation::OperationId;

/// The operation that a command names.
fn operation(text: &str) -> Result<OperationId, Error> {
    OperationId::parse(text).ok_or_else(|| {
        Error::usage(format!("\"{text}\" is no operation id")).hint("cliplyctl dlq ops lists them")
    })
}
