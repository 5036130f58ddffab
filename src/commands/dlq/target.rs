//! The target of a requeue: a filter, ids, a stored plan (`--plan`) or an operation to resume
//! (`--resume`).

use std::collections::HashSet;

use super::filter;
use super::wrong_type::{self, OperationCommand};
use crate::cli::DlqRequeue;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationType;
use crate::facts::requeue::{PlanOptions, Target};
use crate::facts::selection::Selection;
use crate::sources::files::ids;
use crate::sources::files::local_store::{LocalStore, StoredOperation, StoredPlan};
use crate::sources::postgres::requeue::journal::Entry;
use crate::sources::postgres::requeue::operation_events::{self, WritePreconditions};
use crate::sources::postgres::requeue::{RequeueColumns, statements};

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
        let operation = super::operation(operation)?;
        let store = store.map_err(Clone::clone)?;
        let record = store.operation(&operation)?.ok_or_else(|| {
            Error::usage(format!("operation {operation} was not begun on this machine"))
                .hint("the same selection again requeues what is still dead")
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
        let plan = store.map_err(Clone::clone)?.plan(id)?;
        ensure_same_database(context, &plan.database)?;
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
        });
    }
    let target = target(context, args, preconditions).await?;
    if let (Target::Ids(_), Ok(store)) = (&target, store)
        && let Some(record) = find_interrupted(context, store, &target)
    {
        context
            .terminal
            .print_note(&format!("the same command did not finish: {}", record.operation));
        return resume(context, store, record, columns).await;
    }
    let options = PlanOptions {
        max: args.max,
        include_repeat_failures: args.include_repeat_failures,
        skip_ineligible: args.skip_ineligible,
    };
    let (stored_plan, resumed, requeued) = (None, None, HashSet::new());
    Ok(ResolvedTarget { target, options, stored_plan, resumed, requeued })
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
        return Ok(Target::Ids(ids::read(&args.ids, file, layout.id)?));
    }
    let selection = filter::selection_at(context, layout, &args.filter, preconditions.now).await?;
    if selection.is_all() && !args.all {
        return Err(Error::usage("nothing says which dead letters are meant")
            .hint("give ids, a filter such as --kind or --group, or --all"));
    }
    Ok(Target::Filter(selection))
}

/// Returns the operation of this machine on the same ids that is not complete.
fn find_interrupted(
    context: &Context,
    store: &LocalStore,
    target: &Target,
) -> Option<StoredOperation> {
    let database = context.database_name();
    store.operations().into_iter().find(|record| {
        record.operation_type == OperationType::Requeue
            && !record.finished
            && record.database == database
            && store.plan(&record.plan).is_ok_and(|plan| plan.target == *target)
    })
}

/// Returns the jobs of a stored operation as the target, with those that it requeued before.
async fn resume(
    context: &Context,
    store: &LocalStore,
    record: StoredOperation,
    columns: &RequeueColumns,
) -> Result<ResolvedTarget, Error> {
    ensure_same_database(context, &record.database)?;
    let plan = store.plan(&record.plan)?;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let requeued = if columns.enqueued.is_some() {
        operation_events::requeued_ids(database, layout, &record.operation, context.timeout())
            .await?
    } else {
        let entries = store.journal_entries(&record.operation);
        committed_jobs(context, columns, entries).await?
    };
    let options = PlanOptions { skip_ineligible: true, max: None, ..plan.options.clone() };
    Ok(ResolvedTarget {
        target: Target::Ids(plan.ids.clone()),
        options,
        stored_plan: Some(plan),
        resumed: Some(record),
        requeued,
    })
}

/// Returns the jobs of the journal whose write transaction was committed: those whose row no longer has
/// its previous values.
async fn committed_jobs(
    context: &Context,
    columns: &RequeueColumns,
    entries: Vec<Entry>,
) -> Result<HashSet<JobId>, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let keys: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            let previous = Entry { written: entry.previous.clone(), ..entry.clone() };
            serde_json::to_string(&previous).ok()
        })
        .collect();
    let statements = statements::undo(layout, columns);
    let unchanged =
        operation_events::still_matching(database, &statements, &keys, context.timeout()).await?;
    let ids = entries.iter().filter(|entry| !unchanged.contains(&entry.id));
    Ok(ids.filter_map(|entry| JobId::parse(&entry.id, layout.id)).collect())
}

/// Refuses a plan that selects its jobs by a group id of another version, which would select none.
fn ensure_same_groups(plan: &StoredPlan) -> Result<(), Error> {
    let Target::Filter(Selection { group: Some(group), .. }) = &plan.target else {
        return Ok(());
    };
    filter::check_group(group).map_err(|error| {
        error
            .hint(format!("or requeue the jobs that the plan lists: --plan {} --frozen", plan.plan))
    })
}

/// Refuses a plan or an operation of another database.
pub(crate) fn ensure_same_database(context: &Context, database: &str) -> Result<(), Error> {
    let current = context.database_name();
    if current == database {
        return Ok(());
    }
    Err(Error::refused(format!("it was made for {database}, and this is {current}")))
}
