//! The `dlq` commands and the arguments of `dlq list`.

use clap::{Args, Subcommand};

use super::{DlqFollow, DlqOps, DlqRequeue, DlqUndo, FilterArgs, JobsShow};
use crate::facts::listing::Order;

/// The `dlq` commands.
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// Group dead letters by cause: what failed, since when, is it still happening?
    Groups(FilterArgs),
    /// List dead letters
    List(DlqList),
    /// Show a dead letter in full: its cause, earlier requeues, and what to do about it
    Show(JobsShow),
    /// Put dead letters back into the queue: plan, consent, guarded writes
    Requeue(Box<DlqRequeue>),
    /// Follow a requeue until its jobs have finished or failed again
    Follow(DlqFollow),
    /// Take a requeue back, where nothing happened since
    Undo(DlqUndo),
    /// List recent requeues: who, why, how many, and what became of them
    Ops(DlqOps),
}

/// The arguments of `dlq list`.
#[derive(Debug, Args)]
pub struct DlqList {
    /// The filters.
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// In which order
    #[arg(long, value_name = "ORDER", default_value = "updated")]
    pub(crate) sort: Order,
    /// At most this many [default: 50; ndjson and csv: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: Option<u32>,
    /// Go on behind this cursor, as an earlier page printed it
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}
