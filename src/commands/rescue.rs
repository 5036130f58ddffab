//! `jobs rescue`: finds stuck jobs, shows the plan, asks for the confirmation and unlocks them, or ages their claims and
//! waits for the package that frees them.

use std::time::Duration;

use crate::cli::JobsRescue;
use crate::commands::confirm::{self, WriteAction};
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::facts::stuck_job::StuckRule;
use crate::interrupt::Interrupt;
use crate::queue::package::{RescueWrite, Rescuer};
use crate::report::rescuer::RescuerView;
use crate::report::{Report, rescue as report};
use crate::requeue::rescue::{Rescue, filter_by_ids, writable, written};
use crate::requeue::{operation, protection, rescuer};
use crate::sources::files::ids;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::preconditions;
use crate::sources::postgres::requeue::rescue::{self as stuck_jobs, RescueColumns};
use crate::text::format_duration;

/// The heartbeat timeout of the backend, the smallest value for `--stuck-after`.
const MIN_STUCK_AFTER: Duration = Duration::from_secs(30);
/// A package acts within its own interval and, with a delay, this much later.
const PACKAGE_DELAY: Duration = Duration::from_mins(1);

/// Rescues stuck jobs, or with `--dry-run` reports the plan.
pub(crate) async fn run(context: &Context, args: &JobsRescue) -> Result<Report, Error> {
    let (layout, database) = (context.layout().await?, context.database().await?);
    let mut columns = RescueColumns::new(layout, context.counting().await?)?;
    let package = layout.package().and_then(|package| package.rescue.as_ref());
    let freed_by = package.and_then(|rescue| rescue.rescuer.as_ref());
    let rule = stuck_rule(context, args, package)?;
    if let Some(age) = claim_age(args, package)? {
        columns.claim_age = age.as_secs();
    }
    let wait = wait(args, freed_by)?;
    let written_columns = columns.written_columns(layout);
    let stage = columns.event.as_ref();
    let preconditions =
        preconditions::read(database, layout, &written_columns, stage, context.timeout()).await?;
    let unknown_guard = protection::compare_databases(context).await?;
    confirm::check_guards(context, &args.confirmation, &preconditions, unknown_guard)?;
    let protection = context.protection();
    let only = prefix::jobs(context, layout, &args.ids).await?;
    let only = ids::read(&only, None, layout.id)?;
    let stuck = stuck_jobs::read(database, layout, &columns, rule, context.timeout()).await?;
    let stuck = if only.is_empty() { stuck } else { filter_by_ids(&only, stuck, rule)? };
    let view = report::RescuePlanView {
        stuck: &stuck,
        only: &only,
        flags: flags(args),
        protected: protection.protected.as_deref(),
        rule,
        from: context.provenance(),
        journal_only: columns.event.is_none(),
        notes: package.map(|rescue| rescue.notes.as_slice()).unwrap_or_default(),
        rescuer: freed_by.map(|rescuer| RescuerView {
            name: &rescuer.name,
            unless: &rescuer.unless,
            within: Duration::from_secs(rescuer.within.into()),
            claim_age: package
                .and_then(|rescue| rescue.after)
                .map(|_| Duration::from_secs(columns.claim_age)),
            wait,
        }),
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
    let aged = written(&to_rescue, &outcome);
    let followed = match freed_by {
        Some(_) if !aged.is_empty() => {
            Some(rescuer::wait(context, aged, &Interrupt::listen(), wait).await?)
        }
        _ => None,
    };
    Ok(report::applied(&view, &operation, &outcome, followed.as_ref()))
}

/// Returns which jobs are stuck: `--stuck-after`, otherwise the setting, or the time after which a package frees its
/// jobs itself if that is longer.
fn stuck_rule(
    context: &Context,
    args: &JobsRescue,
    package: Option<&RescueWrite>,
) -> Result<StuckRule, Error> {
    let (name, rule) = match args.stuck_after {
        Some(stuck_after) => ("--stuck-after", StuckRule::Age(stuck_after)),
        None => {
            let setting = Duration::try_from_secs_f64(context.settings.thresholds.stuck_after)
                .map_err(|error| Error::config("stuck_after is not a duration").cause(error))?;
            let rule = match package.map(|rescue| rescue.after) {
                Some(None) => StuckRule::OwnLimit(setting),
                Some(Some(own)) => StuckRule::Age(setting.max(Duration::from_secs(own.into()))),
                None => StuckRule::Age(setting),
            };
            ("the setting stuck_after", rule)
        }
    };
    if rule.after() < MIN_STUCK_AFTER {
        let age = format_duration(rule.after());
        return Err(Error::usage(format!("{name} {age} would rescue jobs of active workers"))
            .hint("use at least 30s: workers send a heartbeat every 5s"));
    }
    Ok(rule)
}

/// Returns `--claim-age`, if this package frees jobs by the age of their claim, and it is beyond the default limit.
fn claim_age(args: &JobsRescue, package: Option<&RescueWrite>) -> Result<Option<Duration>, Error> {
    let Some(age) = args.claim_age else { return Ok(None) };
    let limit = package.filter(|rescue| rescue.rescuer.is_some()).map(|rescue| rescue.after);
    match limit {
        None => Err(Error::usage(
            "--claim-age has no effect here: a rescue frees the jobs of this queue at once",
        )),
        Some(None) => Err(Error::usage(
            "--claim-age has no effect here: each job of this queue has its own limit",
        )),
        Some(Some(limit)) if age <= Duration::from_secs(limit.into()) => {
            let limit = format_duration(Duration::from_secs(limit.into()));
            Err(Error::usage(format!(
                "--claim-age {} is not beyond the default limit of the package, {limit}",
                format_duration(age)
            )))
        }
        Some(Some(_)) => Ok(Some(age)),
    }
}

/// Returns how long to wait for the package: `--wait`, otherwise a time in which it acts by default.
fn wait(args: &JobsRescue, freed_by: Option<&Rescuer>) -> Result<Duration, Error> {
    match (args.wait, freed_by) {
        (Some(_), None) => Err(Error::usage(
            "--wait has no effect here: a rescue frees the jobs of this queue at once",
        )),
        (Some(wait), Some(_)) => Ok(wait),
        (None, freed_by) => {
            let within = freed_by.map_or(0, |rescuer| rescuer.within);
            Ok(Duration::from_secs(within.into()) + PACKAGE_DELAY)
        }
    }
}

/// The flags that select the jobs and what is written, for the command that applies a preview.
fn flags(args: &JobsRescue) -> Vec<String> {
    let durations = [
        ("--stuck-after", args.stuck_after),
        ("--claim-age", args.claim_age),
        ("--wait", args.wait),
    ];
    let given = durations.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.flat_map(|(name, value)| [name.to_owned(), format_duration(value)]).collect()
}
