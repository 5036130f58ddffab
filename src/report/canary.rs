//! The results of a canary by group: a part of the report of `dlq requeue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Table};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::canary::{CanaryGroupResult, CanaryStop};
use crate::facts::requeued_job::JobOutcome;
use crate::requeue::job_outcome::describe_counts;
use crate::text::{count, first_line, plural};

/// Maximum number of groups in the table.
const SHOWN: usize = 20;
/// Maximum number of groups in the JSON.
const NAMED: usize = 1_000;

/// Result of one group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CanaryGroupJson {
    group: String,
    template: String,
    jobs: u64,
    requeued: u64,
    /// Jobs that are still dead letters.
    left: u64,
    /// Why the group stopped: `failed` or `timeout`; null if it did not stop.
    stopped: Option<&'static str>,
    /// Outcomes of the last followed batch.
    step: BatchOutcomesJson,
    /// Requeued jobs whose outcome was not awaited.
    rest: u64,
}

/// Number of jobs of a batch by outcome.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BatchOutcomesJson {
    jobs: u64,
    finished: u64,
    failed_again: u64,
    failed_otherwise: u64,
    open: u64,
    moved: u64,
}

/// Returns the exit code of a canary: CRITICAL if a group failed again; if the outcome of a group was not known
/// in time, partial if this run wrote jobs and left others, otherwise UNKNOWN; otherwise none.
pub(crate) fn exit(groups: &[CanaryGroupResult], has_written: bool) -> Option<ExitCode> {
    let stopped = |reason| groups.iter().any(|group| group.stopped == Some(reason));
    if stopped(CanaryStop::Failed) {
        return Some(ExitCode::Critical);
    }
    let has_left = has_written && groups.iter().any(|group| group.not_requeued > 0);
    let code = if has_left { ExitCode::Partial } else { ExitCode::Unknown };
    stopped(CanaryStop::Timeout).then_some(code)
}

/// Adds the table of groups: stopped groups first.
pub(crate) fn add_blocks(document: &mut Document, groups: &[CanaryGroupResult]) {
    if groups.is_empty() {
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
    let mut sorted: Vec<_> = groups.iter().collect();
    sorted.sort_by_key(|group| group.stopped.is_none());
    for group in sorted.into_iter().take(SHOWN) {
        let result = match group.stopped {
            Some(CanaryStop::Failed) => Cell::value_with_status("stopped", Status::Critical),
            Some(CanaryStop::Timeout) => Cell::value_with_status("no outcome", Status::Unknown),
            None if group.not_requeued > 0 => Cell::plain("on its way"),
            None if group.undecided => Cell::value_with_status("not decided", Status::Unknown),
            None => Cell::plain("passed"),
        };
        table.row(vec![
            Cell::strong(&group.group),
            result,
            Cell::plain(count(group.requeued)),
            Cell::plain(count(group.not_requeued)),
            Cell::plain(describe_counts(&group.last_batch)),
            Cell::plain(first_line(&group.cause)),
        ]);
    }
    document.push(Block::Table(table));
    if groups.len() > SHOWN {
        document.note(format!("and {} more groups", count((groups.len() - SHOWN) as u64)));
    }
    let unwatched = groups.iter().map(|group| group.written_unfollowed).sum();
    if unwatched > 0 {
        let jobs = plural(unwatched, "job went", "jobs went");
        document
            .note(format!("{jobs} out behind the last step, and nobody has looked at them yet"));
    }
}

/// Returns the groups as JSON.
pub(crate) fn json(groups: &[CanaryGroupResult]) -> Vec<CanaryGroupJson> {
    let group_json = |group: &CanaryGroupResult| {
        let jobs_with = |outcome| group.last_batch.count(outcome);
        CanaryGroupJson {
            group: group.group.clone(),
            template: group.cause.clone(),
            jobs: group.jobs,
            requeued: group.requeued,
            left: group.not_requeued,
            stopped: group.stopped.map(|reason| match reason {
                CanaryStop::Failed => "failed",
                CanaryStop::Timeout => "timeout",
            }),
            step: BatchOutcomesJson {
                jobs: group.last_batch.total(),
                finished: jobs_with(JobOutcome::Finished),
                failed_again: jobs_with(JobOutcome::FailedAgain),
                failed_otherwise: jobs_with(JobOutcome::FailedOther),
                open: group.last_batch.total() - group.last_batch.decided(),
                moved: jobs_with(JobOutcome::ChangedSince),
            },
            rest: group.written_unfollowed,
        }
    };
    groups.iter().take(NAMED).map(group_json).collect()
}
