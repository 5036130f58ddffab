//! `dlq ops`: who requeued what, why, and what became of it.

use crate::cli::DlqOps;
use crate::context::Context;
use crate::error::Error;
use crate::facts::mask;
use crate::facts::operation::{Deed, OperationId, Summary};
use crate::report::{Report, operations};
use crate::sources::postgres::requeue::{Shape, offenders, ops};
use crate::sources::state::{State, StoredOperation};

/// Lists operations: from the events, or from this machine's records where there are none.
pub async fn run(context: &Context, args: &DlqOps) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let shape = Shape::of(layout)?;
    if shape.enqueued.is_none() {
        let state = State::open(context.settings.state_dir.as_deref())?;
        let place = context.place();
        let here = state.operations().into_iter().filter(|record| record.database == place);
        let local: Vec<_> =
            here.take(args.limit as usize).map(|record| local(context, record)).collect();
        let examined = "this database keeps no events: only this machine's operations are known";
        return Ok(operations::listing(&local, examined, &context.provenance()));
    }
    let database = context.database().await?;
    let mut found = ops::read(database, layout, args.limit, context.timeout()).await?;
    if let Ok(state) = State::open(context.settings.state_dir.as_deref()) {
        for summary in &mut found {
            let id = OperationId::parse(&summary.operation);
            let record = id.and_then(|id| state.operation(&id).ok().flatten());
            summary.flags = record.as_ref().map(|r| r.flags.clone()).unwrap_or_default();
            summary.planned =
                record.filter(|r| r.deed == summary.deed).and_then(|r| interrupted(&r));
        }
    }
    let examined = format!(
        "looked for in the newest {} events",
        crate::text::count(u64::from(offenders::LOOK_BACK))
    );
    Ok(operations::listing(&found, &examined, &context.provenance()))
}

fn local(context: &Context, record: StoredOperation) -> Summary {
    let planned = interrupted(&record);
    Summary {
        flags: record.flags,
        operation: record.operation.to_string(),
        deed: record.deed,
        actor: Some(record.author.actor),
        host: Some(record.author.host),
        reason: record.author.reason.as_deref().map(mask::text),
        age: crate::text::seconds_since(record.operation.at, context.now()),
        planned,
        jobs: record.done,
        now: vec![],
    }
}

/// Jobs of a requeue that did not come to its end.
fn interrupted(record: &StoredOperation) -> Option<u64> {
    (record.deed == Deed::Requeue && !record.finished && record.done < record.jobs)
        .then_some(record.jobs)
}
