//! The dead-letter desk.

mod canary;
mod careful;
mod deed;
pub mod export;
mod filter;
pub mod follow;
pub mod groups;
mod lane;
pub mod list;
pub mod ops;
mod pacer;
mod plan;
mod request;
pub mod requeue;
pub mod show;
pub mod undo;
mod watch;
pub(super) mod write;

use crate::error::Error;
use crate::facts::operation::OperationId;

/// The operation that a command names.
fn operation(text: &str) -> Result<OperationId, Error> {
    OperationId::parse(text).ok_or_else(|| {
        Error::usage(format!("\"{text}\" is no operation id")).hint("cliplyctl dlq ops lists them")
    })
}
