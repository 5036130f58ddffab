//! `dlq undo`: returns the jobs of a requeue that did not change since to dead letters.

use std::collections::{BTreeMap, HashSet};

use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqUndo;
use crate::commands::confirm::{self, WriteAction};
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationType, UNDONE};
use crate::facts::throttle::Throttle;
use crate::queue::Lifecycle;
use crate::report::{Report, operations};
use crate::requeue::operation::RecordStore;
use crate::requeue::{execute, operation, protection};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::operation_events::LocatedOperation;
use crate::sources::postgres::requeue::preconditions::{self, WritePreconditions};
use crate::sources::postgres::requeue::statements::Statements;
use crate::sources::postgres::requeue::stored::Stored;
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, operation_events, statements};

/// Undoes a requeue, or with `--dry-run` reports which jobs can be undone.
pub(crate) async fn run(context: &Context, args: &DlqUndo) -> Result<Report, Error> {
    let store = LocalStore::open(context.settings.state_dir.as_deref());
    let undone_operation = prefix::operation(context, store.as_ref().ok(), &args.operation).await?;
    let (layout, database) = (context.layout().await?, context.database().await?);
    if let Some(why) = layout.package().and_then(|package| package.no_undo.as_ref()) {
        return Err(Error::refused(why.as_str()));
    }
    let columns = RequeueColumns::new(layout)?;
    let stage = columns.progress.as_ref();
    let timeout = context.timeout();
    let preconditions =
        preconditions::read(database, layout, &columns.columns, stage, timeout).await?;
    let unknown_guard = protection::compare_databases(context).await?;
    confirm::check_guards(context, &args.confirmation, &preconditions, unknown_guard)?;
    let located = operation_events::locate(database, layout, &undone_operation, timeout).await?;
    let requeued = read_requeued(context, &located, &columns, store.as_ref()).await?;
    if requeued.is_empty() {
        let store = store.as_ref().ok();
        return Err(
            wrong_type::refusal(context, OperationCommand::Undo, &undone_operation, store).await?
        );
    }
    let stored = Stored::with_role(layout, Lifecycle::Dead, &preconditions.traits);
    let statements = statements::undo(layout, &columns, &stored);
    let undoable = undoable(context, &statements, &located, &requeued).await?;
    let total = requeued.len() as u64;
    let all_jobs: Vec<_> = requeued.iter().map(|(job, _)| *job).collect();
    let (jobs, keys): (Vec<_>, Vec<_>) =
        requeued.into_iter().filter(|(job, _)| undoable.contains(job)).unzip();
    let eligible = jobs.len() as u64;
    let (undone, changed_jobs) = match total - eligible {
        0 => (0, vec![]),
        ineligible => {
            let undone_jobs =
                undone_before(context, &located, &columns, &jobs, store.as_ref().ok()).await?;
            let is_changed = |job: &JobId| !undone_jobs.contains(job) && !undoable.contains(job);
            let changed = all_jobs.into_iter().filter(is_changed).collect();
            ((undone_jobs.len() as u64).min(ineligible), changed)
        }
    };
    let (from, changed_since) = (context.provenance(), total - eligible - undone);
    let operation = &undone_operation;
    let scope =
        operations::UndoScope { operation, eligible, undone, changed_since, named: &changed_jobs };
    if args.confirmation.dry_run || eligible == 0 {
        return Ok(operations::undo_planned(&scope, args.confirmation.dry_run, &from));
    }
    let undo = Undo {
        scope: &scope,
        jobs: &jobs,
        keys: &keys,
        statements,
        preconditions,
        columns: &columns,
    };
    undo.write(context, args, store).await
}

/// An undo that is ready to be confirmed.
struct Undo<'a> {
    scope: &'a operations::UndoScope<'a>,
    jobs: &'a [JobId],
    keys: &'a [String],
    statements: Statements,
    preconditions: WritePreconditions,
    columns: &'a RequeueColumns,
}

