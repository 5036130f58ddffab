//! `dlq requeue`: plan, consent, guarded writes, account.

use super::confirm;
use super::target::{ResolvedTarget, resolve};
use crate::advice::SHIPPED;
use crate::cli::{ConfirmationArgs, DlqRequeue};
use crate::context::Context;
use crate::error::Error;
use crate::facts::operation::{Author, OperationType, REQUEUED};
use crate::facts::requeue::{Plan, PlanSkip, Target};
use crate::report::{Report, requeue as report};
use crate::requeue::job_tracker::JobTracker;
use crate::requeue::{execute, plan};
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::operation_events::WritePreconditions;
use crate::sources::postgres::requeue::{RequeueColumns, WriteInput, operation_events, statements};
use crate::sources::postgres::table_load;

/// Explicit ids up to this many are written in one transaction, or not at all.
const ONE_TRANSACTION: usize = 500;
/// Due jobs are counted up to this many.
const MANY: u64 = 100_000;

/// Requeues, or shows what would be requeued.
pub async fn run(context: &Context, args: &DlqRequeue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let shape = RequeueColumns::new(layout)?;
    if args.throttle.spread.is_some() && layout.due.is_empty() {
        return Err(Error::usage("this database's jobs have no due time to spread")
            .hint("--rate requeues them one after the other"));
    }
    let state = LocalStore::open(context.settings.state_dir.as_deref());
    let ground = operation_events::preconditions(database, layout, context.timeout()).await?;
    let request = resolve(context, args, state.as_ref(), &ground, &shape).await?;
    let ResolvedTarget { target, options, stored_plan: kept, resumed, done } = request;
    let kept_flags = resumed.as_ref().map_or("", |record| record.flags.as_str());
    let args = &args.or_stored(kept_flags);
    let mut plan = plan::build_plan(context, target, options, &ground, &done).await?;
    if let (Some(kept), None, false) = (&kept, &resumed, args.ignore_changes) {
        let facing = plan_view(context, args, &plan, &shape, None);
        plan::refuse_if_changed(kept, &plan, &report::plan_flags(&facing))?;
        // It is the plan that was read.
        plan.id.clone_from(&kept.plan);
        plan.cutoff = kept.cutoff;
    }
    let mut facing = plan_view(context, args, &plan, &shape, resumed.as_ref());
    if let Some(record) = &resumed {
        let undone =
            operation_events::undone_ids(database, layout, &record.operation, context.timeout())
                .await?;
        facing.undone = undone.len() as u64;
        facing.failed = failed(context, record, &shape, state.as_ref().ok()).await;
    }
    if facing.canary.is_some() {
        let due = table_load::read(database, layout, Some(MANY)).await.ok();
        facing.before = due.and_then(|seen| seen.due).filter(|due| *due <= MANY);
    }
    if refuses(&plan) {
        return Ok(report::refused(&facing));
    }
    facing.stored = match &state {
        Ok(state) => state.save_plan(&plan::to_stored(&plan)).is_ok(),
        Err(_) => false,
    };
    if args.confirmation.dry_run || plan.ids.is_empty() {
        return Ok(report::planned(&facing, args.confirmation.dry_run, ground.obstacle.as_deref()));
    }
    execute::refuse_if_not_writable(context, &ground)?;
    let planned = Planned { facing, shape, ground, afresh: kept.is_none() };
    apply(context, args, planned, state, resumed.as_ref()).await
}

fn plan_view<'a>(
    context: &'a Context,
    args: &'a DlqRequeue,
    plan: &'a Plan,
    shape: &RequeueColumns,
    resumed: Option<&'a StoredOperation>,
) -> report::RequeuePlanView<'a> {
    report::RequeuePlanView {
        plan,
        from: context.provenance(),
        resumes: resumed.map(|r| r.operation.clone()),
        // Without an event, others cannot see what was done.
        journal_only: shape.enqueued.is_none(),
        stored: false,
        canary: args.canary.to_canary(),
        throttle: args.throttle.to_throttle(),
        rules: context.settings.advice.iter().chain(SHIPPED).collect(),
        undone: 0,
        failed: 0,
        before: None,
        protected: context.settings.protected.as_deref(),
        // Whoever goes on without a reason goes on for the first one.
        reason: args
            .confirmation
            .reason
            .as_deref()
            .or_else(|| resumed.and_then(|record| record.author.reason.as_deref())),
    }
}

