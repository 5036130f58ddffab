//! The account of a write, whatever it wrote: what was done, skipped, refused and left.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Report, Table};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::operation::OperationId;
use crate::facts::requeue::{Outcome, WriteSkip, WriteStop};
use crate::text::{count, first_line};

/// Jobs that the human report shows.
pub const SHOWN: usize = 10;
/// Jobs that the JSON names, by list.
pub const NAMED: usize = 1_000;

/// A job and a word about it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NamedJson {
    /// The job.
    pub id: String,
    /// Its state, or why it was skipped, or what the database said.
    pub why: Option<String>,
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutcomeJson {
    operation: String,
    done: u64,
    skipped: u64,
    errors: u64,
    left: u64,
    in_doubt: u64,
    skipped_jobs: Vec<NamedJson>,
    error_jobs: Vec<NamedJson>,
    /// Milliseconds that locks were held at most, 99 of 100 transactions.
    lock_hold_p99_ms: f64,
}

/// How a write ends: all applied 0, in part 75, nothing 77, 130 or 3.
#[must_use]
pub fn exit(outcome: &Outcome, left_behind: u64) -> ExitCode {
    let written = outcome.done + outcome.in_doubt > 0;
    match &outcome.stopped {
        Some(WriteStop::AllOrNothing) => ExitCode::Refused,
        Some(WriteStop::Interrupted) if !written => ExitCode::Interrupted,
        Some(WriteStop::Database(_)) if !written => ExitCode::Unknown,
        Some(_) => ExitCode::Partial,
        None => {
            let missed = outcome.skipped.len() + outcome.errors.len();
            if missed as u64 + left_behind > 0 { ExitCode::Partial } else { ExitCode::Ok }
        }
    }
}

/// Adds what ended a write early to a report's errors.
pub fn note_stop(report: &mut Report, outcome: &Outcome) {
    match &outcome.stopped {
        Some(WriteStop::Database(error)) => report.errors.push(error.clone().into()),
        Some(WriteStop::AllOrNothing) => report.errors.push(Error::refused(
            "not every job could be written, and ids are all or nothing: nothing was written",
        )),
        Some(WriteStop::Interrupted | WriteStop::Undone) | None => {}
    }
}

/// The account of every job for people.
pub fn account(document: &mut Document, operation: &OperationId, o: &Outcome, verb: &'static str) {
    let mut pairs = vec![
        ("operation", Cell::strong(operation.to_string())),
        (verb, Cell::strong(count(o.done))),
    ];
    for skip in [WriteSkip::Changed, WriteSkip::Locked] {
        let n = o.skipped.iter().filter(|(_, s)| *s == skip).count() as u64;
        let label = if skip == WriteSkip::Changed { "skipped: changed" } else { "skipped: locked" };
        if n > 0 {
            pairs.push((label, Cell::plain(count(n))));
        }
    }
    let rest =
        [("errors", o.errors.len() as u64), ("left", o.not_requeued), ("in doubt", o.in_doubt)];
    pairs.extend(rest.into_iter().filter(|(_, n)| *n > 0).map(|(l, n)| (l, Cell::plain(count(n)))));
    document.push(Block::Pairs(pairs));
    match &o.stopped {
        Some(WriteStop::Interrupted) => {
            document.note("interrupted: what was written stays written")
        }
        Some(WriteStop::Undone) => {
            document.note("stopped: somebody took jobs of this operation back (dlq undo)");
        }
        Some(WriteStop::AllOrNothing) => {
            document.note("all or nothing was asked for, and not all can be: nothing was written");
        }
        Some(WriteStop::Database(error)) => document.note(format!("stopped: {error}")),
        None => {}
    }
    let mut table = Table::listing(vec![Column::text("job"), Column::prose("why not")]);
    for (id, words) in o.errors.iter().take(SHOWN) {
        table.row(vec![Cell::plain(id.to_string()), Cell::plain(first_line(words))]);
    }
    for (id, skip) in o.skipped.iter().take(SHOWN) {
        table.row(vec![Cell::plain(id.to_string()), Cell::plain(skip.as_str())]);
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
}

/// The account of every job for scripts.
#[must_use]
pub fn outcome_json(operation: &OperationId, outcome: &Outcome) -> OutcomeJson {
    let skipped = outcome.skipped.iter().take(NAMED);
    let errors = outcome.errors.iter().take(NAMED);
    OutcomeJson {
        operation: operation.to_string(),
        done: outcome.done,
        skipped: outcome.skipped.len() as u64,
        errors: outcome.errors.len() as u64,
        left: outcome.not_requeued,
        in_doubt: outcome.in_doubt,
        skipped_jobs: skipped
            .map(|(id, skip)| NamedJson { id: id.to_string(), why: Some(skip.as_str().to_owned()) })
            .collect(),
        error_jobs: errors
            .map(|(id, words)| NamedJson { id: id.to_string(), why: Some(words.clone()) })
            .collect(),
        lock_hold_p99_ms: p99(outcome),
    }
}

fn p99(outcome: &Outcome) -> f64 {
    let mut times: Vec<_> = outcome.transactions.iter().map(|t| t.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    let at = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |ms| (ms * 10.0).round() / 10.0)
}
