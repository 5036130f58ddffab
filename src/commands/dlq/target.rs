//! The target of a requeue: a filter, ids, a stored plan (`--plan`) or an operation to resume
//! (`--resume`).

use std::collections::HashSet;

use super::filter;
use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqRequeue;
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationType;
use crate::facts::requeue::{PlanOptions, Target};
use crate::facts::selection::Selection;
use crate::requeue::operation;
use crate::sources::files::ids;
use crate::sources::files::local_store::{LocalStore, StoredOperation, StoredPlan};
use crate::sources::files::operation_lock::OperationLock;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;
use crate::sources::postgres::requeue::{RequeueColumns, operation_events};

/// The target that the command line selects.
pub(crate) struct ResolvedTarget {
    /// The filter or the ids.
    pub(crate) target: Target,
    /// The options of the plan.
    pub(crate) options: PlanOptions,
    /// The stored plan of `--plan` or of the resumed operation.
    pub(crate) stored_plan: Option<StoredPlan>,
    /// The operation to resume.
    pub(crate) resumed: Option<StoredOperation>,
    /// The jobs that the resumed operation requeued before.
    pub(crate) requeued: HashSet<JobId>,
    /// The ownership of the operation to resume.
    pub(crate) lock: Option<OperationLock>,
}

/// Resolves the target of the command line. An interrupted operation on the same ids is resumed.
pub(crate) async fn resolve(
    context: &Context,
    args: &DlqRequeue,
    store: Result<&LocalStore, &Error>,
    preconditions: &WritePreconditions,
    columns: &RequeueColumns,
) -> Result<ResolvedTarget, Error> {
    if let Some(operation) = &args.resume {
        let store = store.map_err(Clone::clone)?;
        let operation = prefix::operation(context, Some(store), operation).await?;
        let record = store.operation(&operation)?.ok_or_else(|| {
            Error::usage(format!("operation {operation} was not started on this machine"))
                .hint("requeue the same selection again")
        })?;
        if record.operation_type != OperationType::Requeue {
            return Err(wrong_type::refusal(
                context,
                OperationCommand::Resume,
                &operation,
                Some(store),
            )
            .await?);
        }
        return resume(context, store, record, columns).await;
    }
    if let Some(id) = &args.plan {
        let store = store.map_err(Clone::clone)?;
        let plan = store.plan(&prefix::plan(context, store, id)?)?;
        operation::ensure_same_table(context, &plan.jobs_table).await?;
        let (target, options) = if args.ignore_changes {
            let options = PlanOptions { skip_ineligible: true, ..plan.options.clone() };
            (Target::Ids(plan.ids.clone()), options)
        } else {
            ensure_same_groups(&plan)?;
            (plan.target.clone(), plan.options.clone())
        };
        return Ok(ResolvedTarget {
            target,
            options,
            stored_plan: Some(plan),
            resumed: None,
            requeued: HashSet::new(),
            lock: None,
        });
    }
    let target = target(context, args, preconditions).await?;
    let mut requeued = HashSet::new();
    if let (Target::Ids(_), Ok(store)) = (&target, store)
        && let Some(record) = find_interrupted(context, store, &target).await?
    {
        match same_command(context, store, record, columns).await? {
            SameCommand::Resume(resumed) => return Ok(*resumed),
            SameCommand::Begin(done) => requeued = done,
        }
    }
    let options = PlanOptions {
        max: args.max,
        include_repeat_failures: args.include_repeat_failures,
        skip_ineligible: args.skip_ineligible,
    };
    Ok(ResolvedTarget { target, options, stored_plan: None, resumed: None, requeued, lock: None })
}

/// What the same ids as those of an interrupted operation mean.
enum SameCommand {
    /// Its remaining jobs.
    Resume(Box<ResolvedTarget>),
    /// A new operation: jobs of the interrupted one were dead-lettered again since. Those that were not count as
    /// done.
    Begin(HashSet<JobId>),
}

