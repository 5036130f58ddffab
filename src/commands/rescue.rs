//! `jobs rescue`: finds stuck jobs, shows the plan, asks for the confirmation and unlocks them.

use std::time::Duration;

use super::dlq::confirm;
use crate::cli::JobsRescue;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationType, RESCUED};
use crate::facts::stuck_job::{RescueResult, StuckJob, StuckJobs};
use crate::facts::throttle::Throttle;
use crate::report::{Report, rescue as report};
use crate::requeue::execute;
use crate::sources::files::ids;
use crate::sources::files::local_store::{LocalStore, StoredOperation};
use crate::sources::postgres::requeue::rescue::{self, RescueColumns};
use crate::sources::postgres::requeue::{WriteInput, operation_events};
use crate::text;

/// The heartbeat timeout of the backend, the smallest value for `--stale`.
const MIN_STUCK_AFTER: Duration = Duration::from_secs(30);

/// Rescues stuck jobs, or with `--dry-run` reports the plan.
pub(crate) async fn run(context: &Context, args: &JobsRescue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let columns = RescueColumns::new(layout)?;
    let stuck_after = stuck_after(context, args)?;
    let preconditions =
        operation_events::preconditions(database, layout, context.timeout()).await?;
    let only = ids::read(&args.ids, None, layout.id)?;
    let stuck = rescue::read(database, layout, &columns, stuck_after, context.timeout()).await?;
    let stuck = if only.is_empty() { stuck } else { filter_by_ids(&only, stuck, stuck_after)? };
    let view = report::RescuePlanView {
        found: &stuck,
        only: &only,
        protected: context.settings.protected.as_deref(),
        stuck_after,
        from: context.provenance(),
        journal_only: columns.event.is_none(),
    };
    let to_rescue: Vec<&StuckJob> =
        stuck.jobs.iter().filter(|job| job.result != RescueResult::Skipped).collect();
    if args.confirmation.dry_run || to_rescue.is_empty() {
        let obstacle = preconditions.obstacle.as_deref();
        return Ok(report::planned(&view, args.confirmation.dry_run, obstacle));
    }
    execute::refuse_if_not_writable(context, &preconditions)?;
    let store = LocalStore::open(context.settings.state_dir.as_deref());
    let store = execute::open_local_store(store, view.journal_only)?;
    let jobs: Vec<_> = to_rescue.iter().map(|job| job.id).collect();
    let keys: Vec<_> = to_rescue.iter().map(|job| job.fence_key.clone()).collect();
    let total = jobs.len() as u64;
    let plan = report::document(&view);
    let permit = confirm::confirm(context, &args.confirmation, (total, None), &plan).await?;
    let mut record = StoredOperation {
        operation: execute::operation_id(&preconditions, "rescue"),
        operation_type: OperationType::Rescue,
        plan: String::new(),
        database: context.database_name(),
        author: context.author(args.confirmation.reason.as_deref()),
        began: None,
        jobs: total,
        written: 0,
        finished: false,
        undoes_operation: None,
        flags: String::new(),
    };
    let journal = execute::journal(store.as_ref(), view.journal_only, &record.operation)?;
    let write = execute::ApprovedWrite {
        permit,
        statements: rescue::statements(layout, &columns),
        event: execute::event(&record.operation, &record.author, RESCUED, None),
        input: WriteInput { jobs: &jobs, keys: Some(&keys) },
        all_or_nothing: false,
        throttle: Throttle::default(),
        lock_wait: args.confirmation.lock_wait,
        journal,
        flags: String::new(),
    };
    let outcome = execute::run(context, store.as_ref(), &mut record, write).await?;
    Ok(report::applied(&view, &record.operation, &outcome))
}

/// Returns only the stuck jobs with these ids. An id that is not stuck is refused.
fn filter_by_ids(
    only: &[JobId],
    stuck: StuckJobs,
    stuck_after: Duration,
) -> Result<StuckJobs, Error> {
    let jobs: Vec<_> = stuck.jobs.into_iter().filter(|job| only.contains(&job.id)).collect();
    if let Some(id) = only.iter().find(|id| jobs.iter().all(|job| job.id != **id)) {
        let age = text::format_duration(stuck_after);
        let message =
            format!("job {id} is in no worker's hands that is silent for more than {age}");
        return Err(Error::refused(message).hint(format!("see cliplyctl jobs show {id}")));
    }
    Ok(StuckJobs { jobs, without_heartbeat: 0, truncated: false })
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
