//! The reports of `dlq ops` and `dlq undo`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::write_outcome::{
    OutcomeJson, add_headline, add_outcome, add_stop_error, exit, outcome_json,
};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::job_id::JobId;
use crate::facts::operation::{
    AppRequeues, OperationId, OperationStatus, OperationSummary, OperationType,
    STATE_CHANGED_SINCE, STATE_DELETED, STATE_UNDONE,
};
use crate::facts::requeue::Outcome;
use crate::queue::{Lifecycle, StateNames};
use crate::suggest::ShellCommand;
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
    r#type: &'static str,
    /// `running`, `stopped`, `interrupted`, `complete` or `undone`.
    status: &'static str,
    actor: Option<String>,
    host: Option<String>,
    /// Process on that host; null if it is not recorded.
    pid: Option<String>,
    reason: Option<String>,
    /// Age of the last write by the database clock.
    age_seconds: f64,
    jobs: u64,
    /// Number of planned jobs; null if it is not recorded.
    planned: Option<u64>,
    /// Kind of its jobs; null if they have several, or it is not recorded.
    kind: Option<String>,
    /// Group of its jobs; null if they have several, or it is not recorded.
    group: Option<String>,
    /// Number of its jobs by outcome: `finished`, `failed_again`, `pending`, `undone`, `changed_since`, `deleted`;
    /// `dead` for jobs that an undo or a rescue made dead letters.
    outcome: BTreeMap<&'static str, u64>,
    /// Number of its jobs by current state; `undone` or `changed since` for jobs of a later operation.
    states: Vec<(String, u64)>,
}

/// What `dlq ops` shows.
pub(crate) struct OperationsView<'a> {
    /// The operations, newest first.
    pub(crate) operations: &'a [OperationSummary],
    /// Requeues by the app's own function.
    pub(crate) by_app: AppRequeues,
    /// What the listing does not show, in sentences.
    pub(crate) notes: &'a [String],
    /// The roles of the states of jobs.
    pub(crate) states: &'a StateNames,
}

/// Builds the report of `dlq ops`.
pub(crate) fn listing(view: &OperationsView<'_>, from: &Provenance) -> Report {
    let OperationsView { operations, by_app, notes, states } = *view;
    let mut document = Document::default();
    document.summary(headline(operations));
    document.push(title_line::title_at("operations", from));
    if !operations.is_empty() {
        document.push(Block::Table(table(operations, states)));
    }
    if by_app.jobs > 0 {
        document.note(format!(
            "{} by the app, last {} ago.",
            plural(by_app.jobs, "requeue", "requeues"),
            age(by_app.age)
        ));
    }
    notes.iter().for_each(|note| document.note(note.as_str()));
    document.next(next(operations));
    let rows = operations.iter().map(|o| OperationJson {
        operation: o.operation.to_string(),
        r#type: o.operation_type.as_str(),
        status: o.status.as_str(),
        actor: o.actor.clone(),
        host: o.host.clone(),
        pid: o.pid.clone(),
        reason: o.reason.clone(),
        age_seconds: o.age.round(),
        jobs: o.jobs,
        planned: o.planned,
        kind: o.kind.clone(),
        group: o.group.clone(),
        outcome: outcomes(o, states).into_iter().map(|(key, _, jobs)| (key, jobs)).collect(),
        states: o.now.clone(),
    });
    Report::listing(
        "dlq ops",
        OperationsJson { operations: rows.collect(), app_requeues: by_app.jobs },
        document,
    )
}

/// `3 operations; 1 running, 1 interrupted`
fn headline(operations: &[OperationSummary]) -> String {
    if operations.is_empty() {
        return "No operations.".to_owned();
    }
    let open = [OperationStatus::Running, OperationStatus::Stopped, OperationStatus::Interrupted];
    let open = open.map(|status| {
        (operations.iter().filter(|o| o.status == status).count() as u64, status.as_str())
    });
    let open: Vec<_> = open
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, status)| format!("{} {status}", count(n)))
        .collect();
    let all = plural(operations.len() as u64, "operation", "operations");
    if open.is_empty() { all } else { format!("{all}; {}", open.join(", ")) }
}

