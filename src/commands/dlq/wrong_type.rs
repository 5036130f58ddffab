//! The error for an operation that a command does not accept, because it is not a requeue or requeued
//! nothing.

use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{OperationId, OperationType};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::operation_events;
use crate::text::ShellCommand;

/// A command that accepts only requeues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OperationCommand {
    /// `dlq follow`
    Follow,
    /// `dlq undo`
    Undo,
    /// `dlq requeue --resume`
    Resume,
}

/// Returns the error for an operation that requeued nothing in this database, according to its type.
pub(crate) async fn refusal(
    context: &Context,
    command: OperationCommand,
    operation: &OperationId,
    store: Option<&LocalStore>,
) -> Result<Error, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let reason = operation_events::reason(database, layout, operation, context.timeout()).await?;
    let record = store.and_then(|store| store.operation(operation).ok().flatten());
    let operation_type = match &reason {
        Some(reason) => Some(OperationType::from_reason(Some(reason))),
        None => record.as_ref().map(|record| record.operation_type),
    };
    let unwritten =
        record.filter(|record| reason.is_none() && record.written == 0 && !record.finished);
    Ok(match (operation_type, command) {
        (Some(OperationType::Rescue), OperationCommand::Undo) => Error::usage(format!(
            "operation {operation} is a rescue, and undo takes back requeues alone"
        ))
        .cause("the attempts of those jobs are lost, and their workers may be gone")
        .hint("what each was is in its events: cliplyctl jobs show ID"),
        (Some(OperationType::Rescue), OperationCommand::Follow) => Error::usage(format!(
            "operation {operation} is a rescue, and follow looks after requeues alone"
        ))
        .hint("by their state now: cliplyctl dlq ops")
        .hint("one of its jobs: cliplyctl jobs show ID"),
        (Some(OperationType::Rescue), OperationCommand::Resume) => Error::usage(format!(
            "operation {operation} is a rescue, and --resume goes on with requeues alone"
        ))
        .hint("cliplyctl jobs rescue goes on with what is still silent"),
        (Some(OperationType::Undo), OperationCommand::Resume) => Error::usage(format!(
            "operation {operation} is an undo, and --resume goes on with requeues alone"
        ))
        .hint("cliplyctl dlq undo of the same requeue puts back what is left"),
        (Some(OperationType::Undo), _) => Error::usage(format!(
            "operation {operation} is an undo itself"
        ))
        .hint("the jobs are dead again: cliplyctl dlq requeue puts them back into the queue"),
        _ => match unwritten {
            Some(record) => Error::usage(format!("operation {operation} has written nothing yet"))
                .hint(format!(
                    "it goes on with {}",
                    ShellCommand::new("dlq requeue --resume").arg(operation).flags(&record.flags)
                )),
            None => Error::usage(format!("operation {operation} requeued nothing here"))
                .hint("cliplyctl dlq ops lists what is known"),
        },
    })
}
