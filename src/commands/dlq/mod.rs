//! `dlq`: lists and shows dead letters, and requeues them.

pub(crate) mod ack;
pub(crate) mod filter;
pub(crate) mod follow;
mod given_up;
pub(crate) mod groups;
pub(crate) mod list;
pub(crate) mod ops;
pub(crate) mod requeue;
pub(crate) mod show;
pub(crate) mod stream;
mod target;
pub(crate) mod undo;
mod wrong_type;

use crate::error::Error;
use crate::facts::operation::OperationId;

/// Parses an operation id of the command line.
fn operation(text: &str) -> Result<OperationId, Error> {
    OperationId::parse(text).ok_or_else(|| {
        Error::usage(format!("\"{text}\" is not an operation id"))
            .hint("list them: cliplyctl dlq ops")
    })
}
