//! The JSON of `dlq requeue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::RequeuePlanView;
use super::plan::estimated_seconds;
use crate::facts::requeue::{Plan, PlanSkip, PlannedGroup};
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
    skipped: Vec<SkippedJson>,
    /// Jobs that will wait although they are due, by the reason.
    held_up: Vec<HeldUpJson>,
    groups: Vec<PlannedGroupJson>,
    samples: Vec<String>,
    /// Estimated duration of the writes.
    estimated_seconds: f64,
    /// Estimated time until workers reach the first batch of a canary; null without one, or if unknown.
    first_batch_seconds: Option<f64>,
    /// Timeout of a batch of the canary; null without one.
    batch_timeout_seconds: Option<f64>,
    /// Outcome of the writes; null if nothing was written.
    outcome: Option<OutcomeJson>,
    /// Results of the canary by group; null without a canary.
    pub(crate) canary: Option<Vec<CanaryGroupJson>>,
    /// Outcomes of the requeued jobs; null if they were not followed.
    pub(crate) followed: Option<FollowJson>,
}

/// Jobs that the plan skips for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SkippedJson {
    /// `missing`, `not_dead`, `repeat_failure`, `beyond_max`, `requeued_before`, `changed`,
    /// `conflict` or `refused`.
    reason: &'static str,
    jobs: u64,
    /// Some of the jobs, with their current state.
    named: Vec<JobReasonJson>,
}

/// Jobs that will wait for one reason.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HeldUpJson {
    reason: String,
    jobs: u64,
}

/// Jobs of one group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlannedGroupJson {
    group: String,
    kind: String,
    cause: String,
    jobs: u64,
    /// Number of dead letters that the group gained in the last 15 minutes, in the plan or not; null if it is not
    /// known.
    dead_lettered_last_15m: Option<u64>,
    /// Age of the last of them; null if there is none.
    last_dead_lettered_age_seconds: Option<f64>,
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
    let skipped = plan.skipped.iter().map(|(reason, n, jobs)| SkippedJson {
        reason: reason.as_str(),
        jobs: *n,
        named: jobs
            .iter()
            .map(|job| JobReasonJson { id: job.id.to_string(), reason: job.state.clone() })
            .collect(),
    });
    let held_up = plan.held_up.iter().take(NAMED);
    let held_up = held_up.map(|(reason, jobs)| HeldUpJson { reason: reason.clone(), jobs: *jobs });
    let wait = view.backlog.and_then(|backlog| backlog.wait());
    RequeueJson {
        plan: plan.id.clone(),
        stored: view.stored,
        cutoff: plan.cutoff.to_string(),
        matched: plan.matched,
        eligible: plan.ids.len() as u64,
        skipped: skipped.collect(),
        held_up: held_up.collect(),
        groups: plan.groups.iter().take(NAMED).map(|group| group_json(plan, group)).collect(),
        samples: plan.samples.iter().map(|sample| sample.id.to_string()).collect(),
        estimated_seconds: estimated_seconds(view),
        first_batch_seconds: wait.map(|wait| wait.as_secs_f64().round()),
        batch_timeout_seconds: view.canary.as_ref().map(|canary| canary.timeout.as_secs_f64()),
        outcome,
        canary: None,
        followed: None,
    }
}

fn group_json(plan: &Plan, group: &PlannedGroup) -> PlannedGroupJson {
    PlannedGroupJson {
        group: group.group.clone(),
        kind: group.kind.clone(),
        cause: group.cause.clone(),
        jobs: group.jobs,
        dead_lettered_last_15m: plan.recent_jobs(group),
        last_dead_lettered_age_seconds: group.recent.map(|recent| recent.last_age.round()),
    }
}
