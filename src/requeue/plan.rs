//! Makes a plan: what is meant, what of it may be written, frozen under an id.

use std::collections::HashSet;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{Plan, PlanOptions, Target};
use crate::sources::files::local_store::StoredPlan;
use crate::sources::postgres::requeue::operation_events::WritePreconditions;
use crate::sources::postgres::requeue::{plan_query, repeat_failures};

/// Hex digits of a plan's id.
const DIGITS: usize = 12;

/// Reads a target and freezes what it means.
pub async fn build_plan(
    context: &Context,
    target: Target,
    options: PlanOptions,
    ground: &WritePreconditions,
    done: &HashSet<JobId>,
) -> Result<Plan, Error> {
    let (database, layout) = (context.database().await?, context.layout().await?);
    let offenders = repeat_failures::read(database, layout, context.timeout()).await?;
    let judge = plan_query::PlanRules {
        layout,
        target: &target,
        options: &options,
        offenders: &offenders,
        done,
    };
    let found = plan_query::read(database, &judge, context.timeout()).await?;
    let place = context.database_name();
    Ok(Plan {
        id: id(&place, &target, ground.now, &found.ids),
        database: place,
        target,
        options,
        cutoff: ground.now,
        matched: found.matched,
        ids: found.ids,
        causes: found.causes,
        excluded: found.excluded,
        groups: found.groups,
        samples: found.samples,
        repeat_failures_examined: offenders.examined,
    })
}

/// A hash over database, target, cutoff and the frozen ids.
fn id(database: &str, target: &Target, cutoff: Timestamp, ids: &[JobId]) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{database}\n{cutoff}\n"));
    hash.update(serde_json::to_vec(target).unwrap_or_default());
    for id in ids {
        hash.update(format!("\n{id}"));
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("plan-{}", &digits[..DIGITS])
}

/// The plan as it is kept.
pub fn to_stored(plan: &Plan) -> StoredPlan {
    StoredPlan {
        plan: plan.id.clone(),
        database: plan.database.clone(),
        target: plan.target.clone(),
        options: plan.options.clone(),
        cutoff: plan.cutoff,
        ids: plan.ids.clone(),
    }
}

/// Refuses when a kept plan no longer says what its selection means; `flags` are those with which it
/// was to be applied.
pub fn refuse_if_changed(kept: &StoredPlan, now: &Plan, flags: &str) -> Result<(), Error> {
    let before: HashSet<_> = kept.ids.iter().collect();
    let after: HashSet<_> = now.ids.iter().collect();
    let (grown, gone) = (after.difference(&before).count(), before.difference(&after).count());
    if grown + gone == 0 {
        return Ok(());
    }
    // Of so many at most, the latest: newer deaths come before those that were planned.
    let most = kept.options.max.is_some();
    let gone_words =
        if most { "dead no longer, or not among the latest" } else { "no longer eligible" };
    Err(Error::refused(format!(
        "the selection changed since {}: {grown} new, {gone} {gone_words}; nothing was written",
        kept.plan
    ))
    .hint(format!(
        "cliplyctl dlq requeue --plan {} --frozen{flags}  applies what is left of the {} planned jobs; \
         with --dry-run it shows them",
        kept.plan,
        kept.ids.len()
    ))
    .hint("or make a new plan with --dry-run"))
}