async fn same_command(
    context: &Context,
    store: &LocalStore,
    record: StoredOperation,
    columns: &RequeueColumns,
) -> Result<SameCommand, Error> {
    let operation = record.operation.clone();
    let closed = StoredOperation { finished: true, ..record.clone() };
    let resumed = resume(context, store, record, columns).await?;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let requeued: Vec<_> = resumed.requeued.iter().copied().collect();
    let dead = operation_events::dead_ids(database, layout, &requeued, context.timeout()).await?;
    if dead.is_empty() {
        context
            .terminal
            .print_note(&format!("resuming the interrupted operation {operation} of the same ids"));
        return Ok(SameCommand::Resume(Box::new(resumed)));
    }
    context.terminal.print_note(&format!(
        "jobs of the interrupted operation {operation} are dead letters again: starting a new operation"
    ));
    store.save_operation(&closed)?;
    Ok(SameCommand::Begin(resumed.requeued.difference(&dead).copied().collect()))
}

/// Returns the ids or the filter of the command line.
async fn target(
    context: &Context,
    args: &DlqRequeue,
    preconditions: &WritePreconditions,
) -> Result<Target, Error> {
    let layout = context.layout().await?;
    if !args.ids.is_empty() || args.ids_file.is_some() {
        let file = args.ids_file.as_deref();
        let complete = prefix::jobs(context, layout, &args.ids).await?;
        return Ok(Target::Ids(ids::read(&complete, file, layout.id)?));
    }
    let selection = filter::selection_at(context, layout, &args.filter, preconditions.now).await?;
    if selection.is_all() && !args.all {
        return Err(Error::usage("no jobs selected")
            .hint("pass ids, a filter such as --kind or --group, or --all"));
    }
    Ok(Target::Filter(selection))
}

/// Returns the operation of this machine on the same ids that is not complete.
async fn find_interrupted(
    context: &Context,
    store: &LocalStore,
    target: &Target,
) -> Result<Option<StoredOperation>, Error> {
    for record in store.operations() {
        if record.operation_type == OperationType::Requeue
            && !record.finished
            && store.plan(&record.plan).is_ok_and(|plan| plan.target == *target)
            && operation::is_same_table(context, &record.jobs_table).await?
        {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// Returns the jobs of a stored operation as the target, with those that it requeued before. The operation is
/// owned before anything is read, so that no other process resumes it meanwhile.
async fn resume(
    context: &Context,
    store: &LocalStore,
    record: StoredOperation,
    columns: &RequeueColumns,
) -> Result<ResolvedTarget, Error> {
    operation::ensure_same_table(context, &record.jobs_table).await?;
    let lock = store.lock(&record.operation, &operation::owner(context))?;
    let plan = store.plan(&record.plan)?;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let requeued = if columns.enqueued.is_some() {
        let timeout = context.timeout();
        let located =
            operation_events::locate(database, layout, &record.operation, timeout).await?;
        operation_events::requeued_ids(database, layout, &located, timeout).await?
    } else {
        let entries =
            operation::committed_entries(context, columns, store, &record.operation).await?;
        entries.iter().filter_map(|entry| JobId::parse(&entry.id, layout.id)).collect()
    };
    let options = PlanOptions { skip_ineligible: true, max: None, ..plan.options.clone() };
    Ok(ResolvedTarget {
        target: Target::Ids(plan.ids.clone()),
        options,
        stored_plan: Some(plan),
        resumed: Some(record),
        requeued,
        lock: Some(lock),
    })
}

/// Refuses a plan that selects its jobs by a group id of another version, which would select none.
fn ensure_same_groups(plan: &StoredPlan) -> Result<(), Error> {
    let Target::Filter(Selection { group: Some(group), .. }) = &plan.target else {
        return Ok(());
    };
    prefix::check_group(group).map_err(|error| {
        error.hint(format!("or requeue the planned jobs: --plan {} --ignore-changes", plan.plan))
    })
}
