//! The arguments of `triage`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::FailOnArgs;
use crate::settings::duration;

/// The arguments of `triage`.
#[derive(Debug, Args)]
pub struct Triage {
    /// Look again until the goal is reached, at most this long; ends at once on what waiting cannot change
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) wait: Option<Duration>,
    /// What to wait for
    #[arg(long = "for", value_name = "GOAL", default_value = "ok", requires = "wait")]
    pub(crate) goal: Goal,
    /// Keep what was seen in a file, for --from
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save: Option<PathBuf>,
    /// Look at nothing: judge a saved triage again, with the limits of now
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["wait", "save"])]
    pub(crate) from: Option<PathBuf>,
    /// In a checkout of the backend, run its own checks first: pnpm test:core, check:env:template
    #[arg(long, conflicts_with = "from")]
    pub(crate) with_tests: bool,
    /// Longest time for each of them
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "5m", requires = "with_tests")]
    pub(crate) tests_timeout: Duration,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The goal of `--wait`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Goal {
    /// Every check is OK
    Ok,
    /// Nothing is critical and nothing unknown; warnings do not fail then
    NotCritical,
}
