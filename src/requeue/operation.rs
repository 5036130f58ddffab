//! The identity of an operation and what is stored about it: its id, the content of its events, its record
//! and its journal.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::context::Context;
use crate::error::Error;
use crate::facts::identity::JobsTable;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, OperationType};
use crate::facts::requeue::{Outcome, WriteStop};
use crate::queue::Lifecycle;
use crate::sources::files::local_store::{LocalStore, RECORD_FORMAT, StoredOperation};
use crate::sources::postgres::requeue::journal::{Entry, Journal};
use crate::sources::postgres::requeue::operation_events::TransactionStatus;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;
use crate::sources::postgres::requeue::stored::{Stored, TableTraits};
use crate::sources::postgres::requeue::{RequeueColumns, operation_events, running, statements};
use crate::suggest::ShellCommand;

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

/// Returns the journal entries of an operation whose transactions were committed, one per job. Entries of which
/// the server no longer knows count if their row no longer has its previous values.
///
/// # Errors
/// If a transaction is still open: whether it will be committed is not known.
pub(crate) async fn committed_entries(
    context: &Context,
    columns: &RequeueColumns,
    store: &LocalStore,
    operation: &OperationId,
) -> Result<Vec<Entry>, Error> {
    let database = context.database().await?;
    let entries = store.journal_entries(operation);
    let mut transactions: Vec<_> = entries.iter().filter_map(|e| e.transaction.clone()).collect();
    transactions.sort_unstable();
    transactions.dedup();
    let statuses =
        operation_events::transaction_statuses(database, &transactions, context.timeout()).await?;
    let status = |entry: &Entry| {
        let transaction = entry.transaction.as_ref();
        let status = transaction.and_then(|transaction| statuses.get(transaction));
        status.copied().unwrap_or(TransactionStatus::Unknown)
    };
    if entries.iter().any(|entry| status(entry) == TransactionStatus::Open) {
        return Err(Error::refused(format!(
            "a transaction of operation {operation} is still open: not known yet whether its jobs were written"
        ))
        .hint("try again after the server has ended it"));
    }
    let unknown: Vec<_> =
        entries.iter().filter(|e| status(e) == TransactionStatus::Unknown).cloned().collect();
    let unchanged = unchanged_entries(context, columns, &unknown).await?;
    let is_committed = |entry: &&Entry| match status(entry) {
        TransactionStatus::Committed => true,
        TransactionStatus::Aborted | TransactionStatus::Open => false,
        TransactionStatus::Unknown => !unchanged.contains(&entry.id),
    };
    // If a job occurs twice, its last committed line counts.
    let committed = entries.iter().filter(is_committed).map(|entry| (&entry.id, entry));
    let by_job: BTreeMap<_, _> = committed.collect();
    Ok(by_job.into_values().cloned().collect())
}

/// Returns the jobs whose rows have the values from before the write.
async fn unchanged_entries(
    context: &Context,
    columns: &RequeueColumns,
    entries: &[Entry],
) -> Result<HashSet<String>, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let keys = entries.iter().filter_map(|entry| {
        let entry = Entry { written: entry.previous.clone(), transaction: None, ..entry.clone() };
        serde_json::to_string(&entry).ok()
    });
    let keys: Vec<_> = keys.collect();
    let stored = Stored::with_role(layout, Lifecycle::Dead, &TableTraits::default());
    let statements = statements::undo(layout, columns, &stored);
    Ok(operation_events::still_matching(database, &statements, &keys, context.timeout()).await?)
}

/// Returns the jobs that undos of an operation returned to dead letters, by the journals of this machine.
pub(crate) async fn undone_by_journal(
    context: &Context,
    columns: &RequeueColumns,
    store: &LocalStore,
    operation: &OperationId,
) -> Result<HashSet<JobId>, Error> {
    let id_type = context.layout().await?.id;
    let mut undone = HashSet::new();
    let records = store.operations();
    for undo in records.iter().filter(|r| r.undoes_operation.as_ref() == Some(operation)) {
        let entries = committed_entries(context, columns, store, &undo.operation).await?;
        let mut ids: Vec<_> = entries.into_iter().map(|entry| entry.id).collect();
        if ids.is_empty() && undo.written > 0 {
            // Earlier versions kept no journal of an undo: what it restored is as it was before the requeue.
            let requeued = store.journal_entries(operation);
            ids.extend(unchanged_entries(context, columns, &requeued).await?);
        }
        undone.extend(ids.iter().filter_map(|id| JobId::parse(id, id_type)));
    }
    Ok(undone)
}

/// Returns the jobs table of this command.
pub(crate) async fn jobs_table(context: &Context) -> Result<JobsTable, Error> {
    Ok(JobsTable {
        database: context.database_name(),
        identity: Some(context.identity().await?.clone()),
        table: Some(context.layout().await?.relation.to_string()),
    })
}

/// Refuses (77) a plan or an operation of another table.
pub(crate) async fn ensure_same_table(context: &Context, stored: &JobsTable) -> Result<(), Error> {
    let current = jobs_table(context).await?;
    if stored.is_same(&current) {
        return Ok(());
    }
    if stored.is_same_database(&current) {
        let name = |table: &JobsTable| table.table.clone().unwrap_or_default();
        let (stored, current) = (name(stored), name(&current));
        let message = format!("refused: it belongs to table {stored}, and this is {current}");
        return Err(Error::refused(message).hint(
            "--queue-instance, or a context with another [context.NAME.queue], selects its table",
        ));
    }
    let (address, current) = (&stored.database, &current.database);
    let error =
        Error::refused(format!("refused: it belongs to database {address}, and this is {current}"));
    Err(if current == address {
        error.cause("another database is now at that address")
    } else {
        error
    })
}