/// How many jobs of an operation failed again; none where that cannot be seen.
async fn failed(
    context: &Context,
    record: &StoredOperation,
    shape: &RequeueColumns,
    state: Option<&LocalStore>,
) -> u64 {
    let operation = &record.operation;
    let Ok(mut watch) = JobTracker::new(context, operation, operation.after, shape, state).await
    else {
        return 0;
    };
    watch.refresh().await.map_or(0, |()| watch.counts().failed())
}

/// A plan that may be agreed to.
struct Planned<'a> {
    facing: report::RequeuePlanView<'a>,
    shape: RequeueColumns,
    ground: WritePreconditions,
    /// Not the plan of an earlier run.
    afresh: bool,
}

/// Asks, writes, and tells what was written.
async fn apply(
    context: &Context,
    args: &DlqRequeue,
    planned: Planned<'_>,
    state: Result<LocalStore, Error>,
    resumed: Option<&StoredOperation>,
) -> Result<Report, Error> {
    let Planned { facing, shape, ground, afresh } = planned;
    let (plan, layout) = (facing.plan, context.layout().await?);
    let state = execute::open_local_store(state, facing.journal_only)?;
    let jobs = plan.ids.len() as u64;
    let first =
        facing.canary.as_ref().map(|canary| canary.batch_sizes.first_batch_jobs(&plan.causes));
    let shown = report::document(&facing);
    let consent =
        ConfirmationArgs { reason: facing.reason.map(str::to_owned), ..args.confirmation.clone() };
    let permit = confirm::confirm(context, &consent, (jobs, first), &shown).await?;
    let author = context.author(args.confirmation.reason.as_deref());
    let mut record = match resumed {
        Some(record) => record.clone().resumed_by(author),
        None => operation(author, plan, &ground),
    };
    let journal = execute::journal(state.as_ref(), facing.journal_only, &record.operation)?;
    let at_once = facing.canary.is_none() && facing.throttle.is_free();
    let explicit = at_once && matches!(plan.target, Target::Ids(_)) && afresh;
    let agreed = execute::ApprovedWrite {
        permit,
        statements: statements::requeue(layout, &shape.over(facing.throttle.spread)),
        event: execute::event(&record.operation, &record.author, REQUEUED, None),
        work: WriteInput { jobs: &plan.ids, keys: None },
        all_or_nothing: explicit && !args.skip_ineligible && plan.ids.len() <= ONE_TRANSACTION,
        throttle: facing.throttle,
        lock_wait: args.confirmation.lock_wait,
        journal,
        flags: report::resume_flags(&facing, jobs),
    };
    let care = execute::ExecutionOptions {
        plan,
        columns: &shape,
        state: state.as_ref(),
        canary: facing.canary.as_ref(),
        batch_statements: &statements::requeue(layout, &shape),
        follow: args.follow_for(),
        resumed: resumed.is_some(),
    };
    let done = care.write(context, &mut record, agreed).await?;
    Ok(report::applied(&facing, &record.operation, &done))
}

/// The record of an operation that begins.
fn operation(author: Author, plan: &Plan, ground: &WritePreconditions) -> StoredOperation {
    StoredOperation {
        operation: execute::operation_id(ground, &plan.id),
        operation_type: OperationType::Requeue,
        plan: plan.id.clone(),
        database: plan.database.clone(),
        author,
        began: None,
        jobs: plan.ids.len() as u64,
        written: 0,
        finished: false,
        undoes_operation: None,
        flags: String::new(),
    }
}

/// Explicit ids are all or nothing: one that is not dead refuses the rest.
fn refuses(plan: &Plan) -> bool {
    matches!(plan.target, Target::Ids(_))
        && !plan.options.skip_ineligible
        && plan.excluded_for(PlanSkip::NotDead) + plan.excluded_for(PlanSkip::Missing) > 0
}
