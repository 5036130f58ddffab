//! The report of `dlq follow`, also a part of the report of `dlq requeue --follow`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::requeued_job::{FollowEnd, FollowResult, JobOutcome, ZombieWorker};
use crate::requeue::job_outcome::describe_counts;
use crate::suggest::ShellCommand;
use crate::text::{count, first_line, plural};

/// Maximum number of groups and of workers in the tables.
const SHOWN: usize = 10;
/// Maximum number of groups and of workers in the JSON.
const NAMED: usize = 1_000;

/// `data` of `dlq follow`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FollowJson {
    operation: String,
    /// Why following ended: `decided`, `deadline`, `detached` or `lost`.
    end: &'static str,
    jobs: u64,
    finished: u64,
    /// Jobs that failed again with the same cause, whether or not retries remain.
    failed_again: u64,
    /// Dead letters with another cause.
    failed_other_cause: u64,
    /// Jobs that failed with another cause and will be retried.
    retry_pending: u64,
    running: u64,
    queued: u64,
    /// Jobs that were undone, requeued again or edited since the requeue.
    changed_since: u64,
    /// Jobs whose row was deleted, so that their outcome is not known.
    deleted: u64,
    /// Whether the operation is still being written, so that more jobs follow.
    still_writing: bool,
    /// Number of planned jobs that are not requeued, if this machine has the record of an interrupted operation.
    not_requeued: u64,
    failures: Vec<FailureJson>,
    /// Workers that wrote to a job without claiming it after the requeue; null if the schema does
    /// not show this.
    zombies: Option<Vec<ZombieJson>>,
}

/// Jobs that failed with one cause since the requeue.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FailureJson {
    group: String,
    cause: String,
    jobs: u64,
    /// Jobs that had failed with the same cause before.
    same_cause: u64,
    /// Id of one of the jobs.
    sample: String,
}

/// A worker that wrote to a requeued job without claiming it again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ZombieJson {
    job: String,
    /// Name of the worker; null if unknown.
    worker: Option<String>,
    /// `failed` (its attempt failed) or `locked` (it holds the lock).
    action: &'static str,
}

/// Builds the report of a follow.
pub(crate) fn report(result: &FollowResult, from: &Provenance) -> Report {
    let mut document = Document::default();
    let (status, text) = headline(result);
    document.headline(status, text);
    document.push(title_line::title_at(format!("operation {}", result.operation), from));
    add_blocks(&mut document, result);
    document.next(next(result));
    let mut report = Report::listing("dlq follow", json(result), document);
    report.exit = exit(result);
    add_end_error(&mut report, result);
    summarize(&mut report, result);
    report
}

/// Returns the exit code: 0 if all jobs finished, 2 if some failed again, 130 if detached,
/// otherwise 3.
pub(crate) fn exit(result: &FollowResult) -> ExitCode {
    let counts = &result.counts;
    match result.end {
        FollowEnd::Detached => ExitCode::Interrupted,
        _ if counts.failed() > 0 => ExitCode::Critical,
        FollowEnd::Decided if counts.count(JobOutcome::Finished) == counts.total() => ExitCode::Ok,
        _ => ExitCode::Unknown,
    }
}

/// Adds the error that ended the follow early, if there is one.
pub(crate) fn add_end_error(report: &mut Report, result: &FollowResult) {
    if let FollowEnd::Lost(error) = &result.end {
        report.errors.push(error.clone().into());
    }
}

/// Adds the number of jobs by outcome to the summary.
pub(crate) fn summarize(report: &mut Report, result: &FollowResult) {
    let outcomes = JobOutcome::ALL.into_iter();
    report.summary.extend(outcomes.map(|o| (o.as_str(), result.counts.count(o).into())));
}

fn status(result: &FollowResult) -> Status {
    match exit(result) {
        ExitCode::Ok => Status::Ok,
        ExitCode::Critical => Status::Critical,
        _ => Status::Unknown,
    }
}

/// Returns the status and the headline: `14 jobs followed: 13 finished, 1 queued`.
pub(crate) fn headline(result: &FollowResult) -> (Status, String) {
    (status(result), describe(result))
}

fn describe(result: &FollowResult) -> String {
    let total = result.counts.total();
    let counts = describe_counts(&result.counts);
    match &result.end {
        FollowEnd::Decided if is_superseded(result) => {
            let jobs = plural(total, "job was", "jobs were");
            let all = if total > 1 { "all " } else { "" };
            format!("Nothing to follow: {all}{jobs} undone or changed since")
        }
        FollowEnd::Lost(error) => format!("{counts}, as of the last poll: {error}"),
        _ => format!("{} followed: {counts}", plural(total, "job", "jobs")),
    }
}

