//! The answer of `dlq follow`, which `dlq requeue --follow` gives as well.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::requeued_job::{FollowEnd, FollowResult, JobOutcome, ZombieWorker};
use crate::requeue::job_outcome::describe_counts;
use crate::text::{count, first_line, plural};

/// Groups and workers that the human report shows.
const SHOWN: usize = 10;
/// Those that the JSON names.
const NAMED: usize = 1_000;

/// `data` of `dlq follow`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FollowJson {
    operation: String,
    /// `decided`, `deadline`, `detached` or `lost`.
    end: &'static str,
    jobs: u64,
    finished: u64,
    /// An attempt failed of what the job had died of, though retries may remain.
    failed_again: u64,
    /// Dead, of something else.
    failed_otherwise: u64,
    /// Failed of something else; will be tried again.
    waits_for_retry: u64,
    running: u64,
    queued: u64,
    /// Undone, requeued again, deleted or changed by hand.
    moved: u64,
    failures: Vec<FailureJson>,
    /// Workers that acted on a job without a claim since the requeue; null where that cannot be seen.
    zombies: Option<Vec<ZombieJson>>,
}

/// Jobs that failed of one cause since the requeue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailureJson {
    group: String,
    template: String,
    jobs: u64,
    /// Those that had died of just this before.
    again: u64,
    /// One of them.
    sample: String,
}

/// A worker that still believes that a job is its own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ZombieJson {
    job: String,
    /// Null where nothing tells its name.
    worker: Option<String>,
    /// `failed` the job, or `holds` its lock.
    did: &'static str,
}

/// The account of following an operation.
#[must_use]
pub fn report(followed: &FollowResult, from: &Provenance) -> Report {
    let mut document = Document::default();
    document.push(title_line::title(format!("operation {}", followed.operation), from));
    blocks(&mut document, followed);
    document.next(next(followed));
    let mut report = Report::listing("dlq follow", json(followed), document);
    report.exit = exit(followed);
    note_end(&mut report, followed);
    summarise(&mut report, followed);
    report
}

/// All finished 0; some failed again 2; not finished, or not ours any more, 3; detached 130.
#[must_use]
pub fn exit(followed: &FollowResult) -> ExitCode {
    let tally = &followed.counts;
    match followed.end {
        FollowEnd::Detached => ExitCode::Interrupted,
        _ if tally.failed() > 0 => ExitCode::Critical,
        FollowEnd::Decided if tally.count(JobOutcome::Finished) == tally.total() => ExitCode::Ok,
        _ => ExitCode::Unknown,
    }
}

/// What ended it early, where that is an error.
pub fn note_end(report: &mut Report, followed: &FollowResult) {
    if let FollowEnd::Lost(error) = &followed.end {
        report.errors.push(error.clone().into());
    }
}

/// The figures that a script wants first.
pub fn summarise(report: &mut Report, followed: &FollowResult) {
    let standings = JobOutcome::ALL.into_iter();
    report.summary.extend(standings.map(|s| (s.as_str(), followed.counts.count(s).into())));
}

/// The one sentence, and what needs looking at.
pub fn blocks(document: &mut Document, followed: &FollowResult) {
    let verdict = match exit(followed) {
        ExitCode::Ok => Status::Ok,
        ExitCode::Critical => Status::Critical,
        _ => Status::Unknown,
    };
    document.headline(verdict, describe_counts(&followed.counts));
    match &followed.end {
        FollowEnd::Decided if gone(followed) => {
            document.note("nothing is left to follow: others put its jobs back or moved them");
        }
        FollowEnd::Decided => {}
        FollowEnd::Deadline => document.note("time is up; the jobs go on"),
        FollowEnd::Detached => document.note("detached; the jobs go on"),
        FollowEnd::Lost(error) => document.note(format!("these figures are old: {error}")),
    }
    if !followed.failures.is_empty() {
        document.push(Block::Table(failures(followed)));
    }
    match &followed.zombies {
        Some(zombies) => zombies_of(document, zombies),
        None if followed.has_unread_events => {
            document.note("not all events could be read: workers that act without a claim may be missing");
        }
        None => document.note(
            "claims leave no events here: a worker that acts on a job without a claim cannot be seen",
        ),
    }
}

