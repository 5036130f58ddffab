//! The reports of `jobs rescue`: the plan and the outcome.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::write_outcome::{OutcomeJson, add_outcome, add_stop_error, exit, outcome_json};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationId;
use crate::facts::requeue::{Outcome, WriteStop};
use crate::facts::stuck_job::{RescueResult, StuckJob, StuckJobs};
use crate::permit;
use crate::text::ShellCommand;
use crate::text::{age, count, format_duration, plural};

/// Maximum number of jobs in the table.
const SHOWN: usize = 20;
/// Maximum number of jobs in the JSON.
const NAMED: usize = 1_000;

/// Stuck jobs with everything that the report shows.
pub(crate) struct RescuePlanView<'a> {
    /// The stuck jobs.
    pub(crate) stuck: &'a StuckJobs,
    /// The jobs given on the command line; empty for all stuck jobs.
    pub(crate) only: &'a [JobId],
    /// The protected context that this database belongs to.
    pub(crate) protected: Option<&'a str>,
    /// The heartbeat age from which a job is stuck.
    pub(crate) stuck_after: Duration,
    /// The context and database.
    pub(crate) from: Provenance,
    /// Whether the operation is only recorded on this machine, because the database has no events.
    pub(crate) journal_only: bool,
}

/// `data` of `jobs rescue`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RescueJson {
    /// Heartbeat age in seconds from which a job is stuck.
    stale: f64,
    silent: u64,
    /// Whether there are more stuck jobs than were read.
    cut: bool,
    /// Claimed jobs without any heartbeat; they are skipped.
    never_beat: u64,
    /// Oldest heartbeat first, at most 1,000.
    jobs: Vec<StuckJobJson>,
    /// Outcome of the writes; null if nothing was written.
    outcome: Option<OutcomeJson>,
}

/// A stuck job.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StuckJobJson {
    id: String,
    kind: Option<String>,
    worker: Option<String>,
    /// Heartbeat age in seconds by the database clock.
    silent: f64,
    /// Source of the heartbeat age: `heartbeat` or `lock`.
    sign: &'static str,
    attempts: Option<i64>,
    max_attempts: Option<i64>,
    /// Age in seconds of the worker's last heartbeat on another job; null if there is none.
    worker_beats_elsewhere: Option<f64>,
    /// Result of a rescue: `waits` (queued), `dies` (dead letter) or `left` (skipped: attempts used
    /// up, and the schema has no dead letters).
    becomes: &'static str,
}

/// Builds the plan: on stderr before the prompt, on stdout with `--dry-run`.
pub(crate) fn document(view: &RescuePlanView<'_>) -> Document {
    let found = view.stuck;
    let mut document = Document::default();
    document.push(title_line::title("rescue plan", &view.from));
    document.push(Block::Pairs(vec![
        ("silent for", Cell::plain(format!("more than {}", format_duration(view.stuck_after)))),
        ("back to waiting", Cell::strong(count(count_with(found, RescueResult::Queued)))),
        ("dead: last attempt", Cell::strong(count(count_with(found, RescueResult::DeadLetter)))),
    ]));
    if !found.jobs.is_empty() {
        document.push(Block::Table(job_table(&found.jobs)));
    }
    if found.jobs.len() > SHOWN {
        document.note(format!("{} more are not shown", count((found.jobs.len() - SHOWN) as u64)));
    }
    notes(&mut document, view);
    document
}

fn notes(document: &mut Document, view: &RescuePlanView<'_>) {
    let found = view.stuck;
    let skipped = count_with(found, RescueResult::Skipped);
    if skipped > 0 {
        let jobs = plural(skipped, "job has", "jobs have");
        document.note(format!(
            "{jobs} used up all attempts, and this schema has no dead letters: left alone"
        ));
    }
    if found.without_heartbeat > 0 {
        let jobs = plural(found.without_heartbeat, "job", "jobs");
        document.note(format!("{jobs} in progress never gave a sign of life: left alone"));
    }
    if found.truncated {
        let jobs = count(found.jobs.len() as u64);
        document.note(format!(
            "there are more: a rescue takes {jobs} at a time, the longest silence first"
        ));
    }
    let on_active_workers =
        found.jobs.iter().filter(|job| job.other_job_heartbeat_age.is_some()).count() as u64;
    if on_active_workers > 0 {
        let jobs = plural(on_active_workers, "job's worker", "jobs' workers");
        document.note(format!(
            "{jobs} still beat on other jobs: a hung job, perhaps, and not a dead worker; it may still finish"
        ));
    }
    if view.journal_only && !found.jobs.is_empty() {
        document.note("this database keeps no events: the record stays on this machine");
    }
}

fn count_with(found: &StuckJobs, result: RescueResult) -> u64 {
    found.jobs.iter().filter(|job| job.result == result).count() as u64
}

