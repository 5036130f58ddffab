//! The arguments of the `jobs` commands.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::filter::{TimeArg, parse_time};
use super::spec::Spec;
use super::{ConfirmationArgs, old_names};
use crate::facts::job::JobState;
use crate::settings::duration;

pub(super) const JOBS_LIST: Spec = Spec::listing(
    "jobs list",
    &[
        ("jobs list", "due jobs, longest due first"),
        ("jobs list --state stuck", "claimed jobs without a heartbeat"),
        ("jobs list --state failed --kind TRANSCRIBE --limit 100", "by state and kind"),
        ("jobs list --state finished --since 1h", "jobs that finished in the last hour"),
    ],
);

pub(super) const JOBS_SHOW: Spec = Spec::listing(
    "jobs show",
    &[
        ("jobs show 00000000-0000-4000-8000-000000000331", "state, timeline and errors"),
        ("jobs show 00000000-0000-4000-8000-000000000331 -o json", "the same for a script"),
    ],
);

pub(super) const JOBS_RESCUE: Spec = Spec::listing(
    "jobs rescue",
    &[
        ("jobs rescue --dry-run", "preview the rescue of all stuck jobs"),
        ("jobs rescue --reason \"worker-c was killed\"", "rescue all stuck jobs (asks first)"),
    ],
);

/// The `jobs` commands.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Show a job: what its state means, errors, payload and events
    Show(JobsShow),
    /// List jobs of one state: due, running, stuck, failed, ...
    List(JobsList),
    /// Rescue stuck jobs: requeue them, or dead-letter them after the last attempt
    Rescue(JobsRescue),
}

/// The arguments of `jobs show` and `dlq show`.
#[derive(Debug, Args)]
pub struct JobsShow {
    /// Id of the job, or a unique prefix
    #[arg(allow_negative_numbers = true)]
    pub(crate) id: String,
}

/// The arguments of `jobs list`.
#[derive(Debug, Args)]
pub struct JobsList {
    /// State of the jobs
    #[arg(long, value_name = "STATE", default_value = "due", value_parser = job_state())]
    pub(crate) state: JobState,
    /// Only this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only jobs of this workspace
    #[arg(long, value_name = "ID")]
    pub(crate) workspace: Option<String>,
    /// Only jobs changed since this duration ago (2h) or time (2026-01-31T04:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) since: Option<TimeArg>,
    /// Limit to N jobs
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) limit: u32,
}

/// The arguments of `jobs rescue`.
#[derive(Debug, Args)]
pub struct JobsRescue {
    /// Rescue only these jobs (ids or unique prefixes); refused if one of them is not stuck
    #[arg(value_name = "ID", allow_negative_numbers = true)]
    pub(crate) ids: Vec<String>,
    /// Heartbeat age from which a job is stuck [default: the setting stuck_after, 10m, or the limit of the queue package]
    #[arg(long, alias = old_names::of("stuck-after"), value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) stuck_after: Option<Duration>,
    /// Age that the claim gets, if the queue package frees jobs later than by default
    #[arg(long, value_name = "DURATION", value_parser = duration::parse_long)]
    pub(crate) claim_age: Option<Duration>,
    /// Wait at most this long for the queue package to free the jobs [default: depends on the package]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) wait: Option<Duration>,
    /// The confirmation.
    #[command(flatten)]
    pub(crate) confirmation: ConfirmationArgs,
}

/// Parses a job state.
fn job_state() -> impl TypedValueParser<Value = JobState> {
    let names = PossibleValuesParser::new(JobState::ALL.map(JobState::as_str));
    names.try_map(|name| {
        let state = JobState::ALL.into_iter().find(|state| state.as_str() == name);
        state.ok_or("no such state")
    })
}

impl JobsCommand {
    /// Returns the spec of the command.
    pub(super) fn spec(&self) -> &'static Spec {
        match self {
            Self::List(_) => &JOBS_LIST,
            Self::Show(_) => &JOBS_SHOW,
            Self::Rescue(_) => &JOBS_RESCUE,
        }
    }
}
