//! The report of `jobs list`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::checks::next;
use crate::facts::Suggestion;
use crate::facts::job::{JobLine, JobState};
use crate::facts::stuck_job::SignOfLife;
use crate::suggest::ShellCommand;
use crate::text::{age, first_line};

/// `data` of `jobs list`. Ages are in seconds by the database clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobsJson {
    /// Listed state: `due`, `scheduled`, `running`, `stuck`, `failed`, `finished`,
    /// `dead`, `canceled` or `unknown`.
    state: &'static str,
    /// Whether there are more jobs than listed.
    more: bool,
    jobs: Vec<JobLineJson>,
}

/// A listed job.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobLineJson {
    id: String,
    kind: Option<String>,
    /// Worker that locked the job.
    worker: Option<String>,
    attempts: Option<i64>,
    /// Number of the attempt that runs; null unless the job is claimed and it is known when attempts are counted.
    running_attempt: Option<i64>,
    max_attempts: Option<i64>,
    /// Cause of the last failure; null unless the job is failed or dead.
    error: Option<String>,
    /// Time since the job became due; negative if it is scheduled.
    due_age_seconds: Option<f64>,
    /// Time since the last heartbeat, otherwise since the lock or the last change.
    heartbeat_age_seconds: Option<f64>,
    /// Source of the heartbeat age: `heartbeat`, `lock` or `change`; null without an age.
    heartbeat_source: Option<&'static str>,
    /// Time since the last change of the row.
    updated_age_seconds: Option<f64>,
}

/// Builds the report of at most `limit` of the jobs that were read. If a rescue is refused, none is suggested.
pub(crate) fn report(
    state: JobState,
    jobs: &[JobLine],
    limit: usize,
    is_rescue_refused: bool,
    from: &Provenance,
) -> Report {
    let (shown, more) = (&jobs[..jobs.len().min(limit)], jobs.len() > limit);
    let mut document = Document::default();
    document.summary(headline(state, shown.len(), more));
    document.push(title_line::title_at(format!("{} jobs", state.as_str()), from));
    if !shown.is_empty() {
        document.push(Block::Table(table(state, shown)));
        let order = match state {
            JobState::Running | JobState::Stuck if are_locks(shown) => "by time of the lock",
            _ => state.order(),
        };
        document.note(match more {
            true => format!("Showing {limit} (more: --limit N), sorted {order}."),
            false => format!("Sorted {order}."),
        });
    }
    if let Some(first) = shown.first() {
        let command = ShellCommand::new("jobs show").arg(&first.id);
        let mut steps =
            vec![Suggestion::new(command, "the first one: state, errors, payload, events")];
        if state == JobState::Stuck && !is_rescue_refused {
            steps.insert(0, next::RESCUE_PREVIEW);
        }
        document.next(steps);
    }
    let data = JobsJson { state: state.as_str(), more, jobs: shown.iter().map(json).collect() };
    let mut report = Report::listing("jobs list", data, document);
    report.summary = vec![("jobs", shown.len().into())];
    report
}

/// `4 stuck jobs`, `More than 20 due jobs`, or `No failed jobs.`
fn headline(state: JobState, shown: usize, more: bool) -> String {
    let name = state.as_str();
    match (shown as u64, more) {
        (0, _) => format!("No {name} jobs."),
        (shown, true) => format!("More than {} {name} jobs", crate::text::count(shown)),
        (1, false) => format!("1 {name} job"),
        (shown, false) => format!("{} {name} jobs", crate::text::count(shown)),
    }
}

/// Whether none of these claimed jobs has a heartbeat, so that their locks are shown.
fn are_locks(jobs: &[JobLine]) -> bool {
    jobs.iter().all(|job| job.sign == SignOfLife::Lock)
}

/// The age of the heartbeat, or of what there is instead.
fn heartbeat(job: &JobLine, are_locks: bool) -> String {
    match (job.sign, job.heartbeat_age.map(age)) {
        (_, None) => "-".to_owned(),
        (SignOfLife::Lock, Some(age)) if !are_locks => format!("none (lock {age})"),
        (_, Some(age)) => age,
    }
}

fn table(state: JobState, jobs: &[JobLine]) -> Table {
    let are_locks = are_locks(jobs);
    let time_title = match state {
        JobState::Due => "due for",
        JobState::Scheduled => "due in",
        JobState::Blocked => "blocked for",
        JobState::Running | JobState::Stuck if are_locks => "locked for",
        JobState::Running | JobState::Stuck => "heartbeat",
        JobState::Failed
        | JobState::Finished
        | JobState::Dead
        | JobState::Canceled
        | JobState::Unknown => "last change",
    };
    let (is_claimed, has_error) = (
        matches!(state, JobState::Running | JobState::Stuck),
        matches!(state, JobState::Failed | JobState::Dead),
    );
    let mut table = Table::listing(vec![
        Column::text("job"),
        Column::text("kind"),
        Column::number(time_title),
        Column::text(if is_claimed { "attempt" } else { "attempts" }),
        if has_error { Column::prose("error") } else { Column::text("worker") },
    ]);
    for job in jobs {
        let seconds = match state {
            JobState::Due | JobState::Blocked => job.due_age.or(job.changed_age),
            JobState::Scheduled => job.due_age.map(|age| -age),
            JobState::Running | JobState::Stuck => job.heartbeat_age,
            JobState::Failed
            | JobState::Finished
            | JobState::Dead
            | JobState::Canceled
            | JobState::Unknown => job.changed_age,
        };
        let shown = match (job.running_attempt, job.attempts) {
            (Some(running), _) => running.to_string(),
            // Not known whether the running attempt is counted.
            (None, Some(counted)) if is_claimed => {
                format!("{counted} or {}", counted.saturating_add(1))
            }
            (None, Some(counted)) => counted.to_string(),
            (None, None) => String::new(),
        };
        let attempts = match job.max_attempts {
            _ if shown.is_empty() => "-".to_owned(),
            Some(max) => format!("{shown} of {max}"),
            None => shown,
        };
        table.row(vec![
            Cell::strong(&job.id),
            Cell::plain(job.kind.as_deref().unwrap_or("-")),
            Cell::plain(match state {
                JobState::Running | JobState::Stuck => heartbeat(job, are_locks),
                _ => seconds.map_or_else(|| "-".to_owned(), age),
            }),
            Cell::plain(attempts),
            if has_error {
                Cell::plain(job.error.as_deref().map_or("-", first_line))
            } else {
                Cell::plain(job.worker.as_deref().unwrap_or("-"))
            },
        ]);
    }
    table
}

fn json(job: &JobLine) -> JobLineJson {
    let round = |age: Option<f64>| age.map(f64::round);
    JobLineJson {
        id: job.id.clone(),
        kind: job.kind.clone(),
        worker: job.worker.clone(),
        attempts: job.attempts,
        running_attempt: job.running_attempt,
        max_attempts: job.max_attempts,
        error: job.error.clone(),
        due_age_seconds: round(job.due_age),
        heartbeat_age_seconds: round(job.heartbeat_age),
        heartbeat_source: job.heartbeat_age.map(|_| job.sign.as_str()),
        updated_age_seconds: round(job.changed_age),
    }
}
