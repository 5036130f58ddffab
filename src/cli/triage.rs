//! The arguments of `triage`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use super::FailOnArgs;
use super::spec::Spec;
use crate::render::Format;
use crate::settings::duration;

pub(super) const TRIAGE: Spec = Spec::status(
    "triage",
    &[
        ("triage", "diagnose the default context"),
        ("-c prod triage --fail-on critical -o json", "gate a deployment"),
        ("triage --wait 5m --for not-critical", "wait after a restart"),
        ("triage --save seen.json", "save the results for a post-mortem"),
    ],
)
.in_several_contexts();

pub(super) const HANDOFF: Spec = Spec::listing(
    "handoff",
    &[
        ("-c prod handoff > handoff.md", "write the report to a file"),
        ("handoff -o json", "the same report for a script"),
    ],
)
.with_usual_format(Format::Markdown);

/// The arguments of `triage`.
#[derive(Debug, Args)]
pub struct Triage {
    /// Poll until the condition holds, at most this long; ends early if waiting cannot change the status
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) wait: Option<Duration>,
    /// Condition for --wait
    #[arg(long = "for", value_name = "CONDITION", default_value = "ok", requires = "wait")]
    pub(crate) goal: Goal,
    /// Save the results to a file, for --from; - writes them to stdout, and the report to stderr
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save: Option<PathBuf>,
    /// Evaluate saved results with the current thresholds, without connecting; - reads stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["wait", "save"])]
    pub(crate) from: Option<PathBuf>,
    /// In a checkout of the backend, also run pnpm test:core and check:env:template
    #[arg(long, conflicts_with = "from")]
    pub(crate) with_tests: bool,
    /// Timeout of each of these scripts
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "5m", requires = "with_tests")]
    pub(crate) tests_timeout: Duration,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}

/// The goal of `--wait`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Goal {
    /// All checks are OK
    Ok,
    /// No check is CRITICAL or UNKNOWN; warnings do not fail then
    NotCritical,
}
