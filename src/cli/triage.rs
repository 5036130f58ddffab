//! `triage`

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Judging;
use crate::settings::duration;

/// `triage`
#[derive(Debug, Args)]
pub struct Triage {
    /// Look again until the goal is reached, at most this long; ends at once on what waiting cannot change
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub wait: Option<Duration>,
    /// What to wait for
    #[arg(long = "for", value_name = "GOAL", default_value = "ok", requires = "wait")]
    pub goal: Goal,
    /// How to judge.
    #[command(flatten)]
    pub judging: Judging,
}

/// What `--wait` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// Everything is well
    Ok,
    /// Nothing is critical and nothing unknown; warnings do not fail then
    NotCritical,
}
