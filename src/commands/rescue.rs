//! `jobs rescue`: evidence, plan, consent, fenced writes, account.

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

/// Silence after which the backend itself takes a worker for gone.
const LEAST: Duration = Duration::from_secs(30);

/// Rescues, or shows what would be rescued.
pub async fn run(context: &Context, args: &JobsRescue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let words = RescueColumns::new(layout)?;
    let stale = stuck_after(context, args)?;
    let ground = operation_events::preconditions(database, layout, context.timeout()).await?;
    let only = ids::read(&args.ids, None, layout.id)?;
    let found = rescue::read(database, layout, &words, stale, context.timeout()).await?;
    let found = if only.is_empty() { found } else { filter_by_ids(&only, found, stale)? };
    let facing = report::RescuePlanView {
        found: &found,
        only: &only,
        protected: context.settings.protected.as_deref(),
        stuck_after: stale,
        from: context.provenance(),
        journal_only: words.event.is_none(),
    };
    let meant: Vec<&StuckJob> =
        found.jobs.iter().filter(|job| job.result != RescueResult::Skipped).collect();
    if args.confirmation.dry_run || meant.is_empty() {
        return Ok(report::planned(&facing, args.confirmation.dry_run, ground.obstacle.as_deref()));
    }
    execute::refuse_if_not_writable(context, &ground)?;
    let state = LocalStore::open(context.settings.state_dir.as_deref());
    let state = execute::open_local_store(state, facing.journal_only)?;
    let jobs: Vec<_> = meant.iter().map(|job| job.id).collect();
    let keys: Vec<_> = meant.iter().map(|job| job.fence_key.clone()).collect();
    let total = jobs.len() as u64;
    let plan = report::document(&facing);
    let permit = confirm::confirm(context, &args.confirmation, (total, None), &plan).await?;
    let mut record = StoredOperation {
        operation: execute::operation_id(&ground, "rescue"),
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
    let journal = execute::journal(state.as_ref(), facing.journal_only, &record.operation)?;
    let agreed = execute::ApprovedWrite {
        permit,
        statements: rescue::statements(layout, &words),
        event: execute::event(&record.operation, &record.author, RESCUED, None),
        work: WriteInput { jobs: &jobs, keys: Some(&keys) },
        all_or_nothing: false,
        throttle: Throttle::default(),
        lock_wait: args.confirmation.lock_wait,
        journal,
        flags: String::new(),
    };
    let outcome = execute::run(context, state.as_ref(), &mut record, agreed).await?;
    Ok(report::applied(&facing, &record.operation, &outcome))
}

/// These of the silent jobs.
fn filter_by_ids(only: &[JobId], found: StuckJobs, stale: Duration) -> Result<StuckJobs, Error> {
    let jobs: Vec<_> = found.jobs.into_iter().filter(|job| only.contains(&job.id)).collect();
    if let Some(id) = only.iter().find(|id| jobs.iter().all(|job| job.id != **id)) {
        let silence = text::format_duration(stale);
        let message =
            format!("job {id} is in no worker's hands that is silent for more than {silence}");
        return Err(Error::refused(message).hint(format!("see cliplyctl jobs show {id}")));
    }
    Ok(StuckJobs { jobs, without_heartbeat: 0, truncated: false })
}

/// From which silence on a job is meant: `--stale`, else the setting.
fn stuck_after(context: &Context, args: &JobsRescue) -> Result<Duration, Error> {
    let (name, stale) = match args.stuck_after {
        Some(stale) => ("--stale", stale),
        None => {
            let setting = Duration::try_from_secs_f64(context.settings.limits.stuck_after)
                .map_err(|error| Error::config("stuck_after is no duration").cause(error))?;
            ("the setting stuck_after", setting)
        }
    };
    if stale < LEAST {
        let message = format!("{name}, {stale:?}, would take jobs from workers that are alive");
        return Err(Error::usage(message)
            .hint("a worker beats every 5 s and has 30 s to do so: 30s is the least"));
    }
    Ok(stale)
}
