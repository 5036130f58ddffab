//! The answers of `jobs rescue`: the evidence, the account.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::write_outcome::{OutcomeJson, account, exit, note_stop, outcome_json};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationId;
use crate::facts::requeue::{Outcome, WriteStop};
use crate::facts::stuck_job::{RescueResult, StuckJob, StuckJobs};
use crate::permit;
use crate::text::{age, count, format_duration, plural};

/// Jobs that the human report shows.
const SHOWN: usize = 20;
/// Jobs that the JSON names.
const NAMED: usize = 1_000;

/// What was found, and where.
pub struct RescuePlanView<'a> {
    /// The silent jobs.
    pub found: &'a StuckJobs,
    /// The jobs that were asked for; all that are silent where none were.
    pub only: &'a [JobId],
    /// The context that guards this database, by name.
    pub protected: Option<&'a str>,
    /// From which silence on.
    pub stuck_after: Duration,
    /// Context and database.
    pub from: Provenance,
    /// There are no events: the record stays on this machine.
    pub journal_only: bool,
}

/// `data` of `jobs rescue`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RescueJson {
    /// Seconds of silence from which a job is meant.
    stale: f64,
    silent: u64,
    /// Whether more are silent than were read.
    cut: bool,
    /// Jobs in progress that never gave a sign of life; left alone.
    never_beat: u64,
    /// The longest silence first, at most 1,000.
    jobs: Vec<SilentJson>,
    /// Null where nothing was written.
    outcome: Option<OutcomeJson>,
}

/// A silent job and the evidence.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SilentJson {
    id: String,
    kind: Option<String>,
    worker: Option<String>,
    /// Seconds since the last sign of life, by the database's clock.
    silent: f64,
    /// `heartbeat` or `lock`.
    sign: &'static str,
    attempts: Option<i64>,
    max_attempts: Option<i64>,
    /// Seconds since the same worker's last sign of life on another job; null where it gives none.
    worker_beats_elsewhere: Option<f64>,
    /// `waits`, `dies`, or `left` (attempts used up, and this schema has no dead letters).
    becomes: &'static str,
}

/// The plan for people: on stderr before the question, on stdout with `--dry-run`.
#[must_use]
pub fn document(facing: &RescuePlanView<'_>) -> Document {
    let found = facing.found;
    let mut document = Document::default();
    document.push(title_line::title("rescue plan", &facing.from));
    document.push(Block::Pairs(vec![
        ("silent for", Cell::plain(format!("more than {}", format_duration(facing.stuck_after)))),
        ("back to waiting", Cell::strong(count(of(found, RescueResult::Queued)))),
        ("dead: last attempt", Cell::strong(count(of(found, RescueResult::DeadLetter)))),
    ]));
    if !found.jobs.is_empty() {
        document.push(Block::Table(evidence(&found.jobs)));
    }
    if found.jobs.len() > SHOWN {
        document.note(format!("{} more are not shown", count((found.jobs.len() - SHOWN) as u64)));
    }
    notes(&mut document, facing);
    document
}

fn notes(document: &mut Document, facing: &RescuePlanView<'_>) {
    let (found, left) = (facing.found, of(facing.found, RescueResult::Skipped));
    if left > 0 {
        let jobs = plural(left, "job has", "jobs have");
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
    let alive =
        found.jobs.iter().filter(|job| job.other_job_heartbeat_age.is_some()).count() as u64;
    if alive > 0 {
        let jobs = plural(alive, "job's worker", "jobs' workers");
        document.note(format!(
            "{jobs} still beat on other jobs: a hung job, perhaps, and not a dead worker; it may still finish"
        ));
    }
    if facing.journal_only && !found.jobs.is_empty() {
        document.note("this database keeps no events: the record stays on this machine");
    }
}

fn of(found: &StuckJobs, fate: RescueResult) -> u64 {
    found.jobs.iter().filter(|job| job.result == fate).count() as u64
}

fn evidence(jobs: &[StuckJob]) -> Table {
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
        let sign = if job.has_heartbeat { "heartbeat" } else { "lock" };
        let elsewhere = job
            .other_job_heartbeat_age
            .map_or("silent".to_owned(), |s| format!("beat {} ago", age(s)));
        let attempt = match (job.attempts, job.max_attempts) {
            (Some(made), Some(allowed)) => format!("{} of {allowed}", made.saturating_add(1)),
            _ => "-".to_owned(),
        };
        let becomes = match job.result {
            RescueResult::Queued => Cell::plain("waiting"),
            RescueResult::DeadLetter => Cell::value_with_status("dead", Status::Warning),
            RescueResult::Skipped => Cell::muted("left alone"),
        };
        table.row(vec![
            Cell::strong(job.id.to_string()),
            Cell::plain(job.kind.as_deref().unwrap_or("-")),
            Cell::plain(job.worker.as_deref().unwrap_or("-")),
            Cell::plain(format!("{sign} {} ago", age(job.heartbeat_age))),
            Cell::plain(elsewhere),
            Cell::plain(attempt),
            becomes,
        ]);
    }
    table
}

