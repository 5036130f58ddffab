//! `dlq requeue`: builds and shows the plan, asks for the confirmation and writes.

use super::given_up;
use super::target::{ResolvedTarget, resolve};
use crate::advice;
use crate::cli::{ConfirmationArgs, DlqRequeue};
use crate::commands::confirm::{self, WriteAction};
use crate::context::Context;
use crate::error::Error;
use crate::facts::canary::{Backlog, ResumeOptions};
use crate::facts::identity::Protection;
use crate::facts::operation::{OperationType, REQUEUED};
use crate::facts::requeue::{Plan, PlanSkip, Target};
use crate::queue::{Layout, Lifecycle};
use crate::report::{Report, requeue as report};
use crate::requeue::job_tracker::JobTracker;
use crate::requeue::operation::RecordStore;
use crate::requeue::{execute, operation, plan, protection, recent_failures};
use crate::sources::files::local_store::{LocalStore, RECORD_FORMAT, StoredOperation};
use crate::sources::files::operation_lock::OperationLock;
use crate::sources::postgres::requeue::operation_events::LocatedOperation;
use crate::sources::postgres::requeue::preconditions::{self, WritePreconditions};
use crate::sources::postgres::requeue::stored::Stored;
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, operation_events, statements};
use crate::sources::postgres::{recent_activity, table_load};

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
    let assigned = columns.assigned(layout);
    let stage = columns.enqueued.as_ref();
    let preconditions =
        preconditions::read(database, layout, &assigned, stage, context.timeout()).await?;
    let unknown_guard = protection::compare_databases(context).await?;
    confirm::check_guards(context, &args.confirmation, &preconditions, unknown_guard)?;
    let protection = context.protection();
    let resolved = resolve(context, args, store.as_ref(), &preconditions, &columns).await?;
    let ResolvedTarget { target, options, stored_plan, resumed, requeued, lock } = resolved;
    let args = &match &resumed {
        Some(record) => with_stored_options(args, record)?,
        None => args.clone(),
    };
    let request = plan::PlanRequest {
        target,
        options,
        requeued: &requeued,
        columns: &columns,
        stored: stored_plan.as_ref(),
    };
    let mut plan = plan::build_plan(context, request, &preconditions).await?;
    recent_failures::add(context, &mut plan, preconditions.now).await;
    let all_or_nothing = resumed.is_none() && plan.is_all_or_nothing();
    if all_or_nothing {
        refuse_if_not_at_once(args, &plan)?;
    }
    if let (Some(stored), None, false) = (&stored_plan, &resumed, args.ignore_changes) {
        let view = plan_view((context, layout), args, &plan, &columns, None, &protection);
        plan::refuse_if_changed(stored, &plan, &report::plan_flags(&view))?;
        // The plan is unchanged, so it keeps the id that was shown.
        plan.id.clone_from(&stored.plan);
        plan.cutoff = stored.cutoff;
    }
    let mut view =
        plan_view((context, layout), args, &plan, &columns, resumed.as_ref(), &protection);
    if let Some(record) = &resumed {
        add_resumed(context, record, &columns, store.as_ref().ok(), &mut view).await?;
    }
    estimate_canary(context, &mut view).await;
    if is_refused(&plan) {
        return Ok(report::refused(&view));
    }
    if plan.ids.is_empty() && !args.confirmation.dry_run {
        close_finished(store.as_ref().ok(), resumed.as_ref(), &plan);
    }
    // A resumed operation keeps the plan that it began with.
    view.stored = match &store {
        Ok(store) if resumed.is_none() => store.save_plan(&plan::to_stored(&plan)).is_ok(),
        _ => false,
    };
    given_up::doubts(layout, plan.ids.is_empty())?;
    if args.confirmation.dry_run || plan.ids.is_empty() {
        let obstacle = preconditions.obstacle.as_deref();
        return Ok(report::planned(&view, args.confirmation.dry_run, obstacle));
    }
    // A resumed operation continues as it was confirmed; the plan only warns.
    if args.confirmation.yes && view.canary.is_none() && resumed.is_none() {
        recent_failures::refuse_without_canary(&plan, view.command_with_canary())?;
    }
    let planned = Planned { view, columns, preconditions, all_or_nothing, lock };
    apply(context, args, planned, store, resumed.as_ref()).await
}

