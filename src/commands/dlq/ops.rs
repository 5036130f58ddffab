//! `dlq ops`: lists recent operations with operator, reason, jobs and outcome.

use std::collections::HashSet;

use crate::cli::DlqOps;
use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{
    AppRequeues, OperationStatus, OperationSummary, OperationType, STATE_UNDONE,
};
use crate::queue::Layout;
use crate::redact;
use crate::report::{Report, operations};
use crate::requeue::operation;
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::events;
use crate::sources::postgres::requeue::{RequeueColumns, ops, repeat_failures, running};
use crate::text::plural;

/// Lists the operations in the events and those that this machine recorded.
pub(crate) async fn run(context: &Context, args: &DlqOps) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let columns = RequeueColumns::new(layout)?;
    let limit = args.limit as usize;
    if columns.enqueued.is_none() && layout.events_unseen.is_none() {
        let store = LocalStore::open(context.settings.state_dir.as_deref())?;
        let mut local = recorded(context, &store).await?;
        local.truncate(limit);
        set_status(context, &mut local, Some(&store)).await;
        let notes =
            ["This database has no events table: only operations of this machine are known."];
        let notes = notes.map(str::to_owned);
        return Ok(report(layout, &local, AppRequeues::default(), (&notes, context)));
    }
    let database = context.database().await?;
    let ops::Operations { mut operations, malformed, by_app } =
        ops::read(database, layout, args.limit, context.timeout()).await?;
    let is_cut = operations.len() + malformed == limit;
    if let Ok(store) = LocalStore::open(context.settings.state_dir.as_deref()) {
        // Older ones than the events that were read, and those that wrote no event.
        let mut missing = recorded(context, &store).await?;
        missing.retain(|record| operations.iter().all(|o| o.operation != record.operation));
        operations.extend(missing);
        operations.sort_by(|a, b| a.age.total_cmp(&b.age));
        operations.truncate(limit);
        set_status(context, &mut operations, Some(&store)).await;
    } else {
        set_status(context, &mut operations, None).await;
    }
    let mut notes = vec![];
    if is_cut {
        notes.push(format!("Showing the newest {} (more: --limit N).", args.limit));
    }
    if malformed > 0 {
        let operations = plural(
            malformed as u64,
            "operation with a malformed id is",
            "operations with malformed ids are",
        );
        notes.push(format!("{operations} not listed."));
    }
    let incomplete =
        events::search_limit(database, layout, repeat_failures::EVENTS_READ, context.timeout());
    if let Some(searched) = incomplete.await? {
        notes.push(format!("earlier operations: {searched}, and the records of this machine"));
    }
    Ok(report(layout, &operations, by_app, (&notes, context)))
}

fn report(
    layout: &Layout,
    operations: &[OperationSummary],
    by_app: AppRequeues,
    (notes, context): (&[String], &Context),
) -> Report {
    let states = &layout.state_names;
    let view = operations::OperationsView { operations, by_app, notes, states };
    operations::listing(&view, &context.provenance())
}

/// Returns the operations of this table that this machine recorded, newest first.
async fn recorded(context: &Context, store: &LocalStore) -> Result<Vec<OperationSummary>, Error> {
    let mut summaries = vec![];
    for record in store.operations() {
        if operation::is_same_table(context, &record.jobs_table).await? {
            summaries.push(summary_of_record(context, record));
        }
    }
    Ok(summaries)
}

fn summary_of_record(context: &Context, record: StoredOperation) -> OperationSummary {
    OperationSummary {
        operation: record.operation.clone(),
        operation_type: record.operation_type,
        actor: Some(record.author.actor),
        host: Some(record.author.host),
        reason: record.author.reason.as_deref().map(redact::text),
        age: crate::text::seconds_since(record.operation.at, context.now()),
        jobs: record.written,
        planned: Some(record.jobs),
        pid: record.pid.map(|pid| pid.to_string()),
        kind: record.kind,
        group: record.group,
        status: OperationStatus::Complete,
        resume_flags: None,
        now: vec![],
    }
}

/// Sets the status of each operation, and the flags of those that this machine can resume. Whether an operation is
/// running is known by its lock on this machine, or by the session of its writer.
async fn set_status(
    context: &Context,
    operations: &mut [OperationSummary],
    store: Option<&LocalStore>,
) {
    let ids: Vec<_> = operations.iter().map(|o| o.operation.clone()).collect();
    let shown = match context.database().await {
        Ok(database) => running::shown(database, &ids, context.timeout()).await.unwrap_or_default(),
        Err(_) => HashSet::new(),
    };
    for summary in operations {
        let record = store.and_then(|store| store.operation(&summary.operation).ok().flatten());
        let planned = record.as_ref().map(|record| record.jobs);
        summary.planned = summary.planned.or(planned);
        let owned = store.is_some_and(|store| store.owner(&summary.operation).is_some());
        summary.status = if owned || shown.contains(&summary.operation) {
            OperationStatus::Running
        } else {
            status(summary, record.as_ref())
        };
        let can_resume =
            matches!(summary.status, OperationStatus::Stopped | OperationStatus::Interrupted);
        let is_requeue = summary.operation_type == OperationType::Requeue;
        let record = record.filter(|_| can_resume && is_requeue);
        summary.resume_flags = record.map(|record| record.flags);
    }
}

/// Returns the status of an operation that is not running. Without a record of this machine, only its events show
/// how many of the planned jobs it wrote.
fn status(summary: &OperationSummary, record: Option<&StoredOperation>) -> OperationStatus {
    let is_undone = |(state, _): &(String, u64)| state == STATE_UNDONE;
    if !summary.now.is_empty() && summary.now.iter().all(is_undone) {
        return OperationStatus::Undone;
    }
    match record {
        Some(record) if record.finished || record.written >= record.jobs => {
            OperationStatus::Complete
        }
        Some(record) if record.stopped => OperationStatus::Stopped,
        Some(_) => OperationStatus::Interrupted,
        None if summary.planned.is_some_and(|planned| summary.jobs < planned) => {
            OperationStatus::Stopped
        }
        None => OperationStatus::Complete,
    }
}
