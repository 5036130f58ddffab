//! What an operation is, where it is not what a command takes.

use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{OperationId, OperationType};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::operation_events;

/// A command that takes requeues alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationCommand {
    /// `dlq follow`
    Follow,
    /// `dlq undo`
    Undo,
    /// `dlq requeue --resume`
    Resume,
}

/// Why an operation that requeued nothing here cannot be followed or undone.
///
/// # Errors
/// The database's.
pub async fn refusal(
    context: &Context,
    taker: OperationCommand,
    of: &OperationId,
    state: Option<&LocalStore>,
) -> Result<Error, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let told = operation_events::reason(database, layout, of, context.timeout()).await?;
    let record = state.and_then(|state| state.operation(of).ok().flatten());
    let deed = match &told {
        Some(reason) => Some(OperationType::from_reason(Some(reason))),
        None => record.as_ref().map(|record| record.operation_type),
    };
    let begun = record.filter(|record| told.is_none() && record.written == 0 && !record.finished);
    Ok(match (deed, taker) {
        (Some(OperationType::Rescue), OperationCommand::Undo) => {
            Error::usage(format!("operation {of} is a rescue, and undo takes back requeues alone"))
                .cause("the attempts of those jobs are lost, and their workers may be gone")
                .hint("what each was is in its events: cliplyctl jobs show ID")
        }
        (Some(OperationType::Rescue), OperationCommand::Follow) => Error::usage(format!(
            "operation {of} is a rescue, and follow looks after requeues alone"
        ))
        .hint("by their state now: cliplyctl dlq ops")
        .hint("one of its jobs: cliplyctl jobs show ID"),
        (Some(OperationType::Rescue), OperationCommand::Resume) => Error::usage(format!(
            "operation {of} is a rescue, and --resume goes on with requeues alone"
        ))
        .hint("cliplyctl jobs rescue goes on with what is still silent"),
        (Some(OperationType::Undo), OperationCommand::Resume) => Error::usage(format!(
            "operation {of} is an undo, and --resume goes on with requeues alone"
        ))
        .hint("cliplyctl dlq undo of the same requeue puts back what is left"),
        (Some(OperationType::Undo), _) => Error::usage(format!("operation {of} is an undo itself"))
            .hint("the jobs are dead again: cliplyctl dlq requeue puts them back into the queue"),
        _ => match begun {
            Some(record) => Error::usage(format!("operation {of} has written nothing yet")).hint(
                format!("it goes on with cliplyctl dlq requeue --resume {of}{}", record.flags),
            ),
            None => Error::usage(format!("operation {of} requeued nothing here"))
                .hint("cliplyctl dlq ops lists what is known"),
        },
    })
}
