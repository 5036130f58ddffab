//! The command line of `queue`.

use clap::Args;

use super::FailOnArgs;
use super::spec::Spec;

pub(super) const QUEUE: Spec = Spec::status(
    "queue",
    &[
        ("queue", "count all jobs by state and kind"),
        ("queue --kind CLIP_RENDER", "only one kind"),
        ("queue --advise", "indexes that make every metric fast"),
    ],
)
.in_several_contexts();

/// The arguments of `queue`.
#[derive(Debug, Args)]
pub struct QueueArgs {
    /// Count only jobs of this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Count everything exactly, even if slow (within --timeout)
    #[arg(long)]
    pub(crate) exact: bool,
    /// Print the indexes that make every metric fast
    #[arg(long, conflicts_with_all = ["kind", "exact"])]
    pub(crate) advise: bool,
    /// The lowest status that fails.
    #[command(flatten)]
    pub(crate) status_args: FailOnArgs,
}
