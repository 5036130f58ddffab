//! `dlq undo`: back to dead, where nothing happened since.

use super::{requeue, write};
use crate::cli::DlqUndo;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationId;
use crate::facts::pace::Pace;
use crate::report::{Report, operations};
use crate::sources::postgres::requeue::lookup;
use crate::sources::postgres::requeue::statements::{self, UNDONE};
use crate::sources::postgres::requeue::{Shape, Work};
use crate::sources::state::{Deed, State, StoredOperation};

/// Takes an operation back.
pub async fn run(context: &Context, args: &DlqUndo) -> Result<Report, Error> {
    let of = super::operation(&args.operation)?;
    let (layout, database) = (context.layout().await?, context.database().await?);
    let shape = Shape::of(layout)?;
    let state = State::open(context.settings.state_dir.as_deref());
    let ground = lookup::ground(database, layout, context.timeout()).await?;
    let all = written(context, &of, &shape, state.as_ref()).await?;
    if all.is_empty() {
        return Err(Error::usage(format!("operation {of} requeued nothing here"))
            .hint("cliplyctl dlq ops lists what is known"));
    }
    let statements = statements::undo(layout, &shape);
    let keys: Vec<_> = all.iter().map(|(_, key)| key.clone()).collect();
    let matching = lookup::matching(database, &statements, &keys, context.timeout()).await?;
    let total = all.len() as u64;
    let (jobs, keys): (Vec<_>, Vec<_>) =
        all.into_iter().filter(|(job, _)| matching.contains(&job.to_string())).unzip();
    let eligible = jobs.len() as u64;
    let (from, moved_on) = (context.provenance(), total - eligible);
    if args.consent.dry_run || eligible == 0 {
        return Ok(operations::undo_planned(&of, eligible, moved_on, &from));
    }
    write::possible(context, &ground)?;
    let plan = operations::undo_plan(&of, eligible, moved_on, &from);
    let permit = write::consent(context, &args.consent, eligible, &plan)?;
    let mut record = StoredOperation {
        operation: write::operation_id(&ground, &of.to_string()),
        deed: Deed::Undo,
        plan: String::new(),
        database: context.place(),
        author: context.author(args.consent.reason.as_deref()),
        jobs: eligible,
        done: 0,
        finished: false,
        undoes: Some(of.clone()),
    };
    let agreed = write::Agreed {
        permit,
        statements,
        event: write::event(&record.operation, &record.author, UNDONE, Some(&of)),
        work: Work { jobs: &jobs, keys: Some(&keys) },
        all_or_nothing: false,
        pace: Pace::default(),
        lock_wait: args.consent.lock_wait,
        journal: None,
    };
    let outcome = write::run(context, state.ok().as_ref(), &mut record, agreed).await?;
    Ok(operations::undone(&of, &record.operation, moved_on, &outcome, &context.provenance()))
}

/// The jobs that an operation wrote, with what tells how they were.
async fn written(
    context: &Context,
    of: &OperationId,
    shape: &Shape,
    state: Result<&State, &Error>,
) -> Result<Vec<(JobId, String)>, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    if shape.enqueued.is_some() {
        return Ok(lookup::requeued(database, layout, of, context.timeout()).await?);
    }
    let state = state.map_err(Clone::clone)?;
    if let Some(record) = state.operation(of)? {
        requeue::here(context, &record.database)?;
    }
    let entries = state.journal_entries(of);
    let keyed = entries.iter().filter_map(|entry| {
        let id = JobId::parse(&entry.id, layout.id)?;
        Some((id, serde_json::to_string(entry).ok()?))
    });
    Ok(keyed.collect())
}
