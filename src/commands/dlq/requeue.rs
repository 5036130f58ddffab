//! `dlq requeue`: plan, consent, guarded writes, account.

use std::collections::HashSet;

use super::{careful, filter, plan, write};
use crate::cli::DlqRequeue;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Exclusion, Options, Plan, Target};
use crate::report::{Report, requeue as report};
use crate::sources::ids;
use crate::sources::postgres::requeue::journal::Entry;
use crate::sources::postgres::requeue::lookup::{self, Ground};
use crate::sources::postgres::requeue::statements::{self, REQUEUED};
use crate::sources::postgres::requeue::{Shape, Work};
use crate::sources::state::{Deed, State, StoredOperation, StoredPlan};

/// Explicit ids up to this many are written in one transaction, or not at all.
const ONE_TRANSACTION: usize = 500;

/// What the command line asks for.
struct Request {
    target: Target,
    options: Options,
    kept: Option<StoredPlan>,
    resumed: Option<StoredOperation>,
    done: HashSet<JobId>,
}

/// Requeues, or shows what would be requeued.
pub async fn run(context: &Context, args: &DlqRequeue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let shape = Shape::of(layout)?;
    if args.care.spread.is_some() && layout.due.is_empty() {
        return Err(Error::usage("this database's jobs have no due time to spread")
            .hint("--rate requeues them one after the other"));
    }
    let state = State::open(context.settings.state_dir.as_deref());
    let ground = lookup::ground(database, layout, context.timeout()).await?;
    let request = request(context, args, state.as_ref(), &ground, &shape).await?;
    let Request { target, options, kept, resumed, done } = request;
    let plan = plan::make(context, target, options, &ground, &done).await?;
    if let (Some(kept), None, false) = (&kept, &resumed, args.frozen) {
        plan::compare(kept, &plan)?;
    }
    let mut facing = report::Facing {
        plan: &plan,
        from: context.provenance(),
        resumes: resumed.as_ref().map(|r| r.operation.clone()),
        // Without an event, others cannot see what was done.
        journal_only: shape.enqueued.is_none(),
        stored: false,
        canary: args.care.canary(),
        pace: args.care.pace(),
    };
    if refuses(&plan) {
        return Ok(report::refused(&facing));
    }
    facing.stored = match &state {
        Ok(state) => state.save_plan(&plan::stored(&plan)).is_ok(),
        Err(_) => false,
    };
    if args.consent.dry_run || plan.ids.is_empty() {
        return Ok(report::planned(&facing, args.consent.dry_run, ground.obstacle.as_deref()));
    }
    write::possible(context, &ground)?;
    let state = write::records(state, facing.journal_only)?;
    let jobs = plan.ids.len() as u64;
    let permit = write::consent(context, &args.consent, jobs, &report::document(&facing))?;
    let mut record = resumed.unwrap_or_else(|| StoredOperation {
        operation: write::operation_id(&ground, &plan.id),
        deed: Deed::Requeue,
        plan: plan.id.clone(),
        database: plan.database.clone(),
        author: context.author(args.consent.reason.as_deref()),
        jobs,
        done: 0,
        finished: false,
        undoes: None,
    });
    let journal = write::journal(state.as_ref(), facing.journal_only, &record.operation)?;
    let at_once = facing.canary.is_none() && facing.pace.is_free();
    let explicit = at_once && matches!(plan.target, Target::Ids(_)) && kept.is_none();
    let agreed = write::Agreed {
        permit,
        statements: statements::requeue(layout, &shape.over(facing.pace.spread)),
        event: write::event(&record.operation, &record.author, REQUEUED, None),
        work: Work { jobs: &plan.ids, keys: None },
        all_or_nothing: explicit && !args.skip_ineligible && plan.ids.len() <= ONE_TRANSACTION,
        pace: facing.pace,
        lock_wait: args.consent.lock_wait,
        journal,
    };
    let care = careful::Care {
        plan: &plan,
        shape: &shape,
        state: state.as_ref(),
        canary: facing.canary.as_ref(),
        steps: &statements::requeue(layout, &shape),
        follow: args.care.follow(),
        behind: ground.newest_event,
    };
    let done = care.write(context, &mut record, agreed).await?;
    Ok(report::applied(&facing, &record.operation, &done))
}

