//! `dlq undo`: back to dead, where nothing happened since.

use std::collections::HashSet;

use super::wrong_type::{self, OperationCommand};
use super::{confirm, target};
use crate::cli::DlqUndo;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, OperationType, UNDONE};
use crate::facts::throttle::Throttle;
use crate::report::{Report, operations};
use crate::requeue::execute;
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, operation_events, statements};

/// Takes an operation back.
pub async fn run(context: &Context, args: &DlqUndo) -> Result<Report, Error> {
    let of = super::operation(&args.operation)?;
    let (layout, database) = (context.layout().await?, context.database().await?);
    let shape = RequeueColumns::new(layout)?;
    let state = LocalStore::open(context.settings.state_dir.as_deref());
    let ground = operation_events::preconditions(database, layout, context.timeout()).await?;
    let all = written(context, &of, &shape, state.as_ref()).await?;
    if all.is_empty() {
        return Err(
            wrong_type::refusal(context, OperationCommand::Undo, &of, state.as_ref().ok()).await?
        );
    }
    let statements = statements::undo(layout, &shape);
    let keys: Vec<_> = all.iter().map(|(_, key)| key.clone()).collect();
    let matching =
        operation_events::still_matching(database, &statements, &keys, context.timeout()).await?;
    let total = all.len() as u64;
    let named: Vec<_> = all.iter().map(|(job, _)| *job).collect();
    let (jobs, keys): (Vec<_>, Vec<_>) =
        all.into_iter().filter(|(job, _)| matching.contains(&job.to_string())).unzip();
    let eligible = jobs.len() as u64;
    let (undone, moved) = match total - eligible {
        0 => (0, vec![]),
        rest => {
            let (undone, back) = put_back(context, &of, &jobs, state.as_ref().ok()).await?;
            let stays = |job: &JobId| !back.contains(job) && !matching.contains(&job.to_string());
            let moved = named.into_iter().filter(|job| layout.events.is_some() && stays(job));
            (undone.min(rest), moved.collect())
        }
    };
    let (from, moved_on) = (context.provenance(), total - eligible - undone);
    let scope = operations::UndoScope {
        operation: &of,
        eligible,
        undone,
        changed_since: moved_on,
        named: &moved,
    };
    if args.confirmation.dry_run || eligible == 0 {
        return Ok(operations::undo_planned(&scope, args.confirmation.dry_run, &from));
    }
    execute::refuse_if_not_writable(context, &ground)?;
    let plan = operations::undo_plan(&scope, &from);
    let permit = confirm::confirm(context, &args.confirmation, (eligible, None), &plan).await?;
    let mut record = StoredOperation {
        operation: execute::operation_id(&ground, &of.to_string()),
        operation_type: OperationType::Undo,
        plan: String::new(),
        database: context.database_name(),
        author: context.author(args.confirmation.reason.as_deref()),
        began: None,
        jobs: eligible,
        written: 0,
        finished: false,
        undoes_operation: Some(of.clone()),
        flags: String::new(),
    };
    let agreed = execute::ApprovedWrite {
        permit,
        statements,
        event: execute::event(&record.operation, &record.author, UNDONE, Some(&of)),
        work: WriteInput { jobs: &jobs, keys: Some(&keys) },
        all_or_nothing: false,
        throttle: Throttle::default(),
        lock_wait: args.confirmation.lock_wait,
        journal: None,
        flags: String::new(),
    };
    let outcome = execute::run(context, state.ok().as_ref(), &mut record, agreed).await?;
    Ok(operations::undone(&scope, &record.operation, &outcome, &context.provenance()))
}

/// How many jobs of an operation an earlier undo put back, besides those that can be put back now; and
/// which, where events tell.
async fn put_back(
    context: &Context,
    of: &OperationId,
    now: &[JobId],
    state: Option<&LocalStore>,
) -> Result<(u64, HashSet<JobId>), Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    if layout.events.is_some() {
        let mut undone =
            operation_events::undone_ids(database, layout, of, context.timeout()).await?;
        now.iter().for_each(|job| _ = undone.remove(job));
        return Ok((undone.len() as u64, undone));
    }
    let records = state.map(LocalStore::operations).unwrap_or_default();
    let undoes = records.iter().filter(|record| record.undoes_operation.as_ref() == Some(of));
    Ok((undoes.map(|record| record.written).sum(), HashSet::new()))
}

/// The jobs that an operation wrote, with what tells how they were.
async fn written(
    context: &Context,
    of: &OperationId,
    shape: &RequeueColumns,
    state: Result<&LocalStore, &Error>,
) -> Result<Vec<(JobId, String)>, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    if shape.enqueued.is_some() {
        return Ok(operation_events::requeued(database, layout, of, context.timeout()).await?);
    }
    let state = state.map_err(Clone::clone)?;
    if let Some(record) = state.operation(of)? {
        target::ensure_same_database(context, &record.database)?;
        if record.operation_type != OperationType::Requeue {
            return Ok(vec![]);
        }
    }
    let entries = state.journal_entries(of);
    let keyed = entries.iter().filter_map(|entry| {
        let id = JobId::parse(&entry.id, layout.id)?;
        Some((id, serde_json::to_string(entry).ok()?))
    });
    Ok(keyed.collect())
}
