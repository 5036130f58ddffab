//! `dlq ops`: lists recent operations with operator, reason, jobs and outcome.

use crate::cli::DlqOps;
use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{OperationSummary, OperationType, UnfinishedRequeue};
use crate::redact;
use crate::report::{Report, operations as report};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::{RequeueColumns, ops, repeat_failures};

/// Lists the operations in the events, or those of this machine's store if the database has no events.
pub(crate) async fn run(context: &Context, args: &DlqOps) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let columns = RequeueColumns::new(layout)?;
    if columns.enqueued.is_none() && layout.events_unseen.is_none() {
        let store = LocalStore::open(context.settings.state_dir.as_deref())?;
        let database = context.database_name();
        let records = store.operations().into_iter().filter(|record| record.database == database);
        let local: Vec<_> = records
            .take(args.limit as usize)
            .map(|record| summary_of_record(context, record))
            .collect();
        let examined = "this database keeps no events: only this machine's operations are known";
        return Ok(report::listing(&local, None, examined, &context.provenance()));
    }
    let database = context.database().await?;
    let ops::Operations { mut operations, app_requeues, malformed } =
        ops::read(database, layout, args.limit, context.timeout()).await?;
    if let Ok(store) = LocalStore::open(context.settings.state_dir.as_deref()) {
        for summary in &mut operations {
            let record = store.operation(&summary.operation).ok().flatten();
            summary.unfinished = record.as_ref().and_then(unfinished);
        }
    }
    let truncated = if operations.len() + malformed == args.limit as usize {
        format!("; the newest {} are shown (--limit)", args.limit)
    } else {
        String::new()
    };
    let malformed = match malformed {
        0 => String::new(),
        1 => "; 1 operation with a malformed id is not listed".to_owned(),
        n => format!("; {n} operations with malformed ids are not listed"),
    };
    let examined = format!(
        "looked for in the newest {} events{truncated}{malformed}",
        crate::text::count(u64::from(repeat_failures::EVENTS_READ))
    );
    Ok(report::listing(&operations, app_requeues.as_ref(), &examined, &context.provenance()))
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
