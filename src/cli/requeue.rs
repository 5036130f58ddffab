//! The commands that write, and the one that lists what was written.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::Filter;
use crate::settings::duration;

/// `dlq requeue`
#[derive(Debug, Args)]
pub struct DlqRequeue {
    /// These jobs: all of them or none
    #[arg(value_name = "ID", conflicts_with_all = ["all", "kind", "workspace", "error", "group", "since", "until"])]
    pub ids: Vec<String>,
    /// The ids in this file, one a line; - for stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["all", "kind", "workspace", "error", "group", "since", "until"])]
    pub ids_file: Option<String>,
    /// Which dead letters.
    #[command(flatten)]
    pub filter: Filter,
    /// Every dead letter: must be said where there is no filter
    #[arg(long)]
    pub all: bool,
    /// At most this many, the latest deaths first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max: Option<u64>,
    /// Apply this plan, exactly
    #[arg(long, value_name = "ID", conflicts_with_all = ["ids", "ids_file", "all", "max", "kind", "workspace", "error", "group", "since", "until", "dry_run", "resume"])]
    pub plan: Option<String>,
    /// Apply the plan's own jobs though the selection changed since
    #[arg(long, requires = "plan")]
    pub frozen: bool,
    /// Finish this operation; what it did is not done twice
    #[arg(long, value_name = "OP", conflicts_with_all = ["ids", "ids_file", "all", "max", "kind", "workspace", "error", "group", "since", "until"])]
    pub resume: Option<String>,
    /// Leave out ids that are not dead, instead of refusing all
    #[arg(long)]
    pub skip_ineligible: bool,
    /// Requeue even jobs that were requeued twice and died of the same again
    #[arg(long)]
    pub include_repeat_offenders: bool,
    /// How to go on.
    #[command(flatten)]
    pub consent: Consent,
}

/// `dlq undo`
#[derive(Debug, Args)]
pub struct DlqUndo {
    /// The operation, as `dlq ops` names it
    #[arg(value_name = "OP")]
    pub operation: String,
    /// How to go on.
    #[command(flatten)]
    pub consent: Consent,
}

/// How a write is agreed to.
#[derive(Debug, Args)]
#[command(next_help_heading = "Consent")]
pub struct Consent {
    /// Show the plan and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Go on without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Name the protected context that is written to
    #[arg(long, value_name = "CONTEXT")]
    pub confirm: Option<String>,
    /// Why; recorded, and required in protected contexts and above 50 jobs
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How long a row that others hold is retried
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    pub lock_wait: Duration,
}

/// `dlq ops`
#[derive(Debug, Args)]
pub struct DlqOps {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
}