/// Refuses (64) ids that cannot be written in one transaction.
fn refuse_if_not_at_once(args: &DlqRequeue, plan: &Plan) -> Result<(), Error> {
    let Target::Ids(ids) = &plan.target else { return Ok(()) };
    let why = if ids.len() > MAX_ALL_OR_NOTHING {
        format!(
            "at most {MAX_ALL_OR_NOTHING} ids are possible, not {}",
            crate::text::count(ids.len() as u64)
        )
    } else if args.canary.to_canary().is_some() {
        "--canary is not possible".to_owned()
    } else if args.throttle.spread.is_some() || !args.throttle.to_throttle().is_unlimited() {
        "--rate, --spread and --pause-above are not possible".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::usage(format!("ids are requeued all or none, in one transaction: {why}"))
        .hint("requeue each job on its own: --skip-ineligible"))
}

/// Adds the outcome of the resumed operation so far.
async fn add_resumed(
    context: &Context,
    record: &StoredOperation,
    columns: &RequeueColumns,
    store: Option<&LocalStore>,
    view: &mut report::RequeuePlanView<'_>,
) -> Result<(), Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let operation = &record.operation;
    let undone = match store.filter(|_| view.journal_only) {
        Some(store) => operation::undone_by_journal(context, columns, store, operation).await?,
        None => {
            let located =
                operation_events::locate(database, layout, operation, context.timeout()).await?;
            operation_events::undone_ids(database, layout, &located, context.timeout()).await?
        }
    };
    view.undone = undone.len() as u64;
    view.failed = count_failed(context, record, columns, store).await;
    Ok(())
}

/// Closes the record of an interrupted operation of which nothing is left.
fn close_finished(store: Option<&LocalStore>, resumed: Option<&StoredOperation>, plan: &Plan) {
    let (Some(store), Some(record)) = (store, resumed) else { return };
    if plan.skipped_for(PlanSkip::AlreadyRequeued) == plan.matched {
        // If that fails, the next resume closes it.
        _ = store.save_operation(&StoredOperation { finished: true, ..record.clone() });
    }
}

fn plan_view<'a>(
    (context, layout): (&'a Context, &Layout),
    args: &'a DlqRequeue,
    plan: &'a Plan,
    columns: &RequeueColumns,
    resumed: Option<&'a StoredOperation>,
    protection: &'a Protection,
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
        rules: advice::rules(&context.settings.advice, layout.has_errors()).collect(),
        undone: 0,
        failed: 0,
        backlog: None,
        notes: layout.package().map(|package| package.requeue_notes.clone()).unwrap_or_default(),
        can_be_undone: layout.package().is_none_or(|package| package.no_undo.is_none()),
        protected: protection.protected.as_deref(),
        // A resumed operation keeps its reason unless another one is given.
        reason: args
            .confirmation
            .reason
            .as_deref()
            .or_else(|| resumed.and_then(|record| record.author.reason.as_deref())),
    }
}

/// Reads the due jobs that run before those of the canary, from which the timeout of its batches follows.
async fn estimate_canary(context: &Context, view: &mut report::RequeuePlanView<'_>) {
    let Some(canary) = &mut view.canary else { return };
    let (Ok(database), Ok(layout)) = (context.database().await, context.layout().await) else {
        return;
    };
    let load = table_load::read(database, layout, Some(MAX_DUE_COUNTED)).await.ok();
    let due = load.and_then(|load| load.due).filter(|due| *due <= MAX_DUE_COUNTED);
    let throughput = recent_activity::throughput(database, layout, context.timeout()).await;
    let finished_per_minute = throughput.ok().flatten().map(|each| each.finished_per_minute);
    view.backlog = due.map(|due| Backlog { due, finished_per_minute });
    if let (Some(backlog), false) = (view.backlog, canary.is_timeout_given) {
        canary.timeout = backlog.timeout();
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
    let located = LocatedOperation::by_id(operation);
    let Ok(mut tracker) = JobTracker::new(context, &located, columns, store).await else {
        return 0;
    };
    tracker.refresh().await.map_or(0, |()| tracker.counts().failed())
}

/// A plan that is ready to be confirmed.
struct Planned<'a> {
    view: report::RequeuePlanView<'a>,
    columns: RequeueColumns,
    preconditions: WritePreconditions,
    /// Whether all jobs are written, or none.
    all_or_nothing: bool,
    /// The ownership of a resumed operation.
    lock: Option<OperationLock>,
}