/// Whether none of its jobs is its own any more.
fn gone(followed: &FollowResult) -> bool {
    followed.counts.count(JobOutcome::ChangedSince) == followed.counts.total()
}

fn failures(followed: &FollowResult) -> Table {
    let mut table = Table::listing(vec![
        Column::number("failed"),
        Column::number("same as before"),
        Column::text("group"),
        Column::prose("cause"),
        Column::text("for example"),
    ]);
    for group in followed.failures.iter().take(SHOWN) {
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

fn zombies_of(document: &mut Document, zombies: &[ZombieWorker]) {
    if zombies.is_empty() {
        return;
    }
    let jobs = plural(zombies.len() as u64, "job", "jobs");
    document.note(format!(
        "{jobs} in the hands of a worker that did not claim it since the requeue: it still believes \
         that the job is its own; restart it"
    ));
    let columns =
        vec![Column::text("job"), Column::text("worker without a claim"), Column::text("did")];
    let mut table = Table::listing(columns);
    for zombie in zombies.iter().take(SHOWN) {
        table.row(vec![
            Cell::plain(zombie.id.to_string()),
            Cell::value_with_status(
                zombie.worker.as_deref().unwrap_or("(no name)"),
                Status::Warning,
            ),
            Cell::plain(did(zombie)),
        ]);
    }
    document.push(Block::Table(table));
}

fn did(zombie: &ZombieWorker) -> &'static str {
    if zombie.failed { "failed" } else { "holds" }
}

/// What to type next.
#[must_use]
pub fn next(followed: &FollowResult) -> Vec<(String, String)> {
    let mut next = Vec::new();
    if followed.end != FollowEnd::Decided {
        let command = format!("cliplyctl dlq follow {}", followed.operation);
        next.push((command, "attach again, from any machine".to_owned()));
    }
    if followed.end == FollowEnd::Decided && gone(followed) {
        next.push(("cliplyctl dlq ops".to_owned(), "what was done since, and by whom".to_owned()));
    }
    if let Some(group) = followed.failures.first() {
        let command = format!("cliplyctl jobs show {}", group.sample);
        next.push((command, "one that failed, in full".to_owned()));
    }
    next
}

/// The account for scripts.
#[must_use]
pub fn json(followed: &FollowResult) -> FollowJson {
    let of = |standing| followed.counts.count(standing);
    let failures = followed.failures.iter().take(NAMED).map(|group| FailureJson {
        group: group.group.to_string(),
        template: group.cause.clone(),
        jobs: group.jobs,
        again: group.same_cause,
        sample: group.sample.to_string(),
    });
    let zombie = |zombie: &ZombieWorker| ZombieJson {
        job: zombie.id.to_string(),
        worker: zombie.worker.clone(),
        did: did(zombie),
    };
    FollowJson {
        operation: followed.operation.to_string(),
        end: match followed.end {
            FollowEnd::Decided => "decided",
            FollowEnd::Deadline => "deadline",
            FollowEnd::Detached => "detached",
            FollowEnd::Lost(_) => "lost",
        },
        jobs: followed.counts.total(),
        finished: of(JobOutcome::Finished),
        failed_again: of(JobOutcome::FailedAgain),
        failed_otherwise: of(JobOutcome::FailedOther),
        waits_for_retry: of(JobOutcome::RetryPending),
        running: of(JobOutcome::Running),
        queued: of(JobOutcome::Queued),
        moved: of(JobOutcome::ChangedSince),
        failures: failures.collect(),
        zombies: followed.zombies.as_ref().map(|all| all.iter().take(NAMED).map(zombie).collect()),
    }
}
