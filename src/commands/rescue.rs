//! `jobs rescue`: finds stuck jobs, shows the plan, asks for the confirmation and unlocks them.

use std::time::Duration;

use crate::cli::JobsRescue;
use crate::commands::confirm;
use crate::context::Context;
use crate::error::Error;
use crate::report::{Report, rescue as report};
use crate::requeue::rescue::{Rescue, filter_by_ids, writable};
use crate::requeue::{execute, operation, protection};
use crate::sources::files::ids;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::preconditions;
use crate::sources::postgres::requeue::rescue::{self as stuck_jobs, RescueColumns};

/// The heartbeat timeout of the backend, the smallest value for `--stale`.
const MIN_STUCK_AFTER: Duration = Duration::from_secs(30);

/// Rescues stuck jobs, or with `--dry-run` reports the plan.
pub(crate) async fn run(context: &Context, args: &JobsRescue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let columns = RescueColumns::new(layout, context.claims().await?)?;
    let stuck_after = stuck_after(context, args)?;
    let written = columns.written_columns(layout);
    let stage = columns.event.as_ref();
    let preconditions =
        preconditions::read(database, layout, &written, stage, context.timeout()).await?;
    let unknown_guard = protection::compare_databases(context).await?;
    let protection = context.protection();
    let only = ids::read(&args.ids, None, layout.id)?;
    let stuck =
        stuck_jobs::read(database, layout, &columns, stuck_after, context.timeout()).await?;
    let stuck = if only.is_empty() { stuck } else { filter_by_ids(&only, stuck, stuck_after)? };
    let view = report::RescuePlanView {
        stuck: &stuck,
        only: &only,
        protected: protection.protected.as_deref(),
        stuck_after,
        from: context.provenance(),
        journal_only: columns.event.is_none(),
    };
    let to_rescue = writable(&stuck);
    if args.confirmation.dry_run || to_rescue.is_empty() {
        let obstacle = preconditions.obstacle.as_deref();
        return Ok(report::planned(&view, args.confirmation.dry_run, obstacle));
    }
    execute::refuse_if_not_writable(context, &preconditions, unknown_guard)?;
    let store = LocalStore::open(context.settings.state_dir.as_deref());
    let store = operation::open_local_store(store, view.journal_only)?;
    let total = to_rescue.len() as u64;
    let plan = report::document(&view);
    let permit = confirm::confirm(context, &args.confirmation, (total, None), &plan).await?;
    let rescue = Rescue {
        columns: &columns,
        jobs: &to_rescue,
        preconditions: &preconditions,
        reason: args.confirmation.reason.as_deref(),
        lock_wait: args.confirmation.lock_wait,
    };
    let (operation, outcome) = rescue.write(context, store.as_ref(), permit).await?;
    Ok(report::applied(&view, &operation, &outcome))
}

/// Returns the heartbeat age from which a job is stuck: `--stale`, otherwise the setting.
fn stuck_after(context: &Context, args: &JobsRescue) -> Result<Duration, Error> {
    let (name, stuck_after) = match args.stuck_after {
        Some(stuck_after) => ("--stale", stuck_after),
        None => {
            let setting = Duration::try_from_secs_f64(context.settings.thresholds.stuck_after)
                .map_err(|error| Error::config("stuck_after is no duration").cause(error))?;
            ("the setting stuck_after", setting)
        }
    };
    if stuck_after < MIN_STUCK_AFTER {
        let message =
            format!("{name}, {stuck_after:?}, would take jobs from workers that are alive");
        return Err(Error::usage(message)
            .hint("a worker beats every 5 s and has 30 s to do so: 30s is the least"));
    }
    Ok(stuck_after)
}
