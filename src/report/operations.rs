//! The reports of `dlq ops` and `dlq undo`.

use schemars::JsonSchema;
use serde::Serialize;

use super::write_outcome::{OutcomeJson, add_outcome, add_stop_error, exit, outcome_json};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::job_id::JobId;
use crate::facts::operation::{
    AppRequeues, OperationId, OperationSummary, OperationType, STATE_UNDONE,
};
use crate::facts::requeue::Outcome;
use crate::text::ShellCommand;
use crate::text::{age, count, plural, some_of};

/// `data` of `dlq ops`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OperationsJson {
    operations: Vec<OperationJson>,
    /// Jobs that the app's own function requeued, among the newest events.
    app_requeues: u64,
}

/// A recorded operation.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OperationJson {
    operation: String,
    /// Type of the operation: `requeue`, `undo` or `rescue`.
    deed: &'static str,
    actor: Option<String>,
    host: Option<String>,
    reason: Option<String>,
    /// Age in seconds by the database clock.
    age: f64,
    jobs: u64,
    /// Number of planned jobs if the local journal shows an interrupted operation; otherwise null.
    planned: Option<u64>,
    /// Number of its jobs by current state; `undone` or `moved on` for jobs of a later operation.
    now: Vec<(String, u64)>,
}

/// Builds the report of `dlq ops`.
pub(crate) fn listing(
    operations: &[OperationSummary],
    by_app: AppRequeues,
    examined: &str,
    from: &Provenance,
) -> Report {
    let mut document = Document::default();
    document.push(title_line::title("operations", from));
    if operations.is_empty() {
        document.note("none found");
    } else {
        document.push(Block::Table(table(operations)));
    }
    if by_app.jobs > 0 {
        document.note(format!(
            "{} by the app's own function, the last one {} ago",
            plural(by_app.jobs, "requeue", "requeues"),
            age(by_app.age)
        ));
    }
    document.note(examined.to_owned());
    document.next(next(operations));
    let rows = operations.iter().map(|o| OperationJson {
        operation: o.operation.to_string(),
        deed: o.operation_type.as_str(),
        actor: o.actor.clone(),
        host: o.host.clone(),
        reason: o.reason.clone(),
        age: o.age.round(),
        jobs: o.jobs,
        planned: o.unfinished.as_ref().map(|unfinished| unfinished.planned),
        now: o.now.clone(),
    });
    Report::listing(
        "dlq ops",
        OperationsJson { operations: rows.collect(), app_requeues: by_app.jobs },
        document,
    )
}

/// Returns the commands that follow the latest operation, if it is a requeue, and that resume an
/// unfinished one.
fn next(operations: &[OperationSummary]) -> Vec<(String, &'static str)> {
    let latest =
        operations.first().filter(|o| o.operation_type == OperationType::Requeue && o.jobs > 0);
    let follow = latest.map(|o| {
        (
            ShellCommand::new("dlq follow").arg(&o.operation).into(),
            "what became of the latest requeue",
        )
    });
    // An undone operation must not be resumed.
    let is_undone = |o: &OperationSummary| o.now.iter().any(|(state, _)| state == STATE_UNDONE);
    let resume = operations.iter().filter(|o| !is_undone(o)).find_map(|o| {
        let flags = &o.unfinished.as_ref()?.flags;
        let command =
            ShellCommand::new("dlq requeue --resume").arg(&o.operation).flags(flags).into();
        Some((command, "shows what an unfinished one left, and asks"))
    });
    follow.into_iter().chain(resume).collect()
}

fn table(operations: &[OperationSummary]) -> Table {
    let mut table = Table::new(vec![
        Column::text("operation"),
        Column::number("ago"),
        Column::text("who"),
        Column::number("jobs"),
        Column::prose("now"),
        Column::prose("why"),
    ]);
    for o in operations {
        let who =
            format!("{}@{}", o.actor.as_deref().unwrap_or("?"), o.host.as_deref().unwrap_or("?"));
        let now: Vec<_> = o.now.iter().map(|(state, n)| format!("{} {state}", count(*n))).collect();
        let jobs = match o.operation_type {
            OperationType::Requeue => match &o.unfinished {
                Some(unfinished) => format!("{} of {}", count(o.jobs), count(unfinished.planned)),
                None => count(o.jobs),
            },
            OperationType::Undo => format!("{} undone", count(o.jobs)),
            OperationType::Rescue => format!("{} rescued", count(o.jobs)),
        };
        table.row(vec![
            Cell::strong(o.operation.to_string()),
            Cell::plain(age(o.age)),
            Cell::plain(who),
            Cell::plain(jobs),
            Cell::plain(now.join(", ")),
            Cell::plain(o.reason.as_deref().unwrap_or("-")),
        ]);
    }
    table
}

/// Maximum number of changed jobs that are listed by id.
const NAMED: usize = 5;

