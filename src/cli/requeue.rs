//! The arguments of `dlq requeue`, `dlq follow`, `dlq undo` and `dlq ops`.

use std::time::Duration;

use clap::{Args, Parser, ValueHint};

use super::FilterArgs;
use crate::facts::canary::{BatchSizes, Canary};
use crate::facts::throttle::Throttle;
use crate::settings::duration;

/// The arguments of `dlq requeue`.
#[derive(Debug, Clone, Args)]
pub struct DlqRequeue {
    /// These jobs: all of them or none
    #[arg(value_name = "ID", conflicts_with_all = ["all", "kind", "workspace", "error", "group", "since", "until"])]
    pub(crate) ids: Vec<String>,
    /// The ids in this file, one a line; - for stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["all", "kind", "workspace", "error", "group", "since", "until"])]
    pub(crate) ids_file: Option<String>,
    /// The filters.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Every dead letter: must be said where there is no filter
    #[arg(long)]
    pub(crate) all: bool,
    /// At most this many, the latest deaths first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,
    /// Apply this plan, exactly
    #[arg(long, value_name = "ID", conflicts_with_all = ["ids", "ids_file", "all", "max", "kind", "workspace", "error", "group", "since", "until", "resume"])]
    pub(crate) plan: Option<String>,
    /// Apply the plan's own jobs though the selection changed since
    #[arg(long = "frozen", requires = "plan")]
    pub(crate) ignore_changes: bool,
    /// Finish this operation as carefully as it began, unless flags of care are given; nothing is done twice
    #[arg(long, value_name = "OP", conflicts_with_all = ["ids", "ids_file", "all", "max", "kind", "workspace", "error", "group", "since", "until"])]
    pub(crate) resume: Option<String>,
    /// Leave out ids that are not dead, instead of refusing all
    #[arg(long)]
    pub(crate) skip_ineligible: bool,
    /// Requeue even jobs that were requeued twice and died of the same again
    #[arg(long = "include-repeat-offenders")]
    pub(crate) include_repeat_failures: bool,
    /// The batches of a canary.
    #[command(flatten)]
    pub(crate) canary: CanaryArgs,
    /// The rate limit.
    #[command(flatten)]
    pub(crate) throttle: ThrottleArgs,
    /// Follow the jobs until they have finished or failed again
    #[arg(long, help_heading = "Care")]
    pub(crate) follow: bool,
    /// Follow at most this long [default: 30m, and the span of --spread]
    #[arg(long, value_name = "TIME", requires = "follow", value_parser = duration::parse, help_heading = "Care")]
    pub(crate) wait: Option<Duration>,
    /// The confirmation.
    #[command(flatten)]
    pub(crate) confirmation: ConfirmationArgs,
}

impl DlqRequeue {
    /// Returns these arguments with the canary and rate settings that an operation was started with, as
    /// its record stores them. Settings given now take precedence; stored flags that do not parse are
    /// ignored.
    pub(crate) fn or_stored(&self, flags: &str) -> Self {
        let throttled = self.throttle.to_throttle() != Throttle::default();
        if throttled || self.canary.to_canary().is_some() {
            return self.clone();
        }
        let arguments = shell_words::split(flags).ok();
        match arguments.and_then(|arguments| StoredFlags::try_parse_from(arguments).ok()) {
            Some(StoredFlags { canary, throttle, .. }) => Self { canary, throttle, ..self.clone() },
            None => self.clone(),
        }
    }

    /// Returns how long to follow; `None` without `--follow`. A spread is added to the default.
    pub(crate) fn follow_for(&self) -> Option<Duration> {
        let spread = self.throttle.spread.unwrap_or_default();
        self.follow.then(|| self.wait.unwrap_or(Duration::from_mins(30) + spread))
    }
}

/// The batches of a canary. Each of the flags requests a canary.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Care")]
pub(crate) struct CanaryArgs {
    /// Requeue one job of each group, wait for its outcome, then more; stop where they fail again
    #[arg(long)]
    pub(crate) canary: bool,
    /// Jobs of each step of the canary [default: 1,5,25,all]
    #[arg(long = "ramp", value_name = "STEPS")]
    pub(crate) batch_sizes: Option<BatchSizes>,
    /// The longest wait for the outcome of a step [default: 5m]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) canary_timeout: Option<Duration>,
    /// Stop where more than this part of a step fails again [default: 20%]
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(crate) stop_at: Option<u8>,
}

impl CanaryArgs {
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
            stop_at: self.stop_at.unwrap_or(default.stop_at),
        })
    }
}

/// The rate limit of a requeue.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Care")]
pub(crate) struct ThrottleArgs {
    /// Requeue at most so many jobs a second (20/s), minute (20/m) or hour (20/h)
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(crate) rate: Option<f64>,
    /// Let the jobs become due one by one over this span
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) spread: Option<Duration>,
    /// Wait while more than so many jobs are due and not claimed
    #[arg(long, value_name = "N")]
    pub(crate) pause_above: Option<u64>,
}

impl ThrottleArgs {
    /// Returns the rate limit, the spread and the pause of these flags.
    pub(crate) fn to_throttle(&self) -> Throttle {
        Throttle { rate: self.rate, spread: self.spread, pause_above: self.pause_above }
    }
}

/// The flags that the record of an operation stores. Those of the confirmation are parsed and not used.
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
    rate.ok_or_else(|| "expected jobs and a unit of time, such as 20/s or 100/m".to_owned())
}

/// Parses a percentage below 100 such as `20%`.
fn percent(text: &str) -> Result<u8, String> {
    let number = text.trim().strip_suffix('%').unwrap_or(text).trim().parse().ok();
    number.filter(|n| *n < 100).ok_or_else(|| "expected a percentage below 100, such as 20%".into())
}

/// The arguments of `dlq follow`.
#[derive(Debug, Args)]
pub struct DlqFollow {
    /// The operation, as `dlq ops` names it
    #[arg(value_name = "OP")]
    pub(crate) operation: String,
    /// Follow at most this long
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = duration::parse)]
    pub(crate) wait: Duration,
}

/// The arguments of `dlq undo`.
#[derive(Debug, Args)]
pub struct DlqUndo {
    /// The operation, as `dlq ops` names it
    #[arg(value_name = "OP")]
    pub(crate) operation: String,
    /// The confirmation.
    #[command(flatten)]
    pub(crate) confirmation: ConfirmationArgs,
}

/// The confirmation of a write.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Consent")]
pub(crate) struct ConfirmationArgs {
    /// Show the plan and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Name the protected context that is written to
    #[arg(long, value_name = "CONTEXT")]
    pub(crate) confirm: Option<String>,
    /// Why; recorded, and required in protected contexts and above 50 jobs
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// How long a row that others hold is retried
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    pub(crate) lock_wait: Duration,
}

/// The arguments of `dlq ops`.
#[derive(Debug, Args)]
pub struct DlqOps {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) limit: u32,
}
