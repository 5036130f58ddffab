//! The identity of an operation and what is stored about it: its id, the content of its events, its record
//! and its journal.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{Author, OperationId, OperationType};
use crate::facts::requeue::{Outcome, WriteStop};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::journal::Journal;
use crate::sources::postgres::requeue::operation_events::WritePreconditions;
use crate::text::ShellCommand;

/// Returns the store of this machine, `None` if it could not be opened.
///
/// # Errors
/// The error of the store if `journal_only`: without events it holds the only records of the write.
pub(crate) fn open_local_store(
    store: Result<LocalStore, Error>,
    journal_only: bool,
) -> Result<Option<LocalStore>, Error> {
    match store {
        Err(error) if journal_only => Err(error),
        store => Ok(store.ok()),
    }
}

/// Opens the journal of an operation if `journal_only`; otherwise events record its jobs.
pub(crate) fn journal(
    store: Option<&LocalStore>,
    journal_only: bool,
    operation: &OperationId,
) -> Result<Option<Journal>, Error> {
    let store = store.filter(|_| journal_only);
    store.map(|store| Ok(Journal::new(store.journal(operation)?))).transpose()
}

/// Returns a new operation id with the server time and the newest event before the first write.
pub(crate) fn operation_id(preconditions: &WritePreconditions, salt: &str) -> OperationId {
    let seed = format!("{salt}\n{}\n{}", preconditions.now, std::process::id());
    let hash = Sha256::digest(seed.as_bytes());
    let tag = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    OperationId { at: preconditions.now, after: preconditions.newest_event, tag }
}

/// Returns the JSON that all events of an operation share. The write statement adds the previous
/// values of each job.
pub(crate) fn event(
    operation: &OperationId,
    author: &Author,
    reason: &str,
    undoes: Option<&OperationId>,
) -> String {
    let mut event = json!({
        "reason": reason,
        "operation": operation.to_string(),
        "actor": author.actor,
        "host": author.host,
        "operator_reason": author.reason,
        "tool": concat!("cliplyctl ", env!("CARGO_PKG_VERSION")),
    });
    if let Some(undoes) = undoes {
        event["undoes"] = undoes.to_string().into();
    }
    event.to_string()
}

/// Returns the record of an operation before its first write.
pub(crate) fn new_record(
    context: &Context,
    operation: OperationId,
    operation_type: OperationType,
    reason: Option<&str>,
    jobs: usize,
) -> StoredOperation {
    StoredOperation {
        operation,
        operation_type,
        plan: String::new(),
        database: context.database_name(),
        author: context.author(reason),
        began: None,
        jobs: jobs as u64,
        written: 0,
        finished: false,
        undoes_operation: None,
        flags: String::new(),
    }
}

/// Runs `write` and stores the operation record before and after it.
pub(crate) async fn with_operation_record(
    context: &Context,
    store: Option<&LocalStore>,
    record: &mut StoredOperation,
    flags: &str,
    write: impl AsyncFnOnce() -> Result<Outcome, Error>,
) -> Result<Outcome, Error> {
    flags.clone_into(&mut record.flags);
    if let Some(store) = store {
        store.save_operation(record)?;
    }
    print_operation_id(context, record);
    let outcome = write().await?;
    record.written += outcome.written;
    // A stopped canary group leaves jobs although the write as a whole was not stopped.
    let all_decided = outcome.not_requeued + outcome.in_doubt == 0;
    record.finished = match outcome.stopped {
        None => all_decided,
        Some(WriteStop::AllOrNothing) => true,
        Some(_) => false,
    };
    // The jobs are written, so a failure to store the record must not fail the command.
    if let Some(store) = store
        && let Err(error) = store.save_operation(record)
    {
        context.terminal.print_error(&error);
    }
    Ok(outcome)
}

/// Prints the operation id before the first write, so that the operation can be found after a crash.
fn print_operation_id(context: &Context, record: &StoredOperation) {
    let StoredOperation { operation, flags, .. } = record;
    context.terminal.print_note(&format!("operation {operation}"));
    if record.operation_type == OperationType::Requeue {
        let resume = ShellCommand::new("dlq requeue --resume").arg(operation).flags(flags);
        let resume = format!("  if interrupted: {resume}");
        context.terminal.print_note(&context.settings.address().add_to_text(&resume));
    }
}
