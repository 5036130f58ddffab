//! The arguments of `dlq requeue`, `dlq follow`, `dlq undo` and `dlq ops`.

use std::time::Duration;

use clap::{Args, Parser, ValueHint};

use super::{FilterArgs, old_names};
use crate::facts::canary::{BatchSizes, Canary, ResumeOptions};
use crate::facts::throttle::Throttle;
use crate::settings::duration;

/// The arguments of `dlq requeue`.
#[derive(Debug, Clone, Args)]
pub struct DlqRequeue {
    /// Requeue these jobs (ids or unique prefixes): all of them or none
    #[arg(value_name = "ID", conflicts_with_all = ["all", "FilterArgs"])]
    pub(crate) ids: Vec<String>,
    /// Read job ids from this file, one per line; - for stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["all", "FilterArgs"])]
    pub(crate) ids_file: Option<String>,
    /// The filters.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Select every dead letter; required without a filter
    #[arg(long)]
    pub(crate) all: bool,
    /// Limit to N jobs, most recently dead-lettered first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,
    /// Apply a plan of an earlier --dry-run, if its jobs are unchanged
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["ids", "ids_file", "all", "max", "FilterArgs", "resume"])]
    pub(crate) plan: Option<String>,
    /// Apply the plan although other jobs match its filter now
    #[arg(long, alias = old_names::of("ignore-changes"), requires = "plan")]
    pub(crate) ignore_changes: bool,
    /// Resume an interrupted requeue with its canary and rate limit
    #[arg(long, value_name = "OPERATION", conflicts_with_all = ["ids", "ids_file", "all", "max", "FilterArgs"])]
    pub(crate) resume: Option<String>,
    /// Skip ids that are not dead letters, instead of refusing all
    #[arg(long)]
    pub(crate) skip_ineligible: bool,
    /// Include jobs that failed again after two requeues
    #[arg(long, alias = old_names::of("include-repeat-failures"))]
    pub(crate) include_repeat_failures: bool,
    /// The batches of a canary.
    #[command(flatten)]
    pub(crate) canary: CanaryArgs,
    /// The rate limit.
    #[command(flatten)]
    pub(crate) throttle: ThrottleArgs,
    /// Follow the jobs until they have finished or failed again
    #[arg(long, help_heading = "Canary and rate")]
    pub(crate) follow: bool,
    /// Follow for at most this long [default: 30m, plus --spread]
    #[arg(long, value_name = "DURATION", requires = "follow", value_parser = duration::parse, help_heading = "Canary and rate")]
    pub(crate) wait: Option<Duration>,
    /// The confirmation.
    #[command(flatten)]
    pub(crate) confirmation: ConfirmationArgs,
}

impl DlqRequeue {
    /// Whether the flags request a canary or limit the rate.
    pub(crate) fn has_own_options(&self) -> bool {
        self.throttle.to_throttle() != Throttle::default() || self.canary.to_canary().is_some()
    }

    /// Returns these arguments with the options that an operation was started with.
    #[must_use]
    pub(crate) fn with_options(&self, options: ResumeOptions) -> Self {
        let Throttle { rate, spread, pause_above } = options.throttle;
        let canary = options.canary.map_or_else(CanaryArgs::none, CanaryArgs::from);
        Self { canary, throttle: ThrottleArgs { rate, spread, pause_above }, ..self.clone() }
    }

    /// Parses the flags in a record of format 1; `None` if they are not valid.
    pub(crate) fn options_of_flags(flags: &[String]) -> Option<ResumeOptions> {
        let StoredFlags { canary, throttle, .. } = StoredFlags::try_parse_from(flags).ok()?;
        Some(ResumeOptions { canary: canary.to_canary(), throttle: throttle.to_throttle() })
    }

    /// Returns how long to follow; `None` without `--follow`. A spread is added to the default.
    pub(crate) fn follow_for(&self) -> Option<Duration> {
        let spread = self.throttle.spread.unwrap_or_default();
        self.follow.then(|| self.wait.unwrap_or(Duration::from_mins(30) + spread))
    }
}

/// The batches of a canary. Each of the flags requests a canary.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Canary and rate")]
pub(crate) struct CanaryArgs {
    /// Requeue 1 job per group first; stop if a batch fails again
    #[arg(long)]
    pub(crate) canary: bool,
    /// Batch sizes of the canary [default: 1,5,25,all]
    #[arg(long = "ramp", value_name = "SIZES")]
    pub(crate) batch_sizes: Option<BatchSizes>,
    /// Timeout of a batch [default: 5m, longer behind a backlog]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) canary_timeout: Option<Duration>,
    /// Stop if more than this share of a batch fails [default: 20%]
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) stop_at: Option<u8>,
}

impl CanaryArgs {
    /// The arguments without a canary.
    fn none() -> Self {
        Self { canary: false, batch_sizes: None, canary_timeout: None, stop_at: None }
    }

