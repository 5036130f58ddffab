//! `dlq ops`: who requeued what, why, and what became of it.

use crate::cli::DlqOps;
use crate::context::Context;
use crate::error::Error;
use crate::facts::mask;
use crate::facts::operation::Summary;
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
    let found = ops::read(database, layout, args.limit, context.timeout()).await?;
    let examined = format!(
        "looked for in the newest {} events",
        crate::text::count(u64::from(offenders::LOOK_BACK))
    );
    Ok(operations::listing(&found, &examined, &context.provenance()))
}

fn local(context: &Context, record: StoredOperation) -> Summary {
    Summary {
        operation: record.operation.to_string(),
        deed: record.deed,
        actor: Some(record.author.actor),
        host: Some(record.author.host),
        reason: record.author.reason.as_deref().map(mask::text),
        age: crate::text::seconds_since(record.operation.at, context.now()),
        jobs: record.done,
        now: vec![],
    }
}
