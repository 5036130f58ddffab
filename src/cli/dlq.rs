//! The `dlq` commands and the arguments of `dlq list`.

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};

use super::{DlqFollow, DlqOps, DlqRequeue, DlqUndo, FilterArgs, JobsShow, old_names};
use crate::facts::listing::Order;

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