/// Returns the commands that follow the latest requeue, and that resume one that is not complete. An operation that
/// is running is never resumed.
fn next(operations: &[OperationSummary]) -> Vec<Suggestion> {
    let is_requeue = |o: &&OperationSummary| o.operation_type == OperationType::Requeue;
    let latest = operations.first().filter(is_requeue).filter(|o| o.jobs > 0);
    let follow = latest.map(|o| {
        let command = ShellCommand::new("dlq follow").arg(&o.operation);
        Suggestion::new(command, "outcome of the latest requeue")
    });
    // Some of its jobs were undone: then resuming is not what the operators want.
    let is_undone = |o: &OperationSummary| o.now.iter().any(|(state, _)| state == STATE_UNDONE);
    let resume = operations.iter().filter(|o| !is_undone(o)).find_map(|o| {
        let flags = o.resume_flags.as_ref()?;
        let command = ShellCommand::new("dlq requeue --resume").arg(&o.operation).args(flags);
        let purpose = format!("resume the {} requeue (asks first)", o.status.as_str());
        Some(Suggestion::new(command, purpose))
    });
    follow.into_iter().chain(resume).collect()
}

fn table(operations: &[OperationSummary], states: &StateNames) -> Table {
    let mut table = Table::listing(vec![
        Column::text("operation"),
        Column::text("type"),
        Column::text("status"),
        Column::number("jobs"),
        Column::number("last write"),
        Column::text("kind").minor(),
        Column::text("group").minor(),
        Column::text("operator").minor(),
        Column::prose("outcome"),
        Column::prose("reason"),
    ]);
    for o in operations {
        let operator =
            format!("{}@{}", o.actor.as_deref().unwrap_or("?"), o.host.as_deref().unwrap_or("?"));
        let jobs = match o.planned {
            Some(planned) if planned > o.jobs => format!("{} of {}", count(o.jobs), count(planned)),
            _ => count(o.jobs),
        };
        let outcome: Vec<_> = outcomes(o, states)
            .into_iter()
            .map(|(_, label, jobs)| format!("{} {label}", count(jobs)))
            .collect();
        table.row(vec![
            Cell::strong(o.operation.to_string()),
            Cell::plain(o.operation_type.as_str()),
            status_cell(o),
            Cell::plain(jobs),
            Cell::plain(format!("{} ago", age(o.age))),
            Cell::plain(o.kind.as_deref().unwrap_or("-")),
            Cell::plain(o.group.as_deref().unwrap_or("-")),
            Cell::plain(operator),
            Cell::plain(if outcome.is_empty() { "-".to_owned() } else { outcome.join(", ") }),
            Cell::plain(o.reason.as_deref().unwrap_or("-")),
        ]);
    }
    table
}

/// `running on desk/4711`
fn status_cell(o: &OperationSummary) -> Cell {
    let name = o.status.as_str();
    match o.status {
        OperationStatus::Running => {
            let host = o.host.as_deref().unwrap_or("?");
            let process = o.pid.as_ref().map_or_else(String::new, |pid| format!("/{pid}"));
            Cell::plain(format!("{name} on {host}{process}"))
        }
        OperationStatus::Stopped | OperationStatus::Interrupted => {
            Cell::value_with_status(name, Status::Warning)
        }
        OperationStatus::Complete | OperationStatus::Undone => Cell::plain(name),
    }
}

