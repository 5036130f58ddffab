//! The report of `dlq show`.

use schemars::JsonSchema;
use serde::Serialize;

use super::job::{JobJson, details, job_json, overview};
use super::queue::CountJson;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::advice::earlier_requeues::{EarlierRequeue, EarlierRequeueResult};
use crate::advice::job_explanation::JobExplanation;
use crate::checks::queue::count_text;
use crate::facts::advice::{Advice, SafeToRetry};
use crate::facts::dead_letter::SameCauseCount;
use crate::facts::job::Job;
use crate::text;
use crate::text::ShellCommand;

/// One dead letter with its history and advice.
pub(crate) struct DeadLetterView<'a> {
    /// The job.
    pub(crate) job: &'a Job,
    /// The explanation of its state.
    pub(crate) explanation: JobExplanation,
    /// Its earlier requeues, newest first.
    pub(crate) earlier: Vec<EarlierRequeue<'a>>,
    /// The number of dead letters with the same cause.
    pub(crate) same_cause: SameCauseCount,
    /// The advice for its cause.
    pub(crate) advice: Option<&'a Advice>,
}

/// `data` of `dlq show`: that of `jobs show` with cause, advice and requeues.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DeadLetterDetailJson {
    #[serde(flatten)]
    job: JobJson,
    cause: CauseJson,
    /// Advice for the cause; null if there is none.
    advice: Option<CauseAdviceJson>,
    /// Number of other dead letters with the same cause.
    others: CountJson,
    /// Number of dead letters of the same kind that were read for this count.
    others_read: u64,
    /// Earlier requeues in the events, newest first.
    requeues: Vec<EarlierRequeueJson>,
}

/// Cause of a dead letter.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CauseJson {
    /// Id of the group for `--group`, with its version.
    hash: String,
    /// Error code or error class.
    code: Option<String>,
    /// Cause, with `<*>` for variable parts.
    template: String,
}

/// Advice for a cause.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CauseAdviceJson {
    /// Category: `bad_input`, `external_service`, `internal_error` or `resources`.
    class: &'static str,
    /// Whether a retry is safe: `yes`, `after_fix` or `no`.
    safe_to_retry: &'static str,
    text: String,
}

impl From<&Advice> for CauseAdviceJson {
    fn from(advice: &Advice) -> Self {
        Self {
            class: advice.category.as_str(),
            safe_to_retry: advice.safe_to_retry.as_str(),
            text: advice.text.clone().into_owned(),
        }
    }
}

/// An earlier requeue.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EarlierRequeueJson {
    /// Id of the operation; null if the worker's helper function requeued the job.
    operation: Option<String>,
    actor: Option<String>,
    host: Option<String>,
    reason: Option<String>,
    /// Age of the requeue in seconds by the database clock.
    age: Option<f64>,
    /// Outcome: `undone` or `died_again` (failed again).
    outcome: &'static str,
    /// Seconds from the requeue until the job was a dead letter again; null if the events do not
    /// contain this.
    died_after: Option<f64>,
    /// Whether the cause was the same; null if the events do not contain this.
    same_cause: Option<bool>,
}

impl From<&EarlierRequeue<'_>> for EarlierRequeueJson {
    fn from(earlier: &EarlierRequeue<'_>) -> Self {
        let (outcome, died_after, same_cause) = match earlier.result {
            EarlierRequeueResult::Undone => ("undone", None, None),
            EarlierRequeueResult::FailedAgain { after, same } => ("died_again", after, same),
        };
        Self {
            operation: earlier.requeued.operation.clone(),
            actor: earlier.requeued.actor.clone(),
            host: earlier.requeued.host.clone(),
            reason: earlier.requeued.reason.clone(),
            age: earlier.age.map(f64::round),
            outcome,
            died_after: died_after.map(f64::round),
            same_cause,
        }
    }
}

/// Builds the report.
pub(crate) fn report(view: &DeadLetterView<'_>, from: &Provenance) -> Report {
    let cause = &view.job.cause;
    let data = DeadLetterDetailJson {
        job: job_json(view.job, &view.explanation),
        cause: CauseJson {
            hash: cause.hash.clone(),
            code: cause.code.clone(),
            template: cause.template.clone(),
        },
        advice: view.advice.map(CauseAdviceJson::from),
        others: (&view.same_cause.count).into(),
        others_read: view.same_cause.read,
        requeues: view.earlier.iter().map(EarlierRequeueJson::from).collect(),
    };
    let mut report = Report::listing("dlq show", data, document(view, from));
    report.summary = vec![
        ("group", cause.hash.clone().into()),
        ("others", view.same_cause.count.at_least().into()),
        ("requeues", view.earlier.len().into()),
    ];
    let timeline = &view.job.timeline;
    if !timeline.complete {
        report.not_examined.push(("older events".to_owned(), timeline.searched.clone()));
    }
    report
}

