//! The outcome of a write to jobs: the part that the reports of requeue, undo and rescue share.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Report, Table};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationId;
use crate::facts::requeue::{Outcome, WriteSkip, WriteStop};
use crate::text::{count, first_line, plural};

/// Maximum number of jobs in the table.
pub(crate) const SHOWN: usize = 10;
/// Maximum number of jobs in each list of the JSON.
pub(crate) const NAMED: usize = 1_000;

/// A job with its state or an explanation.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct JobReasonJson {
    /// Id of the job.
    pub(crate) id: String,
    /// State of the job, reason for skipping it, or database error.
    pub(crate) why: Option<String>,
}

/// Outcome of a write to jobs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OutcomeJson {
    operation: String,
    done: u64,
    skipped: u64,
    errors: u64,
    left: u64,
    in_doubt: u64,
    skipped_jobs: Vec<JobReasonJson>,
    error_jobs: Vec<JobReasonJson>,
    /// 99th percentile of the time that transactions held locks, in milliseconds.
    lock_hold_p99_ms: f64,
}

/// Returns the exit code of a write: 0 applied completely, 75 in part, 77 refused; 130 or 3 if
/// nothing was written because of an interrupt or an error. `not_written` is the number of jobs
/// that were not attempted.
pub(crate) fn exit(outcome: &Outcome, not_written: u64) -> ExitCode {
    let has_written = outcome.written + outcome.in_doubt > 0;
    match &outcome.stopped {
        Some(WriteStop::AllOrNothing(_)) => ExitCode::Refused,
        Some(WriteStop::Rejected { .. } | WriteStop::Undone) if !has_written => ExitCode::Refused,
        Some(WriteStop::Interrupted) if !has_written => ExitCode::Interrupted,
        Some(WriteStop::Database(_)) if !has_written => ExitCode::Unknown,
        Some(_) => ExitCode::Partial,
        None => {
            let missed = outcome.skipped.len() + outcome.errors.len();
            match (missed, not_written) {
                (0, 0) => ExitCode::Ok,
                (1.., _) if !has_written => ExitCode::Refused,
                _ => ExitCode::Partial,
            }
        }
    }
}

/// Adds the error that stopped a write to the errors of the report.
pub(crate) fn add_stop_error(report: &mut Report, outcome: &Outcome) {
    match &outcome.stopped {
        Some(WriteStop::Database(error)) => report.errors.push(error.clone().into()),
        Some(WriteStop::AllOrNothing(message)) => {
            let error = Error::refused(
                "not every job could be written, and ids are all or nothing: nothing was written",
            );
            let jobs = outcome.errors.iter().take(SHOWN);
            let error = jobs.fold(error, |error, (id, why)| {
                error.cause(format!("job {id}: {}", first_line(why)))
            });
            report.errors.push(match message {
                Some(message) if outcome.errors.is_empty() => error.cause(first_line(message)),
                _ => error,
            });
        }
        Some(WriteStop::Rejected { jobs, message }) => report.errors.push(
            Error::refused(format!(
                "the database rejected {} in a row",
                plural(*jobs, "job", "jobs")
            ))
            .cause(first_line(message)),
        ),
        Some(WriteStop::Interrupted | WriteStop::Undone) | None => {}
    }
}

/// Adds the counts and the jobs that were not written. `verb` is the label of the written jobs.
pub(crate) fn add_outcome(
    document: &mut Document,
    operation: &OperationId,
    o: &Outcome,
    label: &'static str,
) {
    let mut pairs = vec![
        ("operation", Cell::strong(operation.to_string())),
        (label, Cell::strong(count(o.written))),
    ];
    for skip in [WriteSkip::Changed, WriteSkip::Locked] {
        let n = o.skipped.iter().filter(|(_, s)| *s == skip).count() as u64;
        let reason =
            if skip == WriteSkip::Changed { "skipped: changed" } else { "skipped: locked" };
        if n > 0 {
            pairs.push((reason, Cell::plain(count(n))));
        }
    }
    let remaining =
        [("errors", o.errors.len() as u64), ("left", o.not_requeued), ("in doubt", o.in_doubt)];
    pairs.extend(
        remaining.into_iter().filter(|(_, n)| *n > 0).map(|(l, n)| (l, Cell::plain(count(n)))),
    );
    document.push(Block::Pairs(pairs));
    match &o.stopped {
        Some(WriteStop::Interrupted) => {
            document.note("interrupted: what was written stays written")
        }
        Some(WriteStop::Undone) => {
            document.note("stopped: somebody took jobs of this operation back (dlq undo)");
        }
        Some(WriteStop::AllOrNothing(message)) => {
            document.note("all or nothing was asked for, and not all can be: nothing was written");
            if let Some(message) = message.as_ref().filter(|_| o.errors.is_empty()) {
                document.note(format!("the database says: {}", first_line(message)));
            }
        }
        Some(WriteStop::Rejected { jobs, message }) => document.note(format!(
            "stopped: the database rejected {} in a row for one reason: {}",
            plural(*jobs, "job", "jobs"),
            first_line(message)
        )),
        Some(WriteStop::Database(error)) => document.note(format!("stopped: {error}")),
        None => {}
    }
    let mut table = Table::listing(vec![Column::text("job"), Column::prose("why not")]);
    for (id, more, message) in by_message(&o.errors).into_iter().take(SHOWN) {
        let jobs = match more {
            0 => id.to_string(),
            more => format!("{id} and {} more", count(more)),
        };
        table.row(vec![Cell::plain(jobs), Cell::plain(first_line(message))]);
    }
    for (id, skip) in o.skipped.iter().take(SHOWN) {
        table.row(vec![Cell::plain(id.to_string()), Cell::plain(skip.as_str())]);
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
}

/// Returns each message once, with the first of its jobs and the number of its other ones.
fn by_message(errors: &[(JobId, String)]) -> Vec<(JobId, u64, &str)> {
    let mut rows: Vec<(JobId, u64, &str)> = vec![];
    for (id, message) in errors {
        match rows.iter_mut().find(|(.., known)| known == message) {
            Some((_, more, _)) => *more += 1,
            None => rows.push((*id, 0, message)),
        }
    }
    rows
}

/// Returns the outcome as JSON.
pub(crate) fn outcome_json(operation: &OperationId, outcome: &Outcome) -> OutcomeJson {
    let skipped = outcome.skipped.iter().take(NAMED);
    let errors = outcome.errors.iter().take(NAMED);
    OutcomeJson {
        operation: operation.to_string(),
        done: outcome.written,
        skipped: outcome.skipped.len() as u64,
        errors: outcome.errors.len() as u64,
        left: outcome.not_requeued,
        in_doubt: outcome.in_doubt,
        skipped_jobs: skipped
            .map(|(id, skip)| JobReasonJson {
                id: id.to_string(),
                why: Some(skip.as_str().to_owned()),
            })
            .collect(),
        error_jobs: errors
            .map(|(id, message)| JobReasonJson { id: id.to_string(), why: Some(message.clone()) })
            .collect(),
        lock_hold_p99_ms: lock_p99_millis(outcome),
    }
}

fn lock_p99_millis(outcome: &Outcome) -> f64 {
    let mut times: Vec<_> = outcome.transactions.iter().map(|t| t.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    let index = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    times.get(index).map_or(0.0, |ms| (ms * 10.0).round() / 10.0)
}
