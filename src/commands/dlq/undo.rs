//! `dlq undo`: returns the jobs of a requeue that did not change since to dead letters.

use std::collections::HashSet;

use super::target;
use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqUndo;
use crate::commands::confirm;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, OperationType, UNDONE};
use crate::facts::throttle::Throttle;
use crate::report::{Report, operations};
use crate::requeue::{execute, operation};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, operation_events, statements};

/// Undoes a requeue, or with `--dry-run` reports which jobs can be undone.
pub(crate) async fn run(context: &Context, args: &DlqUndo) -> Result<Report, Error> {
    let undone_operation = super::operation(&args.operation)?;
    let (layout, database) = (context.layout().await?, context.database().await?);
    let columns = RequeueColumns::new(layout)?;
    let store = LocalStore::open(context.settings.state_dir.as_deref());
    let preconditions =
        operation_events::preconditions(database, layout, context.timeout()).await?;
    let requeued = read_requeued(context, &undone_operation, &columns, store.as_ref()).await?;
    if requeued.is_empty() {
        let store = store.as_ref().ok();
        return Err(
            wrong_type::refusal(context, OperationCommand::Undo, &undone_operation, store).await?
        );
    }
    let statements = statements::undo(layout, &columns);
    let keys: Vec<_> = requeued.iter().map(|(_, key)| key.clone()).collect();
    let matching =
        operation_events::still_matching(database, &statements, &keys, context.timeout()).await?;
    let total = requeued.len() as u64;
    let all_jobs: Vec<_> = requeued.iter().map(|(job, _)| *job).collect();
    let (jobs, keys): (Vec<_>, Vec<_>) =
        requeued.into_iter().filter(|(job, _)| matching.contains(&job.to_string())).unzip();
    let eligible = jobs.len() as u64;
    let (undone, changed_jobs) = match total - eligible {
        0 => (0, vec![]),
        ineligible => {
            let (undone, undone_jobs) =
                undone_before(context, &undone_operation, &jobs, store.as_ref().ok()).await?;
            let is_changed =
                |job: &JobId| !undone_jobs.contains(job) && !matching.contains(&job.to_string());
            let changed =
                all_jobs.into_iter().filter(|job| layout.events.is_some() && is_changed(job));
            (undone.min(ineligible), changed.collect())
        }
    };
    let (from, changed_since) = (context.provenance(), total - eligible - undone);
    let operation = &undone_operation;
    let scope =
        operations::UndoScope { operation, eligible, undone, changed_since, named: &changed_jobs };
    if args.confirmation.dry_run || eligible == 0 {
        return Ok(operations::undo_planned(&scope, args.confirmation.dry_run, &from));
    }
    execute::refuse_if_not_writable(context, &preconditions)?;
    let plan = operations::undo_plan(&scope, &from);
    let permit = confirm::confirm(context, &args.confirmation, (eligible, None), &plan).await?;
    let id = operation::operation_id(&preconditions, &undone_operation.to_string());
    let reason = args.confirmation.reason.as_deref();
    let mut record = StoredOperation {
        undoes_operation: Some(undone_operation.clone()),
        ..operation::new_record(context, id, OperationType::Undo, reason, eligible as usize)
    };
    let write = execute::ApprovedWrite {
        permit,
        statements,
        event: operation::event(&record.operation, &record.author, UNDONE, Some(&undone_operation)),
        input: WriteInput { jobs: &jobs, keys: Some(&keys) },
        all_or_nothing: false,
        throttle: Throttle::default(),
        lock_wait: args.confirmation.lock_wait,
        journal: None,
        flags: String::new(),
    };
    let outcome = execute::run(context, store.ok().as_ref(), &mut record, write).await?;
    Ok(operations::undone(&scope, &record.operation, &outcome, &context.provenance()))
}

/// Returns how many jobs of an operation earlier undos returned to dead letters, without the `eligible`
/// jobs, and which. The set is empty if the database has no events.
async fn undone_before(
    context: &Context,
    operation: &OperationId,
    eligible: &[JobId],
    store: Option<&LocalStore>,
) -> Result<(u64, HashSet<JobId>), Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    if layout.events.is_some() {
        let mut undone =
            operation_events::undone_ids(database, layout, operation, context.timeout()).await?;
        eligible.iter().for_each(|job| _ = undone.remove(job));
        return Ok((undone.len() as u64, undone));
    }
    let records = store.map(LocalStore::operations).unwrap_or_default();
    let undos = records.iter().filter(|r| r.undoes_operation.as_ref() == Some(operation));
    Ok((undos.map(|record| record.written).sum(), HashSet::new()))
}

/// Reads the jobs that an operation requeued, each with the JSON of its previous and written values.
async fn read_requeued(
    context: &Context,
    operation: &OperationId,
    columns: &RequeueColumns,
    store: Result<&LocalStore, &Error>,
) -> Result<Vec<(JobId, String)>, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    if columns.enqueued.is_some() {
        let timeout = context.timeout();
        return Ok(operation_events::requeued(database, layout, operation, timeout).await?);
    }
    let store = store.map_err(Clone::clone)?;
    if let Some(record) = store.operation(operation)? {
        target::ensure_same_database(context, &record.database)?;
        if record.operation_type != OperationType::Requeue {
            return Ok(vec![]);
        }
    }
    let entries = store.journal_entries(operation);
    let requeued = entries.iter().filter_map(|entry| {
        let id = JobId::parse(&entry.id, layout.id)?;
        Some((id, serde_json::to_string(entry).ok()?))
    });
    Ok(requeued.collect())
}