/// Returns the number of jobs by outcome: the key, the label and the number, without those that did not occur.
fn outcomes(o: &OperationSummary, states: &StateNames) -> Vec<(&'static str, &'static str, u64)> {
    let is_requeue = o.operation_type == OperationType::Requeue;
    let outcome = |state: &str| match state {
        STATE_UNDONE => ("undone", "undone"),
        STATE_CHANGED_SINCE => ("changed_since", "changed since"),
        STATE_DELETED => ("deleted", "deleted"),
        state => match states.role(state) {
            Lifecycle::Finished => ("finished", "finished"),
            Lifecycle::Dead if is_requeue => ("failed_again", "failed again"),
            Lifecycle::Dead => ("dead", "dead letters"),
            Lifecycle::Queued | Lifecycle::Claimed | Lifecycle::Failed | Lifecycle::Blocked => {
                ("pending", "pending")
            }
            Lifecycle::Canceled | Lifecycle::Other => ("changed_since", "changed since"),
        },
    };
    let mut outcomes: Vec<(&str, &str, u64)> = vec![];
    for (state, jobs) in &o.now {
        let (key, label) = outcome(state);
        match outcomes.iter_mut().find(|(known, ..)| *known == key) {
            Some((.., sum)) => *sum += jobs,
            None => outcomes.push((key, label, *jobs)),
        }
    }
    let order =
        ["finished", "failed_again", "dead", "pending", "undone", "changed_since", "deleted"];
    outcomes.sort_by_key(|(key, ..)| order.iter().position(|other| other == key));
    outcomes
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
    document.summary(match scope.eligible {
        0 => "Nothing to undo.".to_owned(),
        jobs => format!("Plan: return {} to dead letters", plural(jobs, "job", "jobs")),
    });
    document.push(title_line::title("undo plan", from));
    let mut pairs = vec![
        ("operation", Cell::strong(scope.operation.to_string())),
        ("to undo", Cell::strong(count(scope.eligible))),
    ];
    let others = [("changed since", scope.changed_since), ("undone before", scope.undone)];
    let others = others.into_iter().filter(|(_, jobs)| *jobs > 0);
    pairs.extend(others.map(|(label, jobs)| (label, Cell::plain(count(jobs)))));
    document.push(Block::Pairs(pairs));
    note_changed_since(&mut document, scope);
    document
}

/// Adds a note about the jobs that the undo skips because they were claimed or changed since.
fn note_changed_since(document: &mut Document, scope: &UndoScope<'_>) {
    if scope.changed_since > 0 {
        let jobs = plural(scope.changed_since, "job was", "jobs were");
        let sentence = format!("{jobs} claimed or changed since the requeue and cannot be undone");
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
    changed_since: u64,
    /// Outcome of the writes; null if nothing was written.
    outcome: Option<OutcomeJson>,
}

/// Builds the report of an undo that was not applied.
pub(crate) fn undo_planned(scope: &UndoScope<'_>, dry_run: bool, from: &Provenance) -> Report {
    let mut document = undo_plan(scope, from);
    document.note("Nothing was written.");
    if scope.eligible > 0 {
        let undo = ShellCommand::new("dlq undo").arg(scope.operation);
        document.next(vec![Suggestion::new(undo, "apply (asks first)")]);
    } else if scope.changed_since > 0 {
        let follow = ShellCommand::new("dlq follow").arg(scope.operation);
        document.next(vec![Suggestion::new(follow, "outcome of the jobs that changed since")]);
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
    let code = exit(outcome, scope.changed_since);
    add_headline(&mut document, OperationType::Undo, outcome, code);
    document.push(title_line::title(format!("undo of {}", scope.operation), from));
    add_outcome(&mut document, operation, outcome, (OperationType::Undo, scope.undone));
    note_changed_since(&mut document, scope);
    let mut next = vec![];
    if scope.changed_since > 0 && outcome.written == scope.eligible {
        document.note("All jobs that can be undone are undone.");
    }
    if outcome.not_requeued + outcome.in_doubt > 0 {
        let undo = ShellCommand::new("dlq undo").arg(scope.operation);
        next.push(Suggestion::new(undo, "undo the remaining jobs"));
    }
    if scope.changed_since > 0 {
        next.push(Suggestion::new(
            ShellCommand::new("dlq follow").arg(scope.operation),
            "outcome of the jobs that changed since",
        ));
    }
    if next.is_empty() {
        next.push(Suggestion::fixed("dlq groups", "dead letters by cause"));
    }
    document.next(next);
    let data = json(scope, Some(outcome_json(operation, outcome)));
    let mut report = Report::listing("dlq undo", data, document);
    report.exit = code;
    report.summary =
        vec![("undone", outcome.written.into()), ("changed_since", scope.changed_since.into())];
    add_stop_error(&mut report, outcome);
    report
}

fn json(scope: &UndoScope<'_>, outcome: Option<OutcomeJson>) -> UndoJson {
    UndoJson {
        undoes: scope.operation.to_string(),
        eligible: scope.eligible,
        undone_before: scope.undone,
        changed_since: scope.changed_since,
        outcome,
    }
}