    /// Returns the canary that these flags request; `None` without any of them.
    pub(crate) fn to_canary(&self) -> Option<Canary> {
        let requested = self.canary
            || self.batch_sizes.is_some()
            || self.canary_timeout.is_some()
            || self.stop_at.is_some();
        let default = Canary::default();
        requested.then(|| Canary {
            batch_sizes: self.batch_sizes.clone().unwrap_or(default.batch_sizes),
            timeout: self.canary_timeout.unwrap_or(default.timeout),
            is_timeout_given: self.canary_timeout.is_some(),
            stop_at: self.stop_at.unwrap_or(default.stop_at),
        })
    }
}

impl From<Canary> for CanaryArgs {
    fn from(canary: Canary) -> Self {
        Self {
            canary: true,
            batch_sizes: Some(canary.batch_sizes),
            canary_timeout: canary.is_timeout_given.then_some(canary.timeout),
            stop_at: Some(canary.stop_at),
        }
    }
}

/// The rate limit of a requeue.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Canary and rate")]
pub(crate) struct ThrottleArgs {
    /// Requeue at most 20/s, 20/m or 20/h
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// Spread the run times of the jobs over this duration
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) spread: Option<Duration>,
    /// Pause while more than N jobs are due
    #[arg(long, value_name = "N")]
    pub(crate) pause_above: Option<u64>,
}

impl ThrottleArgs {
    /// Returns the rate limit, the spread and the pause of these flags.
    pub(crate) fn to_throttle(&self) -> Throttle {
        Throttle { rate: self.rate, spread: self.spread, pause_above: self.pause_above }
    }
}

/// The flags that a record of format 1 stores. Those of the confirmation are parsed and not used.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct StoredFlags {
    #[command(flatten)]
    canary: CanaryArgs,
    #[command(flatten)]
    throttle: ThrottleArgs,
    #[command(flatten)]
    _confirmation: ConfirmationArgs,
}

/// Parses a rate such as `20/s`. Returns jobs per second.
fn rate(text: &str) -> Result<f64, String> {
    let seconds = |unit: &str| match unit {
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3_600.0),
        _ => None,
    };
    let (jobs, unit) = text.split_once('/').unwrap_or_default();
    let jobs = jobs.trim().parse::<u32>().ok().filter(|jobs| *jobs > 0);
    let rate = jobs.zip(seconds(unit.trim())).map(|(jobs, seconds)| f64::from(jobs) / seconds);
    rate.ok_or_else(|| {
        "expected a number of jobs and a unit of time, such as 20/s or 100/m".to_owned()
    })
}

/// Parses a percentage below 100 such as `20%`.
fn percent(text: &str) -> Result<u8, String> {
    let number = text.trim().strip_suffix('%').unwrap_or(text).trim().parse().ok();
    number.filter(|n| *n < 100).ok_or_else(|| "expected a percentage below 100, such as 20%".into())
}

/// The arguments of `dlq follow`.
#[derive(Debug, Args)]
pub struct DlqFollow {
    /// Id of the operation, as listed by `dlq ops`, or a unique prefix
    #[arg(value_name = "OPERATION")]
    pub(crate) operation: String,
    /// Follow for at most this long
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = duration::parse)]
    pub(crate) wait: Duration,
}

/// The arguments of `dlq undo`.
#[derive(Debug, Args)]
pub struct DlqUndo {
    /// Id of the operation, as listed by `dlq ops`, or a unique prefix
    #[arg(value_name = "OPERATION")]
    pub(crate) operation: String,
    /// The confirmation.
    #[command(flatten)]
    pub(crate) confirmation: ConfirmationArgs,
}

/// The confirmation of a write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Confirmation")]
pub(crate) struct ConfirmationArgs {
    /// Show the plan and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Skip the confirmation prompt
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Repeat the name of the protected context
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) confirm: Option<String>,
    /// Reason, recorded; required if protected or above 50 jobs
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Wait this long for rows locked by other sessions
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration::parse)]
    pub(crate) lock_wait: Duration,
}

/// The arguments of `dlq ops`.
#[derive(Debug, Args)]
pub struct DlqOps {
    /// Limit to N operations, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) limit: u32,
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;
    use clap::{Args as _, Command, Parser as _};

    use super::FilterArgs;
    use crate::cli::Cli;

    #[test]
    fn filters_exclude_ids_plans_and_operations() {
        let filters = FilterArgs::augment_args(Command::new("x"));
        for filter in filters.get_arguments().filter_map(|arg| arg.get_long()) {
            let value = if matches!(filter, "since" | "until") { "1h" } else { "a" };
            for selection in ["1", "--ids-file x", "--plan x", "--resume rq-x"] {
                let words = format!("{selection} --{filter} {value}");
                let line = ["cliplyctl", "dlq", "requeue"].into_iter().chain(words.split(' '));
                let kind = Cli::try_parse_from(line).err().map(|error| error.kind());
                assert_eq!(kind, Some(ErrorKind::ArgumentConflict), "{words}");
            }
        }
    }
}
