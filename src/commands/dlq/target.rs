//! What a requeue is asked for: a selection, ids, a plan that was made before, an operation that goes on.

use std::collections::HashSet;

use super::filter;
use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqRequeue;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationType;
use crate::facts::requeue::{PlanOptions, Target};
use crate::sources::files::ids;
use crate::sources::files::local_store::{LocalStore, StoredOperation, StoredPlan};
use crate::sources::postgres::requeue::journal::Entry;
use crate::sources::postgres::requeue::operation_events::{self, WritePreconditions};
use crate::sources::postgres::requeue::{RequeueColumns, statements};

/// What the command line asks for.
pub struct ResolvedTarget {
    /// Which jobs.
    pub target: Target,
    /// Under which rules.
    pub options: PlanOptions,
    /// The plan that was made before.
    pub stored_plan: Option<StoredPlan>,
    /// The operation that goes on.
    pub resumed: Option<StoredOperation>,
    /// What that one did already.
    pub done: HashSet<JobId>,
}

/// Reads it; an interrupted operation on the same ids goes on.
pub async fn resolve(
    context: &Context,
    args: &DlqRequeue,
    state: Result<&LocalStore, &Error>,
    ground: &WritePreconditions,
    shape: &RequeueColumns,
) -> Result<ResolvedTarget, Error> {
    if let Some(operation) = &args.resume {
        let operation = super::operation(operation)?;
        let state = state.map_err(Clone::clone)?;
        let record = state.operation(&operation)?.ok_or_else(|| {
            Error::usage(format!("operation {operation} was not begun on this machine"))
                .hint("the same selection again requeues what is still dead")
        })?;
        if record.operation_type != OperationType::Requeue {
            return Err(wrong_type::refusal(
                context,
                OperationCommand::Resume,
                &operation,
                Some(state),
            )
            .await?);
        }
        return resume(context, state, record, shape).await;
    }
    if let Some(id) = &args.plan {
        let kept = state.map_err(Clone::clone)?.plan(id)?;
        ensure_same_database(context, &kept.database)?;
        let (target, options) = if args.ignore_changes {
            let options = PlanOptions { skip_ineligible: true, ..kept.options.clone() };
            (Target::Ids(kept.ids.clone()), options)
        } else {
            (kept.target.clone(), kept.options.clone())
        };
        let done = HashSet::new();
        return Ok(ResolvedTarget {
            target,
            options,
            stored_plan: Some(kept),
            resumed: None,
            done,
        });
    }
    let target = target(context, args, ground).await?;
    if let (Target::Ids(_), Ok(state)) = (&target, state)
        && let Some(record) = find_interrupted(context, state, &target)
    {
        context
            .terminal
            .print_note(&format!("the same command did not finish: {}", record.operation));
        return resume(context, state, record, shape).await;
    }
    let options = PlanOptions {
        max: args.max,
        include_repeat_offenders: args.include_repeat_failures,
        skip_ineligible: args.skip_ineligible,
    };
    Ok(ResolvedTarget { target, options, stored_plan: None, resumed: None, done: HashSet::new() })
}

async fn target(
    context: &Context,
    args: &DlqRequeue,
    ground: &WritePreconditions,
) -> Result<Target, Error> {
    let layout = context.layout().await?;
    if !args.ids.is_empty() || args.ids_file.is_some() {
        let file = args.ids_file.as_deref();
        return Ok(Target::Ids(ids::read(&args.ids, file, layout.id)?));
    }
    let selection = filter::selection_at(context, layout, &args.filter, ground.now)?;
    if selection.is_all() && !args.all {
        return Err(Error::usage("nothing says which dead letters are meant")
            .hint("give ids, a filter such as --kind or --group, or --all"));
    }
    Ok(Target::Filter(selection))
}

/// An operation of this machine on the same ids that did not come to its end.
fn find_interrupted(
    context: &Context,
    state: &LocalStore,
    target: &Target,
) -> Option<StoredOperation> {
    let place = context.database_name();
    state.operations().into_iter().find(|record| {
        record.operation_type == OperationType::Requeue
            && !record.finished
            && record.database == place
            && state.plan(&record.plan).is_ok_and(|plan| plan.target == *target)
    })
}

/// The frozen jobs of an operation, without those that it requeued already.
async fn resume(
    context: &Context,
    state: &LocalStore,
    record: StoredOperation,
    shape: &RequeueColumns,
) -> Result<ResolvedTarget, Error> {
    ensure_same_database(context, &record.database)?;
    let kept = state.plan(&record.plan)?;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let done = if shape.enqueued.is_some() {
        operation_events::requeued_ids(database, layout, &record.operation, context.timeout())
            .await?
    } else {
        let entries = state.journal_entries(&record.operation);
        committed(context, shape, entries).await?
    };
    let options = PlanOptions { skip_ineligible: true, max: None, ..kept.options.clone() };
    Ok(ResolvedTarget {
        target: Target::Ids(kept.ids.clone()),
        options,
        stored_plan: Some(kept),
        resumed: Some(record),
        done,
    })
}

/// The jobs of a journal whose batch was committed: their rows are not what they were before.
async fn committed(
    context: &Context,
    shape: &RequeueColumns,
    entries: Vec<Entry>,
) -> Result<HashSet<JobId>, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let keys: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            let before = Entry { written: entry.previous.clone(), ..entry.clone() };
            serde_json::to_string(&before).ok()
        })
        .collect();
    let statements = statements::undo(layout, shape);
    let untouched =
        operation_events::still_matching(database, &statements, &keys, context.timeout()).await?;
    let ids = entries.iter().filter(|entry| !untouched.contains(&entry.id));
    Ok(ids.filter_map(|entry| JobId::parse(&entry.id, layout.id)).collect())
}

/// A plan or operation belongs to one database.
pub fn ensure_same_database(context: &Context, database: &str) -> Result<(), Error> {
    let place = context.database_name();
    if place == database {
        return Ok(());
    }
    Err(Error::refused(format!("it was made for {database}, and this is {place}")))
}
