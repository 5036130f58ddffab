//! The `dlq` commands and the arguments of `dlq list`.

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

use super::spec::Spec;
use super::{DlqFollow, DlqOps, DlqRequeue, DlqUndo, FilterArgs, JobsShow, old_names};
use crate::facts::listing::Order;
use crate::render::Format;

pub(super) const DLQ_GROUPS: Spec = Spec::listing(
    "dlq groups",
    &[
        ("dlq groups", "dead letters by cause, largest group first"),
        ("dlq groups --since 2h", "only recent dead letters"),
        ("dlq groups --kind PUBLISH_TIKTOK", "only one kind"),
        ("dlq groups --by workspace", "who is affected"),
    ],
);

pub(super) const DLQ_LIST: Spec = Spec::listing(
    "dlq list",
    &[
        ("dlq list", "the 50 most recently changed dead letters"),
        ("dlq list --kind CLIP_RENDER --error timeout", "by kind and error text"),
        ("dlq list -o csv > dead-letters.csv", "export all dead letters"),
    ],
)
.with_formats(&[Format::Table, Format::Json, Format::Markdown, Format::Ndjson, Format::Csv]);

pub(super) const DLQ_SHOW: Spec = Spec::listing(
    "dlq show",
    &[
        ("dlq show 00000000-0000-4000-8000-000000000431", "error, timeline and advice"),
        ("dlq show 00000000-0000-4000-8000-000000000431 -o json", "the same for a script"),
    ],
);

pub(super) const DLQ_REQUEUE: Spec = Spec::listing(
    "dlq requeue",
    &[
        ("dlq requeue --kind PUBLISH_TIKTOK --canary --dry-run", "preview a canary"),
        (
            "dlq requeue --group v2-5942fef2e1 --canary --reason \"token renewed\"",
            "requeue one group in growing batches",
        ),
        ("dlq requeue --all --rate 20/m --reason \"fix deployed\"", "requeue everything slowly"),
        ("dlq requeue 00000000-0000-4000-8000-000000000431", "requeue one job"),
    ],
);

pub(super) const DLQ_ACK: Spec = Spec::listing(
    "dlq ack",
    &[
        (
            "dlq ack --group v2-5942fef2e1 --expires 2026-12-15 --reason \"fix in 2.4\"",
            "print the entry; nothing is written",
        ),
        (
            "dlq ack --group v2-5942fef2e1 --expires 2026-12-15 --reason known --max-jobs 50",
            "count the group again beyond 50 jobs",
        ),
    ],
);

pub(super) const DLQ_FOLLOW: Spec = Spec::listing(
    "dlq follow",
    &[
        ("dlq follow rq-20260131T040000Z-e432-bc1128", "outcome of the jobs of an operation"),
        ("dlq follow rq-20260131T040000Z-e432-bc1128 --wait 10m", "wait until they have finished"),
    ],
);

pub(super) const DLQ_UNDO: Spec = Spec::listing(
    "dlq undo",
    &[
        ("dlq undo rq-20260131T040000Z-e432-bc1128 --dry-run", "preview the undo"),
        (
            "dlq undo rq-20260131T040000Z-e432-bc1128 --reason \"wrong kind\"",
            "return unclaimed jobs to dead letters",
        ),
    ],
);

pub(super) const DLQ_OPS: Spec = Spec::listing(
    "dlq ops",
    &[
        ("dlq ops", "recent requeues, undos and rescues"),
        ("dlq ops -o json", "the same for a script"),
    ],
);

/// The `dlq` commands.
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// Group dead letters by cause, and show which groups are still failing
    Groups(DlqGroups),
    /// List dead letters
    List(DlqList),
    /// Show a dead letter: error, cause, advice, earlier requeues and events
    Show(JobsShow),
    /// Requeue dead letters: show the plan, confirm, write
    Requeue(Box<DlqRequeue>),
    /// Follow a requeue until each of its jobs has an outcome
    Follow(DlqFollow),
    /// Undo a requeue: return jobs that no worker has claimed since to dead letters
    Undo(DlqUndo),
    /// Print an entry for cliplyctl.toml with which a group does not count until a date
    Ack(DlqAck),
    /// List recent operations with operator, reason, jobs and outcome
    Ops(DlqOps),
}

/// The arguments of `dlq groups`.
#[derive(Debug, Args)]
pub struct DlqGroups {
    /// Group by this property
    #[arg(long, value_name = "PROPERTY", default_value = "cause")]
    pub(crate) by: GroupBy,
    /// The filters.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

/// What dead letters are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// Kind and cause: what fails
    Cause,
    /// Workspace: who is affected
    Workspace,
}

impl ValueEnum for Order {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Updated, Self::Oldest, Self::DeadSince]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Updated => "Most recently changed first, by index",
            Self::Oldest => "Least recently changed first, by index",
            Self::DeadSince => {
                "Most recently dead-lettered first; slow, reads every dead letter that matches"
            }
        };
        let name = self.as_str();
        Some(PossibleValue::new(name).help(help).aliases(old_names::of(name)))
    }
}

/// The arguments of `dlq list`.
#[derive(Debug, Args)]
pub struct DlqList {
    /// The filters.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Sort order
    #[arg(long, value_name = "ORDER", default_value = "updated")]
    pub(crate) sort: Order,
    /// Limit to N dead letters [default: 50; ndjson and csv: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: Option<u32>,
    /// Continue after this cursor, as printed by the page before
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}

/// The arguments of `dlq ack`.
#[derive(Debug, Args)]
pub struct DlqAck {
    /// The group, as listed by `dlq groups` (id or unique prefix)
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: String,
    /// Last day on which the acknowledgement holds (UTC): 2026-01-31
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: jiff::civil::Date,
    /// Why its dead letters need no attention until then
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// Who is responsible [default: your login name]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) owner: Option<String>,
    /// Count the group again if it has more than N dead letters [default: its present number]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_jobs: Option<u64>,
}

impl Dlq {
    /// Returns the spec of the command.
    pub(super) fn spec(&self) -> &'static Spec {
        match self {
            Self::Groups(_) => &DLQ_GROUPS,
            Self::List(_) => &DLQ_LIST,
            Self::Show(_) => &DLQ_SHOW,
            Self::Requeue(_) => &DLQ_REQUEUE,
            Self::Follow(_) => &DLQ_FOLLOW,
            Self::Undo(_) => &DLQ_UNDO,
            Self::Ack(_) => &DLQ_ACK,
            Self::Ops(_) => &DLQ_OPS,
        }
    }
}
