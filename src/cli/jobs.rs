//! The arguments of the `jobs` commands.

use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::ConfirmationArgs;
use crate::facts::job::JobState;
use crate::settings::duration;

/// The `jobs` commands.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Show a job in full: errors, payload, timeline, and what its state means
    Show(JobsShow),
    /// List jobs of one state: those that wait, run, are stuck, finished, ...
    List(JobsList),
    /// Take jobs from silent workers: back to waiting, or dead after the last attempt
    Rescue(JobsRescue),
}

/// The arguments of `jobs show` and `dlq show`.
#[derive(Debug, Args)]
pub struct JobsShow {
    /// The job's id
    #[arg(allow_negative_numbers = true)]
    pub(crate) id: String,
}

/// The arguments of `jobs list`.
#[derive(Debug, Args)]
pub struct JobsList {
    /// What is going on with them
    #[arg(long, value_name = "STATE", default_value = "due", value_parser = job_state())]
    pub(crate) state: JobState,
    /// Only this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) limit: u32,
}

/// The arguments of `jobs rescue`.
#[derive(Debug, Args)]
pub struct JobsRescue {
    /// Only these jobs; one that is not in the hands of a silent worker refuses all
    #[arg(value_name = "ID", allow_negative_numbers = true)]
    pub(crate) ids: Vec<String>,
    /// Silent for longer than this [default: the setting stuck_after, 10m]
    #[arg(long = "stale", value_name = "TIME", value_parser = duration::parse)]
    pub(crate) stuck_after: Option<Duration>,
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