/// Returns the arguments with the canary and the rate limit of the recorded operation, unless some are given now.
///
/// # Errors
/// Refused if the record has options that this version cannot read: the requeue must not go on without them.
fn with_stored_options(args: &DlqRequeue, record: &StoredOperation) -> Result<DlqRequeue, Error> {
    if args.has_own_options() {
        return Ok(args.clone());
    }
    let options = match &record.options {
        Some(options) if record.format <= RECORD_FORMAT => Some(options.clone()),
        None if record.format < RECORD_FORMAT => DlqRequeue::options_of_flags(&record.flags),
        _ => None,
    };
    let options = options.ok_or_else(|| {
        Error::refused(format!(
            "cannot read the canary and the rate limit of operation {} (record format {}; this version reads \
             formats 1 to {RECORD_FORMAT})",
            record.operation, record.format
        ))
        .hint("resume it with the version that started it, or state them: --canary, or --rate 20/s")
    })?;
    Ok(args.with_options(options))
}

/// Asks for the confirmation, writes the plan and returns the report.
async fn apply(
    context: &Context,
    args: &DlqRequeue,
    planned: Planned<'_>,
    store: Result<LocalStore, Error>,
    resumed: Option<&StoredOperation>,
) -> Result<Report, Error> {
    let Planned { view, columns, preconditions, all_or_nothing, lock } = planned;
    let (plan, layout) = (view.plan, context.layout().await?);
    let store = operation::open_local_store(store, view.journal_only)?;
    let jobs = plan.ids.len() as u64;
    let document = report::document(&view);
    let confirmation =
        ConfirmationArgs { reason: view.reason.map(str::to_owned), ..args.confirmation.clone() };
    let action = WriteAction::Requeue { first: view.first_batch_jobs() };
    let confirmed = confirm::confirm(context, &confirmation, (action, jobs), &document).await?;
    // The stored reason of a resumed operation is not a new one.
    let typed = confirmed.reason.as_deref().filter(|_| view.reason.is_none());
    let reason = args.confirmation.reason.as_deref().or(typed);
    let mut record = match resumed {
        Some(record) => record.clone().resumed_by(context.author(reason)),
        None => {
            let id = operation::operation_id(&preconditions, &plan.id);
            let jobs = plan.ids.len();
            let record =
                operation::new_record(context, id, OperationType::Requeue, reason, jobs).await?;
            let (kind, group) = match plan.groups.as_slice() {
                [group] => (Some(group.kind.clone()), Some(group.group.clone())),
                _ => (None, None),
            };
            StoredOperation { plan: plan.id.clone(), kind, group, ..record }
        }
    };
    record.format = RECORD_FORMAT;
    record.options = Some(ResumeOptions { canary: view.canary.clone(), throttle: view.throttle });
    // Held until the end of the command, so that nobody resumes what is still being written.
    let _lock = match (lock, &store) {
        (None, Some(store)) => store.lock(&record.operation, &operation::owner(context)).ok(),
        (lock, _) => lock,
    };
    let journal = operation::journal(store.as_ref(), view.journal_only, &record.operation)?;
    let keys = plan.ids.iter().zip(&plan.marks).enumerate().map(|(n, (id, mark))| {
        statements::planned_key(*id, *mark, plan.places.get(n).map(String::as_str))
    });
    let keys: Vec<_> = keys.collect();
    let mut traits = preconditions.traits.clone();
    traits.partition_key.take_if(|_| plan.places.is_empty());
    let stored = Stored::with_role(layout, Lifecycle::Queued, &traits);
    let spread = columns.with_spread(view.throttle.spread);
    let write = execute::ApprovedWrite {
        permit: confirmed.permit,
        statements: statements::requeue(layout, &spread, &stored),
        event: operation::event(&record, REQUEUED),
        input: WriteInput { jobs: &plan.ids, keys: &keys },
        all_or_nothing,
        throttle: view.throttle,
        lock_wait: args.confirmation.lock_wait,
        journal,
        preconditions,
        flags: report::resume_flags(&view, jobs),
    };
    let options = execute::ExecutionOptions {
        plan,
        columns: &columns,
        records: RecordStore { store: store.as_ref(), journal_only: view.journal_only },
        canary: view.canary.as_ref(),
        batch_statements: &statements::requeue(layout, &columns, &stored),
        follow: args.follow_for(),
        resumed: resumed.is_some(),
    };
    let run = options.write(context, &mut record, write).await?;
    Ok(report::applied(&view, &record.operation, &run))
}

/// Returns whether the plan is refused because of an id of the command line. Ids are all or nothing unless
/// `--skip-ineligible` is given.
fn is_refused(plan: &Plan) -> bool {
    plan.is_all_or_nothing()
        && PlanSkip::REFUSING.iter().any(|reason| plan.skipped_for(*reason) > 0)
}
