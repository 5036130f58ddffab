//! `dlq ops`: lists recent operations with operator, reason, jobs and outcome.

use crate::cli::DlqOps;
use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{AppRequeues, OperationSummary, OperationType, UnfinishedRequeue};
use crate::redact;
use crate::report::{Report, operations as report};
use crate::requeue::operation;
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::{RequeueColumns, ops, repeat_failures};

/// Lists the operations in the events and those that this machine recorded.
pub(crate) async fn run(context: &Context, args: &DlqOps) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let columns = RequeueColumns::new(layout)?;
    let limit = args.limit as usize;
    if columns.enqueued.is_none() && layout.events_unseen.is_none() {
        let store = LocalStore::open(context.settings.state_dir.as_deref())?;
        let mut local = recorded(context, &store).await?;
        local.truncate(limit);
        let examined = "this database keeps no events: only this machine's operations are known";
        let by_app = AppRequeues::default();
        return Ok(report::listing(&local, by_app, examined, &context.provenance()));
    }
    let database = context.database().await?;
    let ops::Operations { mut operations, malformed, by_app } =
        ops::read(database, layout, args.limit, context.timeout()).await?;
    let is_cut = operations.len() + malformed == limit;
    let mut older = 0;
    if let Ok(store) = LocalStore::open(context.settings.state_dir.as_deref()) {
        for summary in &mut operations {
            let record = store.operation(&summary.operation).ok().flatten();
            summary.unfinished = record.as_ref().and_then(unfinished);
        }
        // Those behind the events that were read, and those that wrote no event.
        let mut missing = recorded(context, &store).await?;
        missing.retain(|record| operations.iter().all(|o| o.operation != record.operation));
        older = missing.len();
        operations.extend(missing);
        operations.sort_by(|a, b| a.age.total_cmp(&b.age));
        operations.truncate(limit);
    }
    let truncated = if is_cut {
        format!("; the newest {} are shown (--limit)", args.limit)
    } else {
        String::new()
    };
    let malformed = match malformed {
        0 => String::new(),
        1 => "; 1 operation with a malformed id is not listed".to_owned(),
        n => format!("; {n} operations with malformed ids are not listed"),
    };
    let local = match older {
        0 => String::new(),
        n => format!(
            "; {} from the records of this machine",
            crate::text::plural(n as u64, "more operation", "more operations")
        ),
    };
    let examined = format!(
        "looked for in the newest {} events{local}{truncated}{malformed}",
        crate::text::count(u64::from(repeat_failures::EVENTS_READ))
    );
    Ok(report::listing(&operations, by_app, &examined, &context.provenance()))
}

/// Returns the operations of this database that this machine recorded, newest first.
async fn recorded(context: &Context, store: &LocalStore) -> Result<Vec<OperationSummary>, Error> {
    let mut summaries = vec![];
    for record in store.operations() {
        let identity = record.identity.as_ref();
        if operation::is_same_database(context, &record.database, identity).await? {
            summaries.push(summary_of_record(context, record));
        }
    }
    Ok(summaries)
}

fn summary_of_record(context: &Context, record: StoredOperation) -> OperationSummary {
    let unfinished = unfinished(&record);
    OperationSummary {
        operation: record.operation.clone(),
        operation_type: record.operation_type,
        actor: Some(record.author.actor),
        host: Some(record.author.host),
        reason: record.author.reason.as_deref().map(redact::text),
        age: crate::text::seconds_since(record.operation.at, context.now()),
        unfinished,
        jobs: record.written,
        now: vec![],
    }
}

/// Returns the planned jobs and the flags of a requeue that is not complete.
fn unfinished(record: &StoredOperation) -> Option<UnfinishedRequeue> {
    let unfinished = record.operation_type == OperationType::Requeue
        && !record.finished
        && record.written < record.jobs;
    unfinished.then(|| UnfinishedRequeue { planned: record.jobs, flags: record.flags.clone() })
}
