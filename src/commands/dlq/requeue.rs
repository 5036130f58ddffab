//! `dlq requeue`: builds and shows the plan, asks for the confirmation and writes.

use super::target::{ResolvedTarget, resolve};
use crate::advice::SHIPPED;
use crate::cli::{ConfirmationArgs, DlqRequeue};
use crate::commands::confirm;
use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{OperationType, REQUEUED};
use crate::facts::requeue::{Plan, PlanSkip, Target};
use crate::report::{Report, requeue as report};
use crate::requeue::job_tracker::JobTracker;
use crate::requeue::{execute, operation, plan};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::operation_events::WritePreconditions;
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, operation_events, statements};
use crate::sources::postgres::table_load;

/// Up to this many ids of the command line are written in one transaction, all or none.
const MAX_ALL_OR_NOTHING: usize = 500;
/// The most due jobs that are counted for the estimate of a canary.
const MAX_DUE_COUNTED: u64 = 100_000;

/// Requeues dead letters, or with `--dry-run` reports the plan.
pub(crate) async fn run(context: &Context, args: &DlqRequeue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let columns = RequeueColumns::new(layout)?;
    if args.throttle.spread.is_some() && layout.due.is_empty() {
        return Err(Error::usage("this database's jobs have no due time to spread")
            .hint("--rate requeues them one after the other"));
    }
    let store = LocalStore::open(context.settings.state_dir.as_deref());
    let preconditions =
        operation_events::preconditions(database, layout, context.timeout()).await?;
    let resolved = resolve(context, args, store.as_ref(), &preconditions, &columns).await?;
    let ResolvedTarget { target, options, stored_plan, resumed, requeued } = resolved;
    let stored_flags = resumed.as_ref().map_or("", |record| record.flags.as_str());
    let args = &args.or_stored(stored_flags);
    let mut plan = plan::build_plan(context, target, options, &preconditions, &requeued).await?;
    if let (Some(stored), None, false) = (&stored_plan, &resumed, args.ignore_changes) {
        let view = plan_view(context, args, &plan, &columns, None);
        plan::refuse_if_changed(stored, &plan, &report::plan_flags(&view))?;
        // The plan is unchanged, so it keeps the id that was shown.
        plan.id.clone_from(&stored.plan);
        plan.cutoff = stored.cutoff;
    }
    let mut view = plan_view(context, args, &plan, &columns, resumed.as_ref());
    if let Some(record) = &resumed {
        let undone =
            operation_events::undone_ids(database, layout, &record.operation, context.timeout())
                .await?;
        view.undone = undone.len() as u64;
        view.failed = count_failed(context, record, &columns, store.as_ref().ok()).await;
    }
    if view.canary.is_some() {
        let load = table_load::read(database, layout, Some(MAX_DUE_COUNTED)).await.ok();
        view.due_before = load.and_then(|load| load.due).filter(|due| *due <= MAX_DUE_COUNTED);
    }
    if is_refused(&plan) {
        return Ok(report::refused(&view));
    }
    view.stored = match &store {
        Ok(store) => store.save_plan(&plan::to_stored(&plan)).is_ok(),
        Err(_) => false,
    };
    if args.confirmation.dry_run || plan.ids.is_empty() {
        let obstacle = preconditions.obstacle.as_deref();
        return Ok(report::planned(&view, args.confirmation.dry_run, obstacle));
    }
    execute::refuse_if_not_writable(context, &preconditions)?;
    let planned = Planned { view, columns, preconditions, is_new: stored_plan.is_none() };
    apply(context, args, planned, store, resumed.as_ref()).await
}

fn plan_view<'a>(
    context: &'a Context,
    args: &'a DlqRequeue,
    plan: &'a Plan,
    columns: &RequeueColumns,
    resumed: Option<&'a StoredOperation>,
) -> report::RequeuePlanView<'a> {
    report::RequeuePlanView {
        plan,
        from: context.provenance(),
        resumes: resumed.map(|r| r.operation.clone()),
        // Without events, only the journal of this machine records the operation.
        journal_only: columns.enqueued.is_none(),
        stored: false,
        canary: args.canary.to_canary(),
        throttle: args.throttle.to_throttle(),
        rules: context.settings.advice.iter().chain(SHIPPED).collect(),
        undone: 0,
        failed: 0,
        due_before: None,
        protected: context.settings.protected.as_deref(),
        // A resumed operation keeps its reason unless another one is given.
        reason: args
            .confirmation
            .reason
            .as_deref()
            .or_else(|| resumed.and_then(|record| record.author.reason.as_deref())),
    }
}