/// Returns whether a plan or an operation belongs to the table of this command.
pub(crate) async fn is_same_table(context: &Context, stored: &JobsTable) -> Result<bool, Error> {
    Ok(stored.is_same(&jobs_table(context).await?))
}

/// Returns the name of this process as the owner of an operation: `process 4711 of ada@desk`.
pub(crate) fn owner(context: &Context) -> String {
    format!("process {} of {}", std::process::id(), context.author(None).who())
}

/// Returns a new operation id with the server time and the newest event before the first write.
pub(crate) fn operation_id(preconditions: &WritePreconditions, salt: &str) -> OperationId {
    let seed = format!("{salt}\n{}\n{}", preconditions.now, std::process::id());
    let hash = Sha256::digest(seed.as_bytes());
    let tag = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    // Whole seconds, as its text has them: an id that was read is equal to the one that was written.
    let at = Timestamp::from_second(preconditions.now.as_second()).unwrap_or(preconditions.now);
    OperationId { at, after: preconditions.newest_event, tag }
}

/// Returns the JSON that all events of an operation share. The write statement adds the previous
/// values of each job.
pub(crate) fn event(record: &StoredOperation, reason: &str) -> String {
    let author = &record.author;
    let mut event = json!({
        "reason": reason,
        "operation": record.operation.to_string(),
        "actor": author.actor,
        "host": author.host,
        "pid": record.pid,
        "operator_reason": author.reason,
        "planned": record.jobs,
        "tool": concat!("cliplyctl ", env!("CARGO_PKG_VERSION")),
    });
    if let Some(undoes) = &record.undoes_operation {
        event["undoes"] = undoes.to_string().into();
    }
    if let Some(group) = &record.group {
        event["group"] = group.as_str().into();
    }
    event.to_string()
}

/// Returns the record of an operation before its first write.
pub(crate) async fn new_record(
    context: &Context,
    operation: OperationId,
    operation_type: OperationType,
    reason: Option<&str>,
    jobs: usize,
) -> Result<StoredOperation, Error> {
    Ok(StoredOperation {
        format: RECORD_FORMAT,
        operation,
        operation_type,
        plan: String::new(),
        jobs_table: jobs_table(context).await?,
        author: context.author(reason),
        began: None,
        jobs: jobs as u64,
        written: 0,
        finished: false,
        stopped: false,
        pid: Some(std::process::id()),
        kind: None,
        group: None,
        undoes_operation: None,
        options: None,
        flags: Vec::new(),
    })
}

/// Where the record of an operation is kept.
#[derive(Clone, Copy)]
pub(crate) struct RecordStore<'a> {
    /// The store of this machine; `None` if it cannot be used.
    pub(crate) store: Option<&'a LocalStore>,
    /// Whether it holds the only record of the write, because the database has no events.
    pub(crate) journal_only: bool,
}

/// Runs `write` and stores the operation record before and after it. Returns also whether the record is stored, so
/// that the operation can be resumed.
///
/// # Errors
/// If the only record cannot be stored. If events record the jobs, the write continues without a record.
pub(crate) async fn with_operation_record(
    context: &Context,
    records: RecordStore<'_>,
    record: &mut StoredOperation,
    flags: &[String],
    write: impl AsyncFnOnce() -> Result<Outcome, Error>,
) -> Result<(Outcome, bool), Error> {
    flags.clone_into(&mut record.flags);
    let stored = records.store.map(|store| store.save_operation(record));
    let is_stored = match stored {
        Some(Err(error)) if records.journal_only => return Err(error),
        Some(Err(error)) => {
            context.terminal.print_note(&format!(
                "warning: cannot record the operation on this machine: {error}; it cannot be resumed"
            ));
            false
        }
        Some(Ok(())) => true,
        None => false,
    };
    print_operation_id(context, record, is_stored);
    let mark = running::show(context.database().await?, &record.operation).await;
    let outcome = write().await;
    if let Some(mark) = mark {
        mark.end().await;
    }
    let outcome = outcome?;
    record.written += outcome.written;
    // A stopped canary group leaves jobs although the write as a whole was not stopped.
    let all_decided = outcome.not_requeued + outcome.in_doubt == 0;
    record.finished = match outcome.stopped {
        None => all_decided,
        Some(WriteStop::AllOrNothing(_)) => true,
        Some(_) => false,
    };
    record.stopped = !record.finished && outcome.stopped != Some(WriteStop::Interrupted);
    // The jobs are written, so a failure to store the record must not fail the command.
    if let Some(store) = records.store.filter(|_| is_stored)
        && let Err(error) = store.save_operation(record)
    {
        context.terminal.print_error(&error);
    }
    Ok((outcome, is_stored))
}

/// Prints the operation id before the first write, so that the operation can be found after a crash, and how to
/// resume it if it can be.
fn print_operation_id(context: &Context, record: &StoredOperation, is_stored: bool) {
    let StoredOperation { operation, flags, .. } = record;
    context.terminal.print_note(&format!("operation {operation}"));
    if is_stored && record.operation_type == OperationType::Requeue {
        let resume = ShellCommand::new("dlq requeue --resume").arg(operation).args(flags);
        let resume = resume.addressed(&context.settings.address());
        context.terminal.print_note(&format!("  if interrupted: {resume}"));
    }
}
