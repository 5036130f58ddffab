//! Builds a plan: the jobs of a target that may be requeued, frozen under a plan id.

use std::collections::HashSet;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Plan, PlanOptions, PlanSkip, Target};
use crate::sources::files::local_store::StoredPlan;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;
use crate::sources::postgres::requeue::{RequeueColumns, plan_query, repeat_failures, unique};
use crate::suggest::ShellCommand;
use crate::text::plural;

/// Hex digits of a plan id.
const ID_DIGITS: usize = 12;

/// What a plan is built from.
pub(crate) struct PlanRequest<'a> {
    /// The selected jobs.
    pub(crate) target: Target,
    /// The settings of the plan.
    pub(crate) options: PlanOptions,
    /// The jobs that the resumed operation requeued before.
    pub(crate) requeued: &'a HashSet<JobId>,
    /// The columns that a requeue writes.
    pub(crate) columns: &'a RequeueColumns,
    /// The plan that is applied or resumed; its jobs must be unchanged.
    pub(crate) stored: Option<&'a StoredPlan>,
}

/// Reads the jobs of a target and freezes those that may be requeued.
pub(crate) async fn build_plan(
    context: &Context,
    request: PlanRequest<'_>,
    preconditions: &WritePreconditions,
) -> Result<Plan, Error> {
    let PlanRequest { target, options, requeued, columns, stored } = request;
    let (database, layout) = (context.database().await?, context.layout().await?);
    let repeat_failures = repeat_failures::read(database, layout, context.timeout()).await?;
    let planned_marks = stored.map(StoredPlan::marks_by_job).unwrap_or_default();
    let rules = plan_query::PlanRules {
        layout,
        target: &target,
        options: &options,
        repeat_failures: &repeat_failures,
        requeued,
        columns,
        traits: &preconditions.traits,
        planned_marks: &planned_marks,
    };
    let unique = match layout.package() {
        Some(_) => unique::read(database, layout, context.timeout()).await?,
        None => vec![],
    };
    let rows = plan_query::read(database, &rules, &unique, context.timeout()).await?;
    let jobs_table = super::operation::jobs_table(context).await?;
    Ok(Plan {
        id: plan_id(&jobs_table.database, &target, preconditions.now, &rows.ids),
        jobs_table,
        target,
        options,
        cutoff: preconditions.now,
        matched: rows.matched,
        ids: rows.ids,
        marks: rows.marks,
        places: rows.places,
        group_of_job: rows.causes,
        skipped: rows.excluded,
        groups: rows.groups,
        samples: rows.samples,
        repeat_failures_incomplete: repeat_failures.incomplete,
        recent_unknown: None,
        first_deletion: rows.first_deletion,
        held_up: rows.held_up,
    })
}

/// Returns `plan-` and a hash over the database, the target, the cutoff and the job ids.
fn plan_id(database: &str, target: &Target, cutoff: Timestamp, ids: &[JobId]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{database}\n{cutoff}\n"));
    hash.update(serde_json::to_vec(target).unwrap_or_default());
    for id in ids {
        hash.update(format!("\n{id}"));
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("plan-{}", &digits[..ID_DIGITS])
}

/// Returns the plan as it is stored on this machine.
pub(crate) fn to_stored(plan: &Plan) -> StoredPlan {
    StoredPlan {
        plan: plan.id.clone(),
        jobs_table: plan.jobs_table.clone(),
        target: plan.target.clone(),
        options: plan.options.clone(),
        cutoff: plan.cutoff,
        ids: plan.ids.clone(),
        marks: plan.marks.clone(),
    }
}

/// Refuses to apply a stored plan if its target selects other jobs now, which are those of `current`.
/// `flags` are repeated in the suggested command.
pub(crate) fn refuse_if_changed(
    stored: &StoredPlan,
    current: &Plan,
    flags: &[String],
) -> Result<(), Error> {
    let before: HashSet<_> = stored.ids.iter().collect();
    // A job that changed is still selected; it is skipped and named.
    let changed = current.skipped.iter().filter(|(reason, ..)| *reason == PlanSkip::Changed);
    let changed = changed.flat_map(|(.., jobs)| jobs.iter().map(|job| &job.id));
    let after: HashSet<_> = current.ids.iter().chain(changed).collect();
    let (added, removed) = (after.difference(&before).count(), before.difference(&after).count());
    if added + removed == 0 {
        return Ok(());
    }
    // With `--max`, newer dead letters replace planned ones that are still dead.
    let reason = match stored.options.max {
        Some(_) => " or no longer among the newest",
        None => "",
    };
    let is = |removed| {
        plural(removed, "job is no longer a dead letter", "jobs are no longer dead letters")
    };
    let counts = [
        (removed, is(removed as u64) + reason),
        (added, plural(added as u64, "new job matches", "new jobs match") + " its filter"),
    ];
    let counts: Vec<_> = counts.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    let apply = ShellCommand::new("dlq requeue --plan")
        .arg(&stored.plan)
        .arg("--ignore-changes")
        .args(flags);
    Err(Error::refused(format!(
        "{} is out of date: {}; nothing was written",
        stored.plan,
        counts.join(", ")
    ))
    .hint(format!(
        "requeue those of its {} that are unchanged: {apply}",
        plural(stored.ids.len() as u64, "job", "jobs")
    ))
    .hint("or make a new plan with --dry-run"))
}
