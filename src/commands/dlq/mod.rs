//! `dlq`: lists and shows dead letters, and requeues them.

pub(crate) mod confirm;
mod filter;
pub mod follow;
pub mod groups;
pub mod list;
pub mod ops;
pub mod requeue;
pub mod show;
pub mod stream;
mod target;
pub mod undo;
mod wrong_type;

use crate::error::Error;
use crate::facts::operation::OperationId;

/// Parses an operation id of the command line.
fn operation(text: &str) -> Result<OperationId, Error> {
    OperationId::parse(text).ok_or_else(|| {
        Error::usage(format!("\"{text}\" is no operation id")).hint("cliplyctl dlq ops lists them")
    })
}