/// The plan as the answer: a rehearsal, or nothing to do.
#[must_use]
pub fn planned(facing: &RescuePlanView<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(facing);
    if let Some(why) = obstacle {
        document.note(format!("it could not be applied here: {why}"));
    }
    document.note(if facing.found.jobs.is_empty() {
        "no job is silent: nothing to rescue"
    } else {
        "nothing was written"
    });
    if dry_run && obstacle.is_none() && !facing.found.jobs.is_empty() {
        let jobs = facing.found.jobs.len() as u64;
        let only: String = facing.only.iter().map(|id| format!(" {id}")).collect();
        let flags = permit::flags(facing.protected, jobs, None);
        let rescue = format!("cliplyctl jobs rescue{only}{flags}");
        document.next(vec![(rescue, "shows this again, and asks before it writes")]);
    }
    let mut report = Report::listing("jobs rescue", json(facing, None), document);
    summarise(&mut report, facing, 0);
    // A rehearsal could answer; asked to write, jobs that stay silent are work left.
    if !dry_run && of(facing.found, RescueResult::Skipped) > 0 {
        report.exit = ExitCode::Partial;
    }
    report
}

/// The account of a rescue.
#[must_use]
pub fn applied(facing: &RescuePlanView<'_>, operation: &OperationId, outcome: &Outcome) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("rescue", &facing.from));
    account(&mut document, operation, outcome, "rescued");
    let more = outcome.not_requeued + outcome.in_doubt > 0 || facing.found.truncated;
    let mut next = Vec::new();
    if more && outcome.stopped != Some(WriteStop::AllOrNothing) {
        next.push(("cliplyctl jobs rescue", "go on with what is still silent"));
    }
    if let Some((waits, dead)) = became(facing.found, outcome) {
        document.note(format!("{} waiting again, {} dead", count(waits), count(dead)));
        if dead > 0 {
            next.push(("cliplyctl dlq list", "those that became dead letters come first"));
        }
    }
    next.push(("cliplyctl queue", "whether workers take them"));
    document.next(next.into_iter().map(|(command, why)| (command.to_owned(), why)).collect());
    let data = json(facing, Some(outcome_json(operation, outcome)));
    let mut report = Report::listing("jobs rescue", data, document);
    let left = of(facing.found, RescueResult::Skipped) + u64::from(facing.found.truncated);
    report.exit = exit(outcome, left);
    note_stop(&mut report, outcome);
    summarise(&mut report, facing, outcome.done);
    report
}

/// How many wait again, and how many became dead letters; none where some were not written.
fn became(found: &StuckJobs, outcome: &Outcome) -> Option<(u64, u64)> {
    let (waits, dead) = (of(found, RescueResult::Queued), of(found, RescueResult::DeadLetter));
    (outcome.done == waits + dead).then_some((waits, dead))
}

fn json(facing: &RescuePlanView<'_>, outcome: Option<OutcomeJson>) -> RescueJson {
    let jobs = facing.found.jobs.iter().take(NAMED).map(|job| SilentJson {
        id: job.id.to_string(),
        kind: job.kind.clone(),
        worker: job.worker.clone(),
        silent: job.heartbeat_age,
        sign: if job.has_heartbeat { "heartbeat" } else { "lock" },
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        worker_beats_elsewhere: job.other_job_heartbeat_age,
        becomes: job.result.as_str(),
    });
    RescueJson {
        stale: facing.stuck_after.as_secs_f64(),
        silent: facing.found.jobs.len() as u64,
        cut: facing.found.truncated,
        never_beat: facing.found.without_heartbeat,
        jobs: jobs.collect(),
        outcome,
    }
}

fn summarise(report: &mut Report, facing: &RescuePlanView<'_>, rescued: u64) {
    report.summary = vec![("silent", facing.found.jobs.len().into()), ("rescued", rescued.into())];
}
