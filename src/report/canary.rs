//! The results of a canary by group: a part of the report of `dlq requeue`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Table};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::canary::{CanaryGroupResult, CanaryStop};
use crate::facts::requeued_job::{JobOutcome, OutcomeCounts};
use crate::requeue::job_outcome::describe_batch;
use crate::text::{count, plural};

/// Maximum number of groups in the table.
const SHOWN: usize = 20;
/// Maximum number of groups in the JSON.
const NAMED: usize = 1_000;

/// Result of one group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CanaryGroupJson {
    group: String,
    kind: String,
    cause: String,
    jobs: u64,
    requeued: u64,
    /// Jobs that are still dead letters.
    not_requeued: u64,
    /// Why the group stopped: `failed` or `timeout`; null if it did not stop.
    stopped: Option<&'static str>,
    /// Outcomes of the last followed batch.
    last_batch: BatchOutcomesJson,
    /// A job of the last batch that failed; null if none did.
    failed_job: Option<String>,
    /// Requeued jobs whose outcome was not awaited.
    not_followed: u64,
}

/// Number of jobs of a batch by outcome.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BatchOutcomesJson {
    jobs: u64,
    finished: u64,
    failed_again: u64,
    failed_other_cause: u64,
    pending: u64,
    changed_since: u64,
    /// Jobs whose row was deleted, so that their outcome is not known.
    deleted: u64,
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
    (stopped(CanaryStop::Timeout) || stopped(CanaryStop::Changed)).then_some(code)
}

/// Returns the status and the headline of a canary that stopped in a group; `None` if it did not stop.
///
/// `Canary stopped: 1 of 1 job failed again (same cause); 13 jobs not requeued`
pub(crate) fn headline(groups: &[CanaryGroupResult]) -> Option<(Status, String)> {
    let stopped: Vec<_> = groups.iter().filter(|group| group.stopped.is_some()).collect();
    let failed = |group: &&CanaryGroupResult| group.stopped == Some(CanaryStop::Failed);
    let (status, reason) = match stopped.iter().copied().find(failed) {
        Some(group) => (Status::Critical, describe_failure(&group.last_batch)),
        None => {
            let first = stopped.first()?;
            let batch = &first.last_batch;
            let pending = batch.total() - batch.decided();
            let jobs = plural(batch.total(), "job", "jobs");
            let changed = count(batch.unseen());
            let reason = match first.stopped {
                Some(CanaryStop::Changed) => {
                    format!("no outcome was seen, {changed} of {jobs} changed or deleted by others")
                }
                _ => format!("{} of {jobs} had no outcome in time", count(pending)),
            };
            (Status::Unknown, reason)
        }
    };
    let in_groups = match groups.len() as u64 {
        1 => String::new(),
        all => format!(" in {} of {}", stopped.len(), plural(all, "group", "groups")),
    };
    let not_requeued = groups.iter().map(|group| group.not_requeued).sum();
    let jobs = plural(not_requeued, "job", "jobs");
    Some((status, format!("Canary stopped{in_groups}: {reason}; {jobs} not requeued")))
}

/// `1 of 1 job failed again (same cause)`
fn describe_failure(batch: &OutcomeCounts) -> String {
    let (same, other) =
        (batch.count(JobOutcome::FailedAgain), batch.count(JobOutcome::FailedOther));
    let jobs = plural(batch.total(), "job", "jobs");
    match (same, other) {
        (0, other) => format!("{} of {jobs} failed (other cause)", count(other)),
        (same, 0) => format!("{} of {jobs} failed again (same cause)", count(same)),
        (same, other) => {
            format!("{} of {jobs} failed, {} with the same cause", count(same + other), count(same))
        }
    }
}

/// Adds the table of groups: stopped groups first.
pub(crate) fn add_blocks(document: &mut Document, groups: &[CanaryGroupResult]) {
    if groups.is_empty() {
        return;
    }
    let mut table = Table::listing(vec![
        Column::text("group"),
        Column::text("kind"),
        Column::text("canary"),
        Column::number("requeued"),
        Column::number("not requeued"),
        Column::prose("last batch"),
    ]);
    let mut sorted: Vec<_> = groups.iter().collect();
    sorted.sort_by_key(|group| group.stopped.is_none());
    for group in sorted.into_iter().take(SHOWN) {
        let result = match group.stopped {
            Some(CanaryStop::Failed) => Cell::value_with_status("stopped", Status::Critical),
            Some(CanaryStop::Timeout | CanaryStop::Changed) => {
                Cell::value_with_status("no outcome", Status::Unknown)
            }
            None if group.not_requeued > 0 => Cell::plain("incomplete"),
            None if group.undecided => Cell::value_with_status("pending", Status::Unknown),
            None => Cell::plain("complete"),
        };
        table.row(vec![
            Cell::strong(&group.group),
            Cell::plain(&group.kind),
            result,
            Cell::plain(count(group.requeued)),
            Cell::plain(count(group.not_requeued)),
            Cell::plain(describe_batch(&group.last_batch)),
        ]);
    }
    document.push(Block::Table(table));
    if groups.len() > SHOWN {
        document.note(format!("And {} more groups.", count((groups.len() - SHOWN) as u64)));
    }
    let pending = groups.iter().map(|group| group.written_unfollowed).sum();
    if pending > 0 {
        let jobs = plural(pending, "job", "jobs");
        document.note(format!("The outcome of the last batch ({jobs}) is not known yet."));
    }
}

/// Returns the groups as JSON.
pub(crate) fn json(groups: &[CanaryGroupResult]) -> Vec<CanaryGroupJson> {
    let group_json = |group: &CanaryGroupResult| {
        let jobs_with = |outcome| group.last_batch.count(outcome);
        CanaryGroupJson {
            group: group.group.clone(),
            kind: group.kind.clone(),
            cause: group.cause.clone(),
            jobs: group.jobs,
            requeued: group.requeued,
            not_requeued: group.not_requeued,
            stopped: group.stopped.map(|reason| match reason {
                CanaryStop::Failed => "failed",
                CanaryStop::Timeout => "timeout",
                CanaryStop::Changed => "changed",
            }),
            last_batch: BatchOutcomesJson {
                jobs: group.last_batch.total(),
                finished: jobs_with(JobOutcome::Finished),
                failed_again: jobs_with(JobOutcome::FailedAgain),
                failed_other_cause: jobs_with(JobOutcome::FailedOther),
                pending: group.last_batch.total() - group.last_batch.decided(),
                changed_since: jobs_with(JobOutcome::ChangedSince),
                deleted: jobs_with(JobOutcome::Deleted),
            },
            failed_job: group.failed_job.map(|job| job.to_string()),
            not_followed: group.written_unfollowed,
        }
    };
    groups.iter().take(NAMED).map(group_json).collect()
}
