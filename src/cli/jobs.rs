//! `jobs …`

use std::time::Duration;

use clap::{Args, Subcommand};

use super::Consent;
use crate::settings::duration;

/// `jobs …`
#[derive(Debug, Subcommand)]
pub enum Jobs {
    /// Show a job in full: errors, payload, timeline, and what its state means
    Show(JobsShow),
    /// Take jobs from silent workers: back to waiting, or dead after the last attempt
    Rescue(JobsRescue),
}

/// `jobs show` and `dlq show`
#[derive(Debug, Args)]
pub struct JobsShow {
    /// The job's id
    #[arg(allow_negative_numbers = true)]
    pub id: String,
}

/// `jobs rescue`
#[derive(Debug, Args)]
pub struct JobsRescue {
    /// Only these jobs; one that is not in the hands of a silent worker refuses all
    #[arg(value_name = "ID", allow_negative_numbers = true)]
    pub ids: Vec<String>,
    /// Silent for longer than this [default: the setting stuck_after, 10m]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub stale: Option<Duration>,
    /// How to go on.
    #[command(flatten)]
    pub consent: Consent,
}
