//! The scenarios of the demo.

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
    /// The commands of the tour, with their purposes. Those that begin with `demo` run without a context.
    pub(crate) tour: &'static [(&'static str, &'static str)],
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
            ("triage", "what is wrong, and which runbook section applies"),
            ("queue", "due, running and stuck jobs, workers, throughput"),
            ("jobs rescue --dry-run", "preview the rescue of the stuck jobs"),
            ("dlq groups", "dead letters by cause"),
            (
                "dlq requeue --kind PUBLISH_TIKTOK --canary",
                "requeue 1 job first: it fails again, and the canary stops",
            ),
            (
                "demo --fix PUBLISH_TIKTOK",
                "deploy the fix; workers also start to process the backlog",
            ),
            ("dlq requeue --kind PUBLISH_TIKTOK --canary", "now the canary completes"),
            ("rls audit", "a role with more access than expected"),
            ("env check", "a template without required variables"),
            ("watch", "dashboard (q quits)"),
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
            ("triage", "all checks pass"),
            ("queue", "a healthy queue"),
            ("ready --admin", "the report of the app"),
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
            ("triage", "the app does not answer"),
            ("health", "the connection error"),
            ("runbook 3.1", "the runbook section"),
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
            ("triage", "dead letters grow, everything else is OK"),
            ("dlq groups", "dead letters by cause"),
            ("dlq requeue --kind PUBLISH_TIKTOK --canary", "requeue 1 job first: it fails again"),
            ("demo --fix PUBLISH_TIKTOK", "deploy the fix"),
            ("dlq requeue --kind PUBLISH_TIKTOK --canary", "now the canary completes"),
            ("runbook 3.4", "the runbook section"),
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
            ("triage", "no worker is active"),
            ("queue", "stuck jobs and the last heartbeat"),
            ("jobs show 00000000-0000-4000-8000-000000000021", "one stuck job with its events"),
            ("jobs rescue --dry-run", "preview the rescue of the stuck jobs"),
        ],
    },
];

/// Returns the scenario of this name.
pub(crate) fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.name == name)
}
