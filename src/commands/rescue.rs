//! `jobs rescue`: finds stuck jobs, shows the plan, asks for the confirmation and unlocks them.

use std::time::Duration;

use crate::cli::JobsRescue;
use crate::commands::confirm::{self, WriteAction};
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::queue::package::RescueWrite;
use crate::report::{Report, rescue as report};
use crate::requeue::rescue::{Rescue, filter_by_ids, writable};
use crate::requeue::{operation, protection};
use crate::sources::files::ids;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::preconditions;
use crate::sources::postgres::requeue::rescue::{self as stuck_jobs, RescueColumns};

/// The heartbeat timeout of the backend, the smallest value for `--stuck-after`.
const MIN_STUCK_AFTER: Duration = Duration::from_secs(30);

/// Rescues stuck jobs, or with `--dry-run` reports the plan.
pub(crate) async fn run(context: &Context, args: &JobsRescue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let columns = RescueColumns::new(layout, context.claims().await?)?;
    let package = layout.package().and_then(|package| package.rescue.as_ref());
    let stuck_after = stuck_after(context, args, package)?;
    let written = columns.written_columns(layout);
    let stage = columns.event.as_ref();
    let preconditions =
        preconditions::read(database, layout, &written, stage, context.timeout()).await?;
    let unknown_guard = protection::compare_databases(context).await?;
    confirm::check_guards(context, &args.confirmation, &preconditions, unknown_guard)?;
    let protection = context.protection();
    let only = prefix::jobs(context, layout, &args.ids).await?;
    let only = ids::read(&only, None, layout.id)?;
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
        notes: package.map(|rescue| rescue.notes.as_slice()).unwrap_or_default(),
    };
    let to_rescue = writable(&stuck);
    if args.confirmation.dry_run || to_rescue.is_empty() {
        let obstacle = preconditions.obstacle.as_deref();
        return Ok(report::planned(&view, args.confirmation.dry_run, obstacle));
    }
    let store = LocalStore::open(context.settings.state_dir.as_deref());
    let store = operation::open_local_store(store, view.journal_only)?;
    let total = to_rescue.len() as u64;
    let plan = report::document(&view);
    let action = (WriteAction::Rescue, total);
    let confirmed = confirm::confirm(context, &args.confirmation, action, &plan).await?;
    let rescue = Rescue {
        columns: &columns,
        jobs: &to_rescue,
        preconditions: &preconditions,
        reason: confirmed.reason.as_deref(),
        lock_wait: args.confirmation.lock_wait,
    };
    let (operation, outcome) = rescue.write(context, store.as_ref(), confirmed.permit).await?;
    Ok(report::applied(&view, &operation, &outcome))
}

/// Returns the heartbeat age from which a job is stuck: `--stuck-after`, otherwise the setting, or the time after which
/// a package unlocks its jobs itself if that is longer.
fn stuck_after(
    context: &Context,
    args: &JobsRescue,
    package: Option<&RescueWrite>,
) -> Result<Duration, Error> {
    let (name, stuck_after) = match args.stuck_after {
        Some(stuck_after) => ("--stuck-after", stuck_after),
        None => {
            let setting = Duration::try_from_secs_f64(context.settings.thresholds.stuck_after)
                .map_err(|error| Error::config("stuck_after is not a duration").cause(error))?;
            let own = package.map(|rescue| Duration::from_secs(rescue.after.into()));
            ("the setting stuck_after", setting.max(own.unwrap_or_default()))
        }
    };
    if stuck_after < MIN_STUCK_AFTER {
        let age = crate::text::format_duration(stuck_after);
        return Err(Error::usage(format!("{name} {age} would rescue jobs of active workers"))
            .hint("use at least 30s: workers send a heartbeat every 5s"));
    }
    Ok(stuck_after)
}