/// Explicit ids are all or nothing: one that is not dead refuses the rest.
fn refuses(plan: &Plan) -> bool {
    matches!(plan.target, Target::Ids(_))
        && !plan.options.skip_ineligible
        && plan.excluded_for(Exclusion::NotDead) + plan.excluded_for(Exclusion::Missing) > 0
}

async fn request(
    context: &Context,
    args: &DlqRequeue,
    state: Result<&State, &Error>,
    ground: &Ground,
    shape: &Shape,
) -> Result<Request, Error> {
    if let Some(operation) = &args.resume {
        let operation = super::operation(operation)?;
        let state = state.map_err(Clone::clone)?;
        let record = state.operation(&operation)?.ok_or_else(|| {
            Error::usage(format!("operation {operation} was not begun on this machine"))
                .hint("the same selection again requeues what is still dead")
        })?;
        return resume(context, state, record, shape).await;
    }
    if let Some(id) = &args.plan {
        let kept = state.map_err(Clone::clone)?.plan(id)?;
        here(context, &kept.database)?;
        let (target, options) = if args.frozen {
            let options = Options { skip_ineligible: true, ..kept.options.clone() };
            (Target::Ids(kept.ids.clone()), options)
        } else {
            (kept.target.clone(), kept.options.clone())
        };
        let done = HashSet::new();
        return Ok(Request { target, options, kept: Some(kept), resumed: None, done });
    }
    let target = target(context, args, ground).await?;
    if let (Target::Ids(_), Ok(state)) = (&target, state)
        && let Some(record) = interrupted(context, state, &target)
    {
        context.terminal.say(&format!("the same command was interrupted: {}", record.operation));
        return resume(context, state, record, shape).await;
    }
    let options = Options {
        max: args.max,
        include_repeat_offenders: args.include_repeat_offenders,
        skip_ineligible: args.skip_ineligible,
    };
    Ok(Request { target, options, kept: None, resumed: None, done: HashSet::new() })
}

async fn target(context: &Context, args: &DlqRequeue, ground: &Ground) -> Result<Target, Error> {
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
fn interrupted(context: &Context, state: &State, target: &Target) -> Option<StoredOperation> {
    let place = context.place();
    state.operations().into_iter().find(|record| {
        record.deed == Deed::Requeue
            && !record.finished
            && record.database == place
            && state.plan(&record.plan).is_ok_and(|plan| plan.target == *target)
    })
}

/// The frozen jobs of an operation, without those that it requeued already.
async fn resume(
    context: &Context,
    state: &State,
    record: StoredOperation,
    shape: &Shape,
) -> Result<Request, Error> {
    here(context, &record.database)?;
    let kept = state.plan(&record.plan)?;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let done = if shape.enqueued.is_some() {
        lookup::done(database, layout, &record.operation, context.timeout()).await?
    } else {
        let entries = state.journal_entries(&record.operation);
        committed(context, shape, entries).await?
    };
    let options = Options { skip_ineligible: true, max: None, ..kept.options.clone() };
    Ok(Request {
        target: Target::Ids(kept.ids.clone()),
        options,
        kept: Some(kept),
        resumed: Some(record),
        done,
    })
}

/// The jobs of a journal whose batch was committed: their rows are not what they were before.
async fn committed(
    context: &Context,
    shape: &Shape,
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
    let untouched = lookup::matching(database, &statements, &keys, context.timeout()).await?;
    let ids = entries.iter().filter(|entry| !untouched.contains(&entry.id));
    Ok(ids.filter_map(|entry| JobId::parse(&entry.id, layout.id)).collect())
}

/// A plan or operation belongs to one database.
pub(super) fn here(context: &Context, database: &str) -> Result<(), Error> {
    let place = context.place();
    if place == database {
        return Ok(());
    }
    Err(Error::refused(format!("it was made for {database}, and this is {place}")))
}