/// Plan of an undo: the operation and its jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UndoScope<'a> {
    /// The operation to undo.
    pub(crate) operation: &'a OperationId,
    /// Jobs that can be returned to dead letters.
    pub(crate) eligible: u64,
    /// Jobs that an earlier undo returned to dead letters.
    pub(crate) undone: u64,
    /// Jobs that were claimed or changed since.
    pub(crate) changed_since: u64,
    /// Ids of jobs that were claimed or changed since, as far as the events name them.
    pub(crate) named: &'a [JobId],
}

/// Builds the plan of an undo.
pub(crate) fn undo_plan(scope: &UndoScope<'_>, from: &Provenance) -> Document {
    let mut document = Document::default();
    document.push(title_line::title("undo plan", from));
    let mut pairs = vec![
        ("operation", Cell::strong(scope.operation.to_string())),
        ("to put back", Cell::strong(count(scope.eligible))),
        ("moved on since", Cell::plain(count(scope.changed_since))),
    ];
    if scope.undone > 0 {
        pairs.push(("undone before", Cell::plain(count(scope.undone))));
    }
    document.push(Block::Pairs(pairs));
    if scope.undone > 0 {
        let jobs = plural(scope.undone, "job was", "jobs were");
        document.note(format!("{jobs} put back by an earlier undo of this operation"));
    }
    note_changed_since(&mut document, scope);
    document
}

/// Adds a note about the jobs that the undo skips because they were claimed or changed since.
fn note_changed_since(document: &mut Document, scope: &UndoScope<'_>) {
    if scope.changed_since > 0 {
        let jobs = plural(scope.changed_since, "job was", "jobs were");
        let stay = if scope.changed_since == 1 { "stays as it is" } else { "stay as they are" };
        let sentence = format!("{jobs} claimed or changed since and {stay}");
        let named: Vec<_> = scope.named.iter().map(ToString::to_string).collect();
        document.note(match named.is_empty() {
            true => sentence,
            false => format!("{sentence}: {}", some_of(&named, NAMED)),
        });
    }
}

/// `data` of `dlq undo`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UndoJson {
    undoes: String,
    eligible: u64,
    /// Number of jobs that an earlier undo returned to dead letters.
    undone_before: u64,
    moved_on: u64,
    /// Outcome of the writes; null if nothing was written.
    outcome: Option<OutcomeJson>,
}

/// Builds the report of an undo that was not applied.
pub(crate) fn undo_planned(scope: &UndoScope<'_>, dry_run: bool, from: &Provenance) -> Report {
    let mut document = undo_plan(scope, from);
    document.note("nothing was written");
    if scope.eligible > 0 {
        let undo = ShellCommand::new("dlq undo").arg(scope.operation).to_string();
        document.next(vec![(undo, "shows this again, and asks before it writes")]);
    } else if scope.changed_since > 0 {
        let follow = ShellCommand::new("dlq follow").arg(scope.operation).to_string();
        document.next(vec![(follow, "what became of those that moved on")]);
    }
    let mut report = Report::listing("dlq undo", json(scope, None), document);
    if !dry_run && scope.changed_since > 0 {
        report.exit = ExitCode::Refused;
    }
    report
}

/// Builds the report of an undo that was applied.
pub(crate) fn undone(
    scope: &UndoScope<'_>,
    operation: &OperationId,
    outcome: &Outcome,
    from: &Provenance,
) -> Report {
    let mut document = Document::default();
    document.push(title_line::title(format!("undo of {}", scope.operation), from));
    add_outcome(&mut document, operation, outcome, "put back");
    note_changed_since(&mut document, scope);
    let mut next = vec![];
    if scope.changed_since > 0 && outcome.written == scope.eligible {
        document.note("whatever could be put back is: a further undo would find nothing");
    }
    if outcome.not_requeued + outcome.in_doubt > 0 {
        let undo = ShellCommand::new("dlq undo").arg(scope.operation).to_string();
        next.push((undo, "put back the rest; nothing is done twice"));
    }
    if scope.changed_since > 0 {
        next.push((
            ShellCommand::new("dlq follow").arg(scope.operation).to_string(),
            "what became of the others",
        ));
    }
    if next.is_empty() {
        let command = "cliplyctl dlq groups".to_owned();
        next.push((command, "they are dead letters again: what they died of"));
    }
    document.next(next);
    let data = json(scope, Some(outcome_json(operation, outcome)));
    let mut report = Report::listing("dlq undo", data, document);
    report.exit = exit(outcome, scope.changed_since);
    report.summary =
        vec![("undone", outcome.written.into()), ("moved_on", scope.changed_since.into())];
    add_stop_error(&mut report, outcome);
    report
}

fn json(scope: &UndoScope<'_>, outcome: Option<OutcomeJson>) -> UndoJson {
    UndoJson {
        undoes: scope.operation.to_string(),
        eligible: scope.eligible,
        undone_before: scope.undone,
        moved_on: scope.changed_since,
        outcome,
    }
}
