//! How far a canary let each group come: a part of the answer of `dlq requeue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Table};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::canary::{CanaryGroupResult, CanaryStop};
use crate::facts::requeued_job::JobOutcome;
use crate::requeue::job_outcome::describe_counts;
use crate::text::{count, first_line, plural};

/// Groups that the human report shows.
const SHOWN: usize = 20;
/// Groups that the JSON names.
const NAMED: usize = 1_000;

/// How far a group came.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LaneJson {
    group: String,
    template: String,
    jobs: u64,
    requeued: u64,
    /// Jobs that stay dead, or were not reached.
    left: u64,
    /// `failed` or `timeout`; null where it went through.
    stopped: Option<&'static str>,
    /// Of the last step that was watched.
    step: StepJson,
    /// Jobs behind that step: written, and not waited for.
    rest: u64,
}

/// How the jobs of a step stand.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepJson {
    jobs: u64,
    finished: u64,
    failed_again: u64,
    failed_otherwise: u64,
    open: u64,
    moved: u64,
}

/// A group that failed again is CRITICAL, one whose outcome did not come is UNKNOWN.
#[must_use]
pub fn exit(lanes: &[CanaryGroupResult]) -> Option<ExitCode> {
    let stopped = |reason| lanes.iter().any(|lane| lane.stopped == Some(reason));
    let code = [(CanaryStop::Failed, ExitCode::Critical), (CanaryStop::Timeout, ExitCode::Unknown)];
    code.into_iter().find(|(reason, _)| stopped(*reason)).map(|(_, code)| code)
}

/// The groups for people: those that stopped first.
pub fn blocks(document: &mut Document, lanes: &[CanaryGroupResult]) {
    if lanes.is_empty() {
        return;
    }
    let mut table = Table::listing(vec![
        Column::text("group"),
        Column::text("canary"),
        Column::number("requeued"),
        Column::number("left"),
        Column::prose("last step watched"),
        Column::prose("cause"),
    ]);
    let mut sorted: Vec<_> = lanes.iter().collect();
    sorted.sort_by_key(|lane| lane.stopped.is_none());
    for lane in sorted.into_iter().take(SHOWN) {
        let went = match lane.stopped {
            Some(CanaryStop::Failed) => Cell::value_with_status("stopped", Status::Critical),
            Some(CanaryStop::Timeout) => Cell::value_with_status("no outcome", Status::Unknown),
            None if lane.not_requeued > 0 => Cell::plain("on its way"),
            None if lane.undecided => Cell::value_with_status("not decided", Status::Unknown),
            None => Cell::plain("passed"),
        };
        table.row(vec![
            Cell::strong(&lane.group),
            went,
            Cell::plain(count(lane.requeued)),
            Cell::plain(count(lane.not_requeued)),
            Cell::plain(describe_counts(&lane.last_batch)),
            Cell::plain(first_line(&lane.cause)),
        ]);
    }
    document.push(Block::Table(table));
    if lanes.len() > SHOWN {
        document.note(format!("and {} more groups", count((lanes.len() - SHOWN) as u64)));
    }
    let rest = lanes.iter().map(|lane| lane.written_unwatched).sum();
    if rest > 0 {
        let jobs = plural(rest, "job went", "jobs went");
        document
            .note(format!("{jobs} out behind the last step, and nobody has looked at them yet"));
    }
}

/// The groups for scripts.
#[must_use]
pub fn json(lanes: &[CanaryGroupResult]) -> Vec<LaneJson> {
    let lane = |lane: &CanaryGroupResult| {
        let of = |standing| lane.last_batch.count(standing);
        LaneJson {
            group: lane.group.clone(),
            template: lane.cause.clone(),
            jobs: lane.jobs,
            requeued: lane.requeued,
            left: lane.not_requeued,
            stopped: lane.stopped.map(|reason| match reason {
                CanaryStop::Failed => "failed",
                CanaryStop::Timeout => "timeout",
            }),
            step: StepJson {
                jobs: lane.last_batch.total(),
                finished: of(JobOutcome::Finished),
                failed_again: of(JobOutcome::FailedAgain),
                failed_otherwise: of(JobOutcome::FailedOther),
                open: lane.last_batch.total() - lane.last_batch.decided(),
                moved: of(JobOutcome::ChangedSince),
            },
            rest: lane.written_unwatched,
        }
    };
    lanes.iter().take(NAMED).map(lane).collect()
}