fn job_table(jobs: &[StuckJob]) -> Table {
    let mut table = Table::listing(vec![
        Column::text("job"),
        Column::text("kind"),
        Column::text("worker"),
        Column::text("last sign"),
        Column::text("its worker elsewhere"),
        Column::text("attempt"),
        Column::text("becomes"),
    ]);
    for job in jobs.iter().take(SHOWN) {
        let source = job.sign.as_str();
        let other_jobs = job
            .other_job_heartbeat_age
            .map_or("silent".to_owned(), |s| format!("beat {} ago", age(s)));
        let attempt = match (job.running_attempt, job.max_attempts) {
            (Some(running), Some(max)) => format!("{running} of {max}"),
            _ => "-".to_owned(),
        };
        let result = match job.result {
            RescueResult::Queued => Cell::plain("waiting"),
            RescueResult::DeadLetter => Cell::value_with_status("dead", Status::Warning),
            RescueResult::Skipped => Cell::muted("left alone"),
        };
        table.row(vec![
            Cell::strong(job.id.to_string()),
            Cell::plain(job.kind.as_deref().unwrap_or("-")),
            Cell::plain(job.worker.as_deref().unwrap_or("-")),
            Cell::plain(format!("{source} {} ago", age(job.heartbeat_age))),
            Cell::plain(other_jobs),
            Cell::plain(attempt),
            result,
        ]);
    }
    table
}

/// Builds the report of a plan that was not applied: a preview, or nothing to do.
pub(crate) fn planned(view: &RescuePlanView<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(view);
    if let Some(reason) = obstacle {
        document.note(format!("it could not be applied here: {reason}"));
    }
    document.note(if view.stuck.jobs.is_empty() {
        "no job is silent: nothing to rescue"
    } else {
        "nothing was written"
    });
    if dry_run && obstacle.is_none() && !view.stuck.jobs.is_empty() {
        let jobs = view.stuck.jobs.len() as u64;
        let flags = permit::flags(view.protected, jobs, None);
        let command = view.only.iter().fold(ShellCommand::new("jobs rescue"), ShellCommand::arg);
        let command: String = command.flags(flags).into();
        document.next(vec![(command, "shows this again, and asks before it writes")]);
    }
    let mut report = Report::listing("jobs rescue", json(view, None), document);
    summarize(&mut report, view, 0);
    // A preview succeeds; a rescue that writes nothing although jobs are stuck is refused.
    if !dry_run && count_with(view.stuck, RescueResult::Skipped) > 0 {
        report.exit = ExitCode::Refused;
    }
    report
}

/// Builds the report of a rescue that was applied.
pub(crate) fn applied(
    view: &RescuePlanView<'_>,
    operation: &OperationId,
    outcome: &Outcome,
) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("rescue", &view.from));
    add_outcome(&mut document, operation, outcome, "rescued");
    let more = outcome.not_requeued + outcome.in_doubt > 0 || view.stuck.truncated;
    let mut next = Vec::new();
    if more && !matches!(outcome.stopped, Some(WriteStop::AllOrNothing(_))) {
        next.push(("cliplyctl jobs rescue", "go on with what is still silent"));
    }
    if let Some((queued, dead)) = written_counts(view.stuck, outcome) {
        document.note(format!("{} waiting again, {} dead", count(queued), count(dead)));
        if dead > 0 {
            next.push(("cliplyctl dlq list", "those that became dead letters come first"));
        }
    }
    next.push(("cliplyctl queue", "whether workers take them"));
    document.next(next.into_iter().map(|(command, why)| (command.to_owned(), why)).collect());
    let data = json(view, Some(outcome_json(operation, outcome)));
    let mut report = Report::listing("jobs rescue", data, document);
    let not_rescued =
        count_with(view.stuck, RescueResult::Skipped) + u64::from(view.stuck.truncated);
    report.exit = exit(outcome, not_rescued);
    add_stop_error(&mut report, outcome);
    summarize(&mut report, view, outcome.written);
    report
}

/// Returns the numbers of jobs that are queued again and that became dead letters; none if some
/// jobs were not written.
fn written_counts(found: &StuckJobs, outcome: &Outcome) -> Option<(u64, u64)> {
    let (queued, dead) =
        (count_with(found, RescueResult::Queued), count_with(found, RescueResult::DeadLetter));
    (outcome.written == queued + dead).then_some((queued, dead))
}

fn json(view: &RescuePlanView<'_>, outcome: Option<OutcomeJson>) -> RescueJson {
    let jobs = view.stuck.jobs.iter().take(NAMED).map(|job| StuckJobJson {
        id: job.id.to_string(),
        kind: job.kind.clone(),
        worker: job.worker.clone(),
        silent: job.heartbeat_age,
        sign: job.sign.as_str(),
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        worker_beats_elsewhere: job.other_job_heartbeat_age,
        becomes: job.result.as_str(),
    });
    RescueJson {
        stale: view.stuck_after.as_secs_f64(),
        silent: view.stuck.jobs.len() as u64,
        cut: view.stuck.truncated,
        never_beat: view.stuck.without_heartbeat,
        jobs: jobs.collect(),
        outcome,
    }
}

fn summarize(report: &mut Report, view: &RescuePlanView<'_>, rescued: u64) {
    report.summary = vec![("silent", view.stuck.jobs.len().into()), ("rescued", rescued.into())];
}