/// Adds how following ended, the failures and the zombie workers.
pub(crate) fn add_blocks(document: &mut Document, result: &FollowResult) {
    match &result.end {
        FollowEnd::Decided | FollowEnd::Lost(_) => {}
        FollowEnd::Deadline => document.note("The time limit was reached; the jobs continue."),
        FollowEnd::Detached => document.note("Detached; the jobs continue."),
    }
    if result.remainder.is_running {
        document.note("The operation is still running: more jobs follow.");
    }
    if result.remainder.not_requeued > 0 {
        let jobs = plural(result.remainder.not_requeued, "planned job is", "planned jobs are");
        document.note(format!("The operation was interrupted: {jobs} not requeued."));
    }
    if !result.failures.is_empty() {
        document.push(Block::Table(failure_table(result)));
    }
    match &result.zombies {
        Some(zombies) => add_zombies(document, zombies),
        None if result.has_unread_events => {
            document.note("Not all events were read: workers that act without a claim may be missing.");
        }
        None => document.note(
            "Claims are not recorded as events here: a worker that acts on a job without a claim is not detected.",
        ),
    }
}

/// Returns whether every job of the operation was undone, requeued again or changed since.
fn is_superseded(result: &FollowResult) -> bool {
    result.counts.count(JobOutcome::ChangedSince) == result.counts.total()
}

fn failure_table(result: &FollowResult) -> Table {
    let mut table = Table::listing(vec![
        Column::number("failed"),
        Column::number("same cause"),
        Column::text("group"),
        Column::prose("cause"),
        Column::text("sample job"),
    ]);
    for group in result.failures.iter().take(SHOWN) {
        table.row(vec![
            Cell::plain(count(group.jobs)),
            Cell::plain(count(group.same_cause)),
            Cell::plain(group.group.to_string()),
            Cell::plain(first_line(&group.cause)),
            Cell::plain(group.sample.to_string()),
        ]);
    }
    table
}

fn add_zombies(document: &mut Document, zombies: &[ZombieWorker]) {
    if zombies.is_empty() {
        return;
    }
    let jobs = plural(zombies.len() as u64, "job", "jobs");
    document.note(format!(
        "warning: a worker acted on {jobs} without a claim since the requeue; it still processes its earlier \
         claim: restart it"
    ));
    let columns =
        vec![Column::text("job"), Column::text("worker without a claim"), Column::text("action")];
    let mut table = Table::listing(columns);
    for zombie in zombies.iter().take(SHOWN) {
        table.row(vec![
            Cell::plain(zombie.id.to_string()),
            Cell::value_with_status(
                zombie.worker.as_deref().unwrap_or("(no name)"),
                Status::Warning,
            ),
            Cell::plain(zombie_action(zombie)),
        ]);
    }
    document.push(Block::Table(table));
}

fn zombie_action(zombie: &ZombieWorker) -> &'static str {
    if zombie.failed { "failed" } else { "locked" }
}

/// Returns the suggested commands.
pub(crate) fn next(result: &FollowResult) -> Vec<Suggestion> {
    let mut next = Vec::new();
    if result.end != FollowEnd::Decided {
        let command = ShellCommand::new("dlq follow").arg(&result.operation);
        next.push(Suggestion::new(command, "continue following (from any machine)"));
    }
    if result.end == FollowEnd::Decided && is_superseded(result) {
        next.push(Suggestion::fixed("dlq ops", "operations since then"));
    }
    if let Some(group) = result.failures.first() {
        let command = ShellCommand::new("jobs show").arg(group.sample);
        next.push(Suggestion::new(command, "a job that failed"));
    }
    next
}

/// Returns the result as JSON.
pub(crate) fn json(result: &FollowResult) -> FollowJson {
    let jobs_with = |outcome| result.counts.count(outcome);
    let failures = result.failures.iter().take(NAMED).map(|group| FailureJson {
        group: group.group.to_string(),
        cause: group.cause.clone(),
        jobs: group.jobs,
        same_cause: group.same_cause,
        sample: group.sample.to_string(),
    });
    let zombie = |zombie: &ZombieWorker| ZombieJson {
        job: zombie.id.to_string(),
        worker: zombie.worker.clone(),
        action: zombie_action(zombie),
    };
    FollowJson {
        operation: result.operation.to_string(),
        end: result.end.as_str(),
        jobs: result.counts.total(),
        finished: jobs_with(JobOutcome::Finished),
        failed_again: jobs_with(JobOutcome::FailedAgain),
        failed_other_cause: jobs_with(JobOutcome::FailedOther),
        retry_pending: jobs_with(JobOutcome::RetryPending),
        running: jobs_with(JobOutcome::Running),
        queued: jobs_with(JobOutcome::Queued),
        changed_since: jobs_with(JobOutcome::ChangedSince),
        deleted: jobs_with(JobOutcome::Deleted),
        still_writing: result.remainder.is_running,
        not_requeued: result.remainder.not_requeued,
        failures: failures.collect(),
        zombies: result.zombies.as_ref().map(|all| all.iter().take(NAMED).map(zombie).collect()),
    }
}
