//! Plan and account for machines.

use schemars::JsonSchema;
use serde::Serialize;

use super::RequeuePlanView;
use super::plan::expected;
use crate::facts::requeue::{Plan, PlanSkip};
use crate::report::canary::LaneJson;
use crate::report::follow::FollowJson;
use crate::report::write_outcome::{NAMED, NamedJson, OutcomeJson};

/// `data` of `dlq requeue`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequeueJson {
    plan: String,
    /// Where the plan may be applied by its id.
    stored: bool,
    /// The server's clock when the plan was made, RFC 3339 UTC.
    cutoff: String,
    matched: u64,
    eligible: u64,
    excluded: Vec<ExcludedJson>,
    groups: Vec<GroupJson>,
    samples: Vec<String>,
    /// Seconds.
    expected_duration: f64,
    /// Null where nothing was written.
    outcome: Option<OutcomeJson>,
    /// How far each group came; null without a canary.
    pub(crate) canary: Option<Vec<LaneJson>>,
    /// What became of the jobs; null where they were not followed.
    pub(crate) followed: Option<FollowJson>,
}

/// Jobs that are not part of the plan.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExcludedJson {
    /// `missing`, `not_dead`, `repeat_offender`, `beyond_max` or `already_done`.
    reason: &'static str,
    jobs: u64,
    /// Some of them, with their present state.
    named: Vec<NamedJson>,
}

/// Jobs of one cause.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GroupJson {
    group: String,
    kind: String,
    template: String,
    jobs: u64,
}

/// What was meant and not requeued: repeat offenders, and ids that are not dead.
pub(crate) fn not_requeued(plan: &Plan) -> u64 {
    let offenders = plan.excluded_for(PlanSkip::RepeatFailure);
    // Whoever says so does not want the others: --skip-ineligible, or an operation that goes on.
    if plan.options.skip_ineligible {
        return offenders;
    }
    offenders + plan.excluded_for(PlanSkip::NotDead) + plan.excluded_for(PlanSkip::Missing)
}

/// The answer for machines.
pub(crate) fn data(facing: &RequeuePlanView<'_>, outcome: Option<OutcomeJson>) -> RequeueJson {
    let plan = facing.plan;
    let excluded = plan.excluded.iter().map(|(reason, n, jobs)| ExcludedJson {
        reason: reason.as_str(),
        jobs: *n,
        named: jobs
            .iter()
            .map(|job| NamedJson { id: job.id.to_string(), why: job.state.clone() })
            .collect(),
    });
    let groups = plan.groups.iter().take(NAMED).map(|group| GroupJson {
        group: group.group.clone(),
        kind: group.kind.clone(),
        template: group.cause.clone(),
        jobs: group.jobs,
    });
    RequeueJson {
        plan: plan.id.clone(),
        stored: facing.stored,
        cutoff: plan.cutoff.to_string(),
        matched: plan.matched,
        eligible: plan.ids.len() as u64,
        excluded: excluded.collect(),
        groups: groups.collect(),
        samples: plan.samples.iter().map(|sample| sample.id.to_string()).collect(),
        expected_duration: expected(facing),
        outcome,
        canary: None,
        followed: None,
    }
}