impl Undo<'_> {
    /// Asks for the confirmation, writes, and returns the report.
    async fn write(
        self,
        context: &Context,
        args: &DlqUndo,
        store: Result<LocalStore, Error>,
    ) -> Result<Report, Error> {
        let Self { scope, jobs, keys, statements, preconditions, columns } = self;
        let journal_only = columns.enqueued.is_none();
        let store = operation::open_local_store(store, journal_only)?;
        let plan = operations::undo_plan(scope, &context.provenance());
        let action = (WriteAction::Undo, scope.eligible);
        let confirmed = confirm::confirm(context, &args.confirmation, action, &plan).await?;
        let undone = scope.operation;
        let id = operation::operation_id(&preconditions, &undone.to_string());
        let reason = confirmed.reason.as_deref();
        let record =
            operation::new_record(context, id, OperationType::Undo, reason, jobs.len()).await?;
        let mut record = StoredOperation { undoes_operation: Some(undone.clone()), ..record };
        // Without events, a resume of the operation must find out which of its jobs were undone.
        let journal = operation::journal(store.as_ref(), journal_only, &record.operation)?;
        let write = execute::ApprovedWrite {
            permit: confirmed.permit,
            statements,
            event: operation::event(&record, UNDONE),
            input: WriteInput { jobs, keys },
            all_or_nothing: false,
            throttle: Throttle::default(),
            lock_wait: args.confirmation.lock_wait,
            journal,
            preconditions,
            flags: Vec::new(),
        };
        let records = RecordStore { store: store.as_ref(), journal_only };
        let (outcome, _) = execute::run(context, records, &mut record, write).await?;
        Ok(operations::undone(scope, &record.operation, &outcome, &context.provenance()))
    }
}

/// Returns the jobs that no worker has claimed since the requeue. A row that another transaction has written
/// since, but that looks as the requeue left it, may have been claimed and released: then the events tell.
async fn undoable(
    context: &Context,
    statements: &Statements,
    operation: &LocatedOperation,
    requeued: &[(JobId, String)],
) -> Result<HashSet<JobId>, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let keys: Vec<_> = requeued.iter().map(|(_, key)| key.clone()).collect();
    let timeout = context.timeout();
    let undoable = operation_events::undoable(database, statements, &keys, timeout).await?;
    let rewritten = undoable.iter().filter(|job| !job.untouched);
    let rewritten: Vec<_> = rewritten.map(|job| job.id.clone()).collect();
    let touched =
        operation_events::touched(database, layout, operation, &rewritten, timeout).await?;
    let untouched = undoable.iter().filter(|job| !touched.contains(&job.id));
    Ok(untouched.filter_map(|job| JobId::parse(&job.id, layout.id)).collect())
}

/// Returns the jobs of an operation that earlier undos returned to dead letters, without the `eligible` jobs.
async fn undone_before(
    context: &Context,
    operation: &LocatedOperation,
    columns: &RequeueColumns,
    eligible: &[JobId],
    store: Option<&LocalStore>,
) -> Result<HashSet<JobId>, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let mut undone = match store {
        _ if columns.enqueued.is_some() => {
            operation_events::undone_ids(database, layout, operation, context.timeout()).await?
        }
        Some(store) => operation::undone_by_journal(context, columns, store, &operation.id).await?,
        None => HashSet::new(),
    };
    eligible.iter().for_each(|job| _ = undone.remove(job));
    Ok(undone)
}

/// Reads the jobs that an operation requeued, each with the JSON of its previous and written values.
async fn read_requeued(
    context: &Context,
    operation: &LocatedOperation,
    columns: &RequeueColumns,
    store: Result<&LocalStore, &Error>,
) -> Result<Vec<(JobId, String)>, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    if columns.enqueued.is_some() {
        let timeout = context.timeout();
        return Ok(operation_events::requeued(database, layout, operation, timeout).await?);
    }
    let (store, operation) = (store.map_err(Clone::clone)?, &operation.id);
    if let Some(record) = store.operation(operation)? {
        operation::ensure_same_table(context, &record.jobs_table).await?;
        if record.operation_type != OperationType::Requeue {
            return Ok(vec![]);
        }
    }
    let recorded = store.journal_entries(operation);
    let entries = if recorded.iter().any(|entry| entry.transaction.is_some()) {
        operation::committed_entries(context, columns, store, operation).await?
    } else {
        // A journal of an earlier version names no transactions: the undo compares each row. If a job occurs
        // twice, its last line counts.
        let by_job = recorded.into_iter().map(|entry| (entry.id.clone(), entry));
        by_job.collect::<BTreeMap<_, _>>().into_values().collect()
    };
    let requeued = entries.iter().filter_map(|entry| {
        let id = JobId::parse(&entry.id, layout.id)?;
        Some((id, serde_json::to_string(entry).ok()?))
    });
    Ok(requeued.collect())
}