fn document(view: &DeadLetterView<'_>, from: &Provenance) -> Document {
    let mut document = Document::default();
    document.push(title_line::title(format!("dead letter {}", view.job.id), from));
    document.heading(view.explanation.sentence.clone());
    let mut pairs = overview(view.job);
    pairs.push(("group", Cell::strong(&view.job.cause.hash)));
    pairs.push(("cause", Cell::plain(&view.job.cause.template)));
    pairs.push(("others", Cell::plain(others_text(&view.same_cause))));
    match view.advice {
        Some(advice) => {
            pairs.push(("class", Cell::plain(advice.category.as_str().replace('_', " "))));
            pairs.push(("safe to retry", Cell::plain(retry_text(advice.safe_to_retry))));
            pairs.push(("advice", Cell::strong(&*advice.text)));
        }
        None => pairs.push(("advice", Cell::muted("none known for this cause"))),
    }
    document.push(Block::Pairs(pairs));
    if view.earlier.is_empty() {
        document.note(if view.job.timeline.complete {
            "not requeued before"
        } else {
            "no earlier requeue is known: see below how far back events were read"
        });
    } else {
        document.push(Block::Table(requeue_table(&view.earlier)));
    }
    details(&mut document, view.job);
    document.next(next(view));
    document
}

fn others_text(same_cause: &SameCauseCount) -> String {
    let scope = match same_cause.count.is_exact() {
        true => String::new(),
        false => format!(" among the newest {} of its kind", text::count(same_cause.read)),
    };
    format!("{}{scope} died of the same", count_text(&same_cause.count))
}

/// Returns whether a retry is safe, as text.
pub(crate) fn retry_text(safe: SafeToRetry) -> &'static str {
    match safe {
        SafeToRetry::Yes => "yes",
        SafeToRetry::AfterFix => "after the fix",
        SafeToRetry::No => "no",
    }
}

fn next(view: &DeadLetterView<'_>) -> Vec<(String, String)> {
    let mut next = Vec::new();
    if view.same_cause.count.at_least() != Some(0) {
        let command = ShellCommand::new("dlq list --group").arg(&view.job.cause.hash).into();
        next.push((command, "the others that died of the same".to_owned()));
    }
    let command = ShellCommand::new("dlq requeue").arg(&view.job.id).flags(" --dry-run").into();
    match view.advice.map(|advice| advice.safe_to_retry) {
        Some(SafeToRetry::Yes) => next.push((command, "what requeueing it would do".to_owned())),
        Some(SafeToRetry::AfterFix) => {
            next.push((
                command,
                "once the cause is mended: what requeueing it would do".to_owned(),
            ));
        }
        None => {
            next.push((command, "once the cause is known: what requeueing it would do".to_owned()))
        }
        Some(SafeToRetry::No) => {}
    }
    next.push(("cliplyctl runbook 3.4".to_owned(), "the runbook on dead letters".to_owned()));
    next
}

fn requeue_table(earlier: &[EarlierRequeue<'_>]) -> Table {
    let mut table = Table::new(vec![
        Column::number("requeued"),
        Column::text("operation"),
        Column::text("who"),
        Column::text("outcome"),
        Column::prose("why"),
    ]);
    for EarlierRequeue { requeued, age, result: ending, .. } in earlier {
        let who = match (&requeued.actor, &requeued.host) {
            (Some(actor), Some(host)) => format!("{actor}@{host}"),
            (actor, host) => actor.as_ref().or(host.as_ref()).cloned().unwrap_or_default(),
        };
        let ago = age.map_or_else(|| "?".to_owned(), |age| format!("{} ago", text::age(age)));
        table.row(vec![
            Cell::plain(ago),
            Cell::plain(requeued.operation.as_deref().unwrap_or("the worker's helper")),
            Cell::plain(who),
            Cell::plain(ending_text(*ending)),
            Cell::plain(requeued.reason.clone().unwrap_or_default()),
        ]);
    }
    table
}

fn ending_text(ending: EarlierRequeueResult) -> String {
    let EarlierRequeueResult::FailedAgain { after, same } = ending else {
        return "undone".to_owned();
    };
    let delay = after.map_or_else(String::new, |s| format!(" after {}", text::age(s)));
    let cause = match same {
        Some(true) => ", of the same",
        Some(false) => ", of something else",
        None => "",
    };
    format!("died again{delay}{cause}")
}
