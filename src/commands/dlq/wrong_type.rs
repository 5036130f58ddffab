//! The error for an operation that a command does not accept, because it is not a requeue or requeued
//! nothing.

use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{OperationId, OperationType};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::operation_events;
use crate::suggest::{CommandText, ShellCommand};

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
    let named = |operation_type: &str, limit: &str| {
        let action = command.action();
        Error::usage(format!("cannot {action} {operation}: it is {operation_type}{limit}"))
    };
    let only_requeues = format!(", and only requeues can be {}", command.participle());
    Ok(match (operation_type, command) {
        (Some(OperationType::Rescue), OperationCommand::Undo) => named("a rescue", &only_requeues)
            .hint(CommandText::to(
                "show the previous values in the events of a job",
                ShellCommand::new("jobs show ID"),
            )),
        (Some(OperationType::Rescue), OperationCommand::Follow) => {
            named("a rescue", &only_requeues)
                .hint(CommandText::to("show the states of its jobs", ShellCommand::new("dlq ops")))
                .hint(CommandText::to("show one of its jobs", ShellCommand::new("jobs show ID")))
        }
        (Some(OperationType::Rescue), OperationCommand::Resume) => {
            named("a rescue", &only_requeues).hint(CommandText::to(
                "rescue the jobs that are still stuck",
                ShellCommand::new("jobs rescue"),
            ))
        }
        (Some(OperationType::Undo), OperationCommand::Resume) => named("an undo", &only_requeues)
            .hint("undo the remaining jobs: run dlq undo again with the requeue of these jobs"),
        (Some(OperationType::Undo), _) => named("an undo", &only_requeues)
            .hint(CommandText::to("requeue its jobs again", ShellCommand::new("dlq requeue"))),
        _ => match unwritten {
            Some(record) => Error::usage(format!("operation {operation} has not written any job"))
                .hint(CommandText::to(
                    "resume it",
                    ShellCommand::new("dlq requeue --resume").arg(operation).args(&record.flags),
                )),
            None => Error::usage(format!("operation {operation} is not known on this database"))
                .hint(CommandText::to("list them", ShellCommand::new("dlq ops"))),
        },
    })
}

impl OperationCommand {
    fn action(self) -> &'static str {
        match self {
            Self::Follow => "follow",
            Self::Undo => "undo",
            Self::Resume => "resume",
        }
    }

    fn participle(self) -> &'static str {
        match self {
            Self::Follow => "followed",
            Self::Undo => "undone",
            Self::Resume => "resumed",
        }
    }
}
