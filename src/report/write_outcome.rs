//! The outcome of a write to jobs: the part that the reports of requeue, undo and rescue share.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Report, Table};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, OperationType};
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
    pub(crate) reason: Option<String>,
}

/// Outcome of a write to jobs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OutcomeJson {
    operation: String,
    written: u64,
    skipped: u64,
    errors: u64,
    not_written: u64,
    /// Jobs in a commit during which the connection was lost: whether they were written is not known.
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
                "refused: not every job can be written, and ids are all or nothing; nothing was written",
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
                "refused: the database rejected {} in a row",
                plural(*jobs, "job", "jobs")
            ))
            .cause(first_line(message)),
        ),
        Some(WriteStop::Interrupted | WriteStop::Undone) | None => {}
    }
}

/// The label of jobs that were written by an earlier run, and of jobs that were not written.
fn other_labels(operation: OperationType) -> (&'static str, &'static str) {
    match operation {
        OperationType::Requeue => ("requeued before", "not requeued"),
        OperationType::Undo => ("undone before", "not undone"),
        OperationType::Rescue => ("rescued before", "not rescued"),
    }
}

/// `14 jobs requeued`
fn describe(operation: OperationType, jobs: u64) -> String {
    match operation {
        OperationType::Requeue => format!("{} requeued", plural(jobs, "job", "jobs")),
        OperationType::Undo => format!("{} returned to dead letters", plural(jobs, "job", "jobs")),
        OperationType::Rescue => format!("{} rescued", plural(jobs, "stuck job", "stuck jobs")),
    }
}

/// Adds the first line of the report: a headline if the exit code is a status, otherwise only its sentence.
pub(crate) fn add_headline(
    document: &mut Document,
    operation_type: OperationType,
    outcome: &Outcome,
    exit: ExitCode,
) {
    let written = describe(operation_type, outcome.written);
    add_headline_of(document, (operation_type, written), outcome, exit);
}

/// As [`add_headline`], with these words for the jobs that were written.
pub(crate) fn add_headline_of(
    document: &mut Document,
    (operation_type, written): (OperationType, String),
    outcome: &Outcome,
    exit: ExitCode,
) {
    let text = headline(operation_type, written, outcome);
    match exit {
        ExitCode::Ok => document.headline(Status::Ok, text),
        ExitCode::Partial => document.headline(Status::Warning, text),
        ExitCode::Critical => document.headline(Status::Critical, text),
        ExitCode::Unknown => document.headline(Status::Unknown, text),
        _ => document.summary(text),
    }
}

fn headline(operation_type: OperationType, written: String, o: &Outcome) -> String {
    let (_, not_written) = other_labels(operation_type);
    let missing = [
        (o.skipped.len() as u64, "skipped"),
        (o.errors.len() as u64, "rejected by the database"),
        (o.not_requeued, not_written),
        (o.in_doubt, "in doubt"),
    ];
    let missing: Vec<_> = missing.into_iter().filter(|(n, _)| *n > 0).collect();
    let missing: Vec<_> =
        missing.iter().map(|(n, label)| format!("{} {label}", count(*n))).collect();
    let with_missing = |written: String| match missing.as_slice() {
        [] => written,
        missing => format!("{written}; {}", missing.join(", ")),
    };
    let counts = with_missing(written);
    match &o.stopped {
        None => counts,
        Some(WriteStop::Interrupted)
            if operation_type == OperationType::Requeue && o.written > 0 =>
        {
            let kept = match o.written {
                1 => "1 job was requeued and stays requeued".to_owned(),
                jobs => format!("{} jobs were requeued and stay requeued", count(jobs)),
            };
            format!("Interrupted: {}", with_missing(kept))
        }
        Some(WriteStop::Interrupted) => format!("Interrupted: {counts}"),
        Some(WriteStop::Undone) => {
            format!("Stopped: another operator undid this operation (dlq undo); {counts}")
        }
        Some(WriteStop::AllOrNothing(_)) => {
            "Refused: not every job can be written, and ids are all or nothing; nothing was written"
                .to_owned()
        }
        Some(WriteStop::Rejected { jobs, message }) => format!(
            "Stopped: the database rejected {} in a row ({}); {counts}",
            plural(*jobs, "job", "jobs"),
            first_line(message)
        ),
        Some(WriteStop::Database(error)) => format!("Stopped: {error}; {counts}"),
    }
}

/// Adds the counts and the jobs that were not written. `before` jobs were written by an earlier run.
pub(crate) fn add_outcome(
    document: &mut Document,
    operation: &OperationId,
    o: &Outcome,
    (operation_type, before): (OperationType, u64),
) {
    add_outcome_of(document, operation, o, (operation_type, operation_type.past_tense(), before));
}

/// As [`add_outcome`], with this label for the jobs that were written.
pub(crate) fn add_outcome_of(
    document: &mut Document,
    operation: &OperationId,
    o: &Outcome,
    (operation_type, written, before): (OperationType, &'static str, u64),
) {
    let mut pairs = vec![
        ("operation", Cell::strong(operation.to_string())),
        (written, Cell::strong(count(o.written))),
    ];
    let skipped = |skip| o.skipped.iter().filter(|(_, s)| *s == skip).count() as u64;
    let (written_before, not_written) = other_labels(operation_type);
    let counts = [
        (written_before, before),
        ("skipped: changed", skipped(WriteSkip::Changed)),
        ("skipped: locked", skipped(WriteSkip::Locked)),
        ("rejected", o.errors.len() as u64),
        (not_written, o.not_requeued),
        ("in doubt", o.in_doubt),
    ];
    let counts = counts.into_iter().filter(|(_, n)| *n > 0);
    pairs.extend(counts.map(|(label, n)| (label, Cell::plain(count(n)))));
    document.push(Block::Pairs(pairs));
    if let Some(WriteStop::AllOrNothing(Some(message))) = &o.stopped
        && o.errors.is_empty()
    {
        document.note(format!("Message of the database: {}", first_line(message)));
    }
    if o.in_doubt > 0 {
        document
            .note("The connection was lost during a commit: check whether its jobs were written.");
    }
    add_missing_jobs(document, o);
}

fn add_missing_jobs(document: &mut Document, o: &Outcome) {
    let mut table = Table::listing(vec![Column::text("job"), Column::prose("reason")]);
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
        written: outcome.written,
        skipped: outcome.skipped.len() as u64,
        errors: outcome.errors.len() as u64,
        not_written: outcome.not_requeued,
        in_doubt: outcome.in_doubt,
        skipped_jobs: skipped
            .map(|(id, skip)| JobReasonJson {
                id: id.to_string(),
                reason: Some(skip.as_str().to_owned()),
            })
            .collect(),
        error_jobs: errors
            .map(|(id, message)| JobReasonJson {
                id: id.to_string(),
                reason: Some(message.clone()),
            })
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
