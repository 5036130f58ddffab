//! `health` and `ready`, and the option of every command that reports a status.

use clap::Args;

use super::spec::Spec;
use crate::exit::FailOn;

pub(super) const HEALTH: Spec = Spec::status(
    "health",
    &[
        ("health", "check the default context"),
        ("health --base-url https://app.example.com", "check an app without configuration"),
        ("--all-contexts health", "one line per context"),
    ],
)
.in_several_contexts();

pub(super) const READY: Spec = Spec::status(
    "ready",
    &[
        ("ready", "check /api/readyz"),
        ("ready --admin", "check /api/admin/readyz, with details"),
        ("ready -o nagios", "run as a monitoring plugin"),
    ],
)
.in_several_contexts();

/// The option of every command that reports a status.
#[derive(Debug, Args)]
pub struct FailOnArgs {
    /// Lowest status that fails the command; UNKNOWN always fails
    #[arg(long, value_name = "STATUS", default_value = "warning")]
    pub(crate) fail_on: FailOn,
}

/// The arguments of `ready`.
#[derive(Debug, Args)]
pub struct Ready {
    /// Check /api/admin/readyz, which has more details
    #[arg(long)]
    pub(crate) admin: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}
