//! The scenarios of the demo.

use crate::facts::Suggestion;
use std::time::Duration;

/// A failure of simulated workers.
#[derive(Debug)]
pub(crate) struct SimulatedFailure {
    /// The kind of jobs that fail.
    pub(crate) kind: &'static str,
    /// The error message; `{clip}` is replaced by the number of the clip.
    pub(crate) message: &'static str,
    /// Whether only every second clip fails, so that a requeue succeeds in part.
    pub(crate) odd_clips_only: bool,
}

/// A scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// The name on the command line.
    pub(crate) name: &'static str,
    /// The description, in one line.
    pub(crate) about: &'static str,
    /// The SQL that fills the database through the tables of `backend/stage.sql`.
    pub(crate) data: &'static str,
    /// Whether the app answers.
    pub(crate) app_up: bool,
    /// Whether `.env.example` has drifted from the schema.
    pub(crate) drifted: bool,
    /// The names of the active workers.
    pub(crate) workers: &'static [&'static str],
    /// The failures of the workers.
    pub(crate) failures: &'static [SimulatedFailure],
    /// Whether workers leave the jobs that were due at the start until a fix is deployed, so that the incident
    /// looks the same for hours.
    pub(crate) keeps_backlog: bool,
    /// The interval at which new jobs arrive.
    pub(crate) new_job_every: Option<Duration>,
    /// The steps of the tour.
    pub(crate) tour: &'static [Suggestion],
}

const FFMPEG: SimulatedFailure = SimulatedFailure {
    kind: "CLIP_RENDER",
    message: "FFmpeg timed out after 300s while rendering clip {clip}",
    odd_clips_only: true,
};
const TIKTOK: SimulatedFailure = SimulatedFailure {
    kind: "PUBLISH_TIKTOK",
    message: "TikTok API 401: access token expired (log_id {clip})",
    odd_clips_only: false,
};

const HEALTHY: &str = include_str!("scenarios/healthy.sql");

/// Every scenario; the first is the default.
pub(crate) const SCENARIOS: [Scenario; 5] = [
    Scenario {
        name: "incident",
        about: "a bad deploy, an expired token, an unresponsive worker, a backlog, a wrong policy, an outdated template",
        data: include_str!("scenarios/incident.sql"),
        app_up: true,
        drifted: true,
        workers: &["worker-a", "worker-b"],
        failures: &[FFMPEG, TIKTOK],
        keeps_backlog: true,
        new_job_every: Some(Duration::from_secs(2)),
        tour: &[
            Suggestion::fixed("triage", "what is wrong, and which runbook section applies"),
            Suggestion::fixed("queue", "due, running and stuck jobs, workers, throughput"),
            Suggestion::fixed("jobs rescue --dry-run", "preview the rescue of the stuck jobs"),
            Suggestion::fixed("dlq groups", "dead letters by cause"),
            Suggestion::fixed(
                "dlq requeue --kind PUBLISH_TIKTOK --canary",
                "requeue 1 job first: it fails again, and the canary stops",
            ),
            Suggestion::without_target(
                "demo --fix PUBLISH_TIKTOK",
                "deploy the fix; workers also start to process the backlog",
            ),
            Suggestion::fixed(
                "dlq requeue --kind PUBLISH_TIKTOK --canary",
                "now the canary completes",
            ),
            Suggestion::fixed("rls audit", "a role with more access than expected"),
            Suggestion::fixed("env check", "a template without required variables"),
            Suggestion::fixed("watch", "dashboard (q quits)"),
        ],
    },
    Scenario {
        name: "healthy",
        about: "no problem: every status command exits 0",
        data: HEALTHY,
        app_up: true,
        drifted: false,
        workers: &["worker-a", "worker-b"],
        failures: &[],
        keeps_backlog: false,
        new_job_every: Some(Duration::from_secs(3)),
        tour: &[
            Suggestion::fixed("triage", "all checks pass"),
            Suggestion::fixed("queue", "a healthy queue"),
            Suggestion::fixed("ready --admin", "the report of the app"),
        ],
    },
    Scenario {
        name: "app-down",
        about: "the app does not answer, workers still run (3.1)",
        data: HEALTHY,
        app_up: false,
        drifted: false,
        workers: &["worker-a", "worker-b"],
        failures: &[],
        keeps_backlog: false,
        new_job_every: Some(Duration::from_secs(3)),
        tour: &[
            Suggestion::fixed("triage", "the app does not answer"),
            Suggestion::fixed("health", "the connection error"),
            Suggestion::fixed("runbook 3.1", "the runbook section"),
        ],
    },
    Scenario {
        name: "dead-letters",
        about: "an expired TikTok token causes dead letters; everything else is OK (3.4)",
        data: include_str!("scenarios/dead_letters.sql"),
        app_up: true,
        drifted: false,
        workers: &["worker-a", "worker-b"],
        failures: &[TIKTOK],
        keeps_backlog: false,
        new_job_every: Some(Duration::from_secs(3)),
        tour: &[
            Suggestion::fixed("triage", "dead letters grow, everything else is OK"),
            Suggestion::fixed("dlq groups", "dead letters by cause"),
            Suggestion::fixed(
                "dlq requeue --kind PUBLISH_TIKTOK --canary",
                "requeue 1 job first: it fails again",
            ),
            Suggestion::without_target("demo --fix PUBLISH_TIKTOK", "deploy the fix"),
            Suggestion::fixed(
                "dlq requeue --kind PUBLISH_TIKTOK --canary",
                "now the canary completes",
            ),
            Suggestion::fixed("runbook 3.4", "the runbook section"),
        ],
    },
    Scenario {
        name: "stuck-jobs",
        about: "the only worker stopped sending heartbeats; its jobs are stuck (3.3)",
        data: include_str!("scenarios/stuck_jobs.sql"),
        app_up: true,
        drifted: false,
        workers: &[],
        failures: &[],
        keeps_backlog: false,
        new_job_every: Some(Duration::from_secs(5)),
        tour: &[
            Suggestion::fixed("triage", "no worker is active"),
            Suggestion::fixed("queue", "stuck jobs and the last heartbeat"),
            Suggestion::fixed(
                "jobs show 00000000-0000-4000-8000-000000000021",
                "one stuck job with its events",
            ),
            Suggestion::fixed("jobs rescue --dry-run", "preview the rescue of the stuck jobs"),
        ],
    },
];

/// Returns the scenario of this name.
pub(crate) fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
