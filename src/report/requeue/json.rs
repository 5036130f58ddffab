//! The JSON of `dlq requeue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::RequeuePlanView;
use super::plan::estimated_seconds;
use crate::facts::requeue::{Plan, PlanSkip};
use crate::report::canary::CanaryGroupJson;
use crate::report::follow::FollowJson;
use crate::report::write_outcome::{JobReasonJson, NAMED, OutcomeJson};

/// `data` of `dlq requeue`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RequeueJson {
    plan: String,
    /// Whether the plan can be applied by its id.
    stored: bool,
    /// Time of the plan by the database clock, RFC 3339 UTC.
    cutoff: String,
    matched: u64,
    eligible: u64,
    excluded: Vec<ExcludedJson>,
    groups: Vec<PlannedGroupJson>,
    samples: Vec<String>,
    /// Estimated duration of the writes in seconds.
    expected_duration: f64,
    /// Outcome of the writes; null if nothing was written.
    outcome: Option<OutcomeJson>,
    /// Results of the canary by group; null without a canary.
    pub(crate) canary: Option<Vec<CanaryGroupJson>>,
    /// Outcomes of the requeued jobs; null if they were not followed.
    pub(crate) followed: Option<FollowJson>,
}

/// Jobs that the plan skips for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExcludedJson {
    /// `missing`, `not_dead`, `repeat_offender`, `beyond_max`, `already_done` or `changed`.
    reason: &'static str,
    jobs: u64,
    /// Some of the jobs, with their current state.
    named: Vec<JobReasonJson>,
}

/// Jobs of one group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlannedGroupJson {
    group: String,
    kind: String,
    template: String,
    jobs: u64,
}

/// Returns the number of jobs that were requested but cannot be requeued: repeat failures, jobs that changed
/// since the plan, and ids that are not dead letters.
pub(crate) fn not_requeued(plan: &Plan) -> u64 {
    let reasons =
        [PlanSkip::RepeatFailure, PlanSkip::Changed, PlanSkip::Conflict, PlanSkip::Refused];
    let skipped: u64 = reasons.into_iter().map(|reason| plan.skipped_for(reason)).sum();
    // `--skip-ineligible` and a resumed operation accept ids that are not dead letters.
    if plan.options.skip_ineligible {
        return skipped;
    }
    skipped + plan.skipped_for(PlanSkip::NotDead) + plan.skipped_for(PlanSkip::Missing)
}

/// Builds the JSON of a plan and of its outcome.
pub(crate) fn data(view: &RequeuePlanView<'_>, outcome: Option<OutcomeJson>) -> RequeueJson {
    let plan = view.plan;
    let excluded = plan.skipped.iter().map(|(reason, n, jobs)| ExcludedJson {
        reason: reason.as_str(),
        jobs: *n,
        named: jobs
            .iter()
            .map(|job| JobReasonJson { id: job.id.to_string(), why: job.state.clone() })
            .collect(),
    });
    let groups = plan.groups.iter().take(NAMED).map(|group| PlannedGroupJson {
        group: group.group.clone(),
        kind: group.kind.clone(),
        template: group.cause.clone(),
        jobs: group.jobs,
    });
    RequeueJson {
        plan: plan.id.clone(),
        stored: view.stored,
        cutoff: plan.cutoff.to_string(),
        matched: plan.matched,
        eligible: plan.ids.len() as u64,
        excluded: excluded.collect(),
        groups: groups.collect(),
        samples: plan.samples.iter().map(|sample| sample.id.to_string()).collect(),
        expected_duration: estimated_seconds(view),
        outcome,
        canary: None,
        followed: None,
    }
}