/// Returns how many jobs of an operation failed again; 0 if that cannot be read.
async fn count_failed(
    context: &Context,
    record: &StoredOperation,
    columns: &RequeueColumns,
    store: Option<&LocalStore>,
) -> u64 {
    let operation = &record.operation;
    let Ok(mut tracker) =
        JobTracker::new(context, operation, operation.after, columns, store).await
    else {
        return 0;
    };
    tracker.refresh().await.map_or(0, |()| tracker.counts().failed())
}

/// A plan that is ready to be confirmed.
struct Planned<'a> {
    view: report::RequeuePlanView<'a>,
    columns: RequeueColumns,
    preconditions: WritePreconditions,
    /// Whether the plan was made by this run and not loaded from the store.
    is_new: bool,
}

/// Asks for the confirmation, writes the plan and returns the report.
async fn apply(
    context: &Context,
    args: &DlqRequeue,
    planned: Planned<'_>,
    store: Result<LocalStore, Error>,
    resumed: Option<&StoredOperation>,
) -> Result<Report, Error> {
    let Planned { view, columns, preconditions, is_new } = planned;
    let (plan, layout) = (view.plan, context.layout().await?);
    let store = operation::open_local_store(store, view.journal_only)?;
    let jobs = plan.ids.len() as u64;
    let first =
        view.canary.as_ref().map(|canary| canary.batch_sizes.first_batch_jobs(&plan.group_of_job));
    let document = report::document(&view);
    let confirmation =
        ConfirmationArgs { reason: view.reason.map(str::to_owned), ..args.confirmation.clone() };
    let permit = confirm::confirm(context, &confirmation, (jobs, first), &document).await?;
    let reason = args.confirmation.reason.as_deref();
    let mut record = match resumed {
        Some(record) => record.clone().resumed_by(context.author(reason)),
        None => {
            let id = operation::operation_id(&preconditions, &plan.id);
            let jobs = plan.ids.len();
            let record = operation::new_record(context, id, OperationType::Requeue, reason, jobs);
            StoredOperation { plan: plan.id.clone(), ..record }
        }
    };
    let journal = operation::journal(store.as_ref(), view.journal_only, &record.operation)?;
    let at_once = view.canary.is_none() && view.throttle.is_unlimited();
    let is_explicit = at_once && matches!(plan.target, Target::Ids(_)) && is_new;
    let write = execute::ApprovedWrite {
        permit,
        statements: statements::requeue(layout, &columns.with_spread(view.throttle.spread)),
        event: operation::event(&record.operation, &record.author, REQUEUED, None),
        input: WriteInput { jobs: &plan.ids, keys: None },
        all_or_nothing: is_explicit
            && !args.skip_ineligible
            && plan.ids.len() <= MAX_ALL_OR_NOTHING,
        throttle: view.throttle,
        lock_wait: args.confirmation.lock_wait,
        journal,
        flags: report::resume_flags(&view, jobs),
    };
    let options = execute::ExecutionOptions {
        plan,
        columns: &columns,
        store: store.as_ref(),
        canary: view.canary.as_ref(),
        batch_statements: &statements::requeue(layout, &columns),
        follow: args.follow_for(),
        resumed: resumed.is_some(),
    };
    let run = options.write(context, &mut record, write).await?;
    Ok(report::applied(&view, &record.operation, &run))
}

/// Returns whether the plan is refused because an id of the command line is missing or not dead. Ids
/// are all or nothing unless `--skip-ineligible` is given.
fn is_refused(plan: &Plan) -> bool {
    matches!(plan.target, Target::Ids(_))
        && !plan.options.skip_ineligible
        && plan.skipped_for(PlanSkip::NotDead) + plan.skipped_for(PlanSkip::Missing) > 0
}
