//! `dlq ops`: who requeued what, why, and what became of it.

use crate::cli::DlqOps;
use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{OperationId, OperationType, Summary, Unfinished};
use crate::redact;
use crate::report::{Report, operations};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::{RequeueColumns, ops, repeat_failures};

/// Lists operations: from the events, or from this machine's records where there are none.
pub async fn run(context: &Context, args: &DlqOps) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let shape = RequeueColumns::new(layout)?;
    if shape.enqueued.is_none() {
        let state = LocalStore::open(context.settings.state_dir.as_deref())?;
        let place = context.database_name();
        let here = state.operations().into_iter().filter(|record| record.database == place);
        let local: Vec<_> =
            here.take(args.limit as usize).map(|record| local(context, record)).collect();
        let examined = "this database keeps no events: only this machine's operations are known";
        return Ok(operations::listing(&local, examined, &context.provenance()));
    }
    let database = context.database().await?;
    let mut found = ops::read(database, layout, args.limit, context.timeout()).await?;
    if let Ok(state) = LocalStore::open(context.settings.state_dir.as_deref()) {
        for summary in &mut found {
            let id = OperationId::parse(&summary.operation);
            let record = id.and_then(|id| state.operation(&id).ok().flatten());
            summary.unfinished = record.as_ref().and_then(unfinished);
        }
    }
    let cut = if found.len() == args.limit as usize {
        format!("; the newest {} are shown (--limit)", args.limit)
    } else {
        String::new()
    };
    let examined = format!(
        "looked for in the newest {} events{cut}",
        crate::text::count(u64::from(repeat_failures::EVENTS_READ))
    );
    Ok(operations::listing(&found, &examined, &context.provenance()))
}

fn local(context: &Context, record: StoredOperation) -> Summary {
    let unfinished = unfinished(&record);
    Summary {
        operation: record.operation.to_string(),
        deed: record.operation_type,
        actor: Some(record.author.actor),
        host: Some(record.author.host),
        reason: record.author.reason.as_deref().map(redact::text),
        age: crate::text::seconds_since(record.operation.at, context.now()),
        unfinished,
        jobs: record.written,
        now: vec![],
    }
}

/// What is left of a requeue that did not come to its end.
fn unfinished(record: &StoredOperation) -> Option<Unfinished> {
    let open = record.operation_type == OperationType::Requeue
        && !record.finished
        && record.written < record.jobs;
    open.then(|| Unfinished { planned: record.jobs, flags: record.flags.clone() })
}
