//! The report of `dlq show`.

use schemars::JsonSchema;
use serde::Serialize;

use super::job::{JobJson, add_details, add_error_fields, error_text, job_json, overview};
use super::queue::CountJson;
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::advice::earlier_requeues::{EarlierRequeue, EarlierRequeueResult};
use crate::advice::job_explanation::JobExplanation;
use crate::checks::queue::{count_plural, count_text};
use crate::facts::Suggestion;
use crate::facts::advice::{Advice, SafeToRetry};
use crate::facts::dead_letter::SameCauseCount;
use crate::facts::job::Job;
use crate::suggest::ShellCommand;
use crate::text;

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
    /// Why the table is not written, so that no requeue is suggested.
    pub(crate) write_obstacle: Option<&'a str>,
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
    same_cause: CountJson,
    /// Number of dead letters of the same kind that were read for this count.
    same_cause_read: u64,
    /// Earlier requeues in the events, newest first.
    requeues: Vec<EarlierRequeueJson>,
}

/// Cause of a dead letter.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CauseJson {
    /// Id of the group for `--group`, with its version.
    group: String,
    /// Error code or error class.
    code: Option<String>,
    /// Cause, with `<*>` for variable parts.
    cause: String,
}

/// Advice for a cause.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CauseAdviceJson {
    /// Category: `bad_input`, `external_service`, `internal_error` or `resources`.
    category: &'static str,
    /// Whether a retry is safe: `yes`, `after_fix` or `no`.
    safe_to_retry: &'static str,
    text: String,
}

impl From<&Advice> for CauseAdviceJson {
    fn from(advice: &Advice) -> Self {
        Self {
            category: advice.category.as_str(),
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
    age_seconds: Option<f64>,
    /// Outcome: `undone` or `failed_again`.
    outcome: &'static str,
    /// Seconds from the requeue until the job was a dead letter again; null if the events do not
    /// contain this.
    failed_after_seconds: Option<f64>,
    /// Whether the cause was the same; null if the events do not contain this.
    same_cause: Option<bool>,
}

impl From<&EarlierRequeue<'_>> for EarlierRequeueJson {
    fn from(earlier: &EarlierRequeue<'_>) -> Self {
        let (outcome, failed_after, same_cause) = match earlier.result {
            EarlierRequeueResult::Undone => ("undone", None, None),
            EarlierRequeueResult::FailedAgain { after, same } => ("failed_again", after, same),
        };
        Self {
            operation: earlier.requeued.operation.clone(),
            actor: earlier.requeued.actor.clone(),
            host: earlier.requeued.host.clone(),
            reason: earlier.requeued.reason.clone(),
            age_seconds: earlier.age.map(f64::round),
            outcome,
            failed_after_seconds: failed_after.map(f64::round),
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
            group: cause.hash.clone(),
            code: cause.code.clone(),
            cause: cause.template.clone(),
        },
        advice: view.advice.map(CauseAdviceJson::from),
        same_cause: (&view.same_cause.count).into(),
        same_cause_read: view.same_cause.read,
        requeues: view.earlier.iter().map(EarlierRequeueJson::from).collect(),
    };
    let mut report = Report::listing("dlq show", data, document(view, from));
    report.summary = vec![
        ("group", cause.hash.clone().into()),
        ("same_cause", view.same_cause.count.at_least().into()),
        ("requeues", view.earlier.len().into()),
    ];
    let timeline = &view.job.timeline;
    if !timeline.complete {
        report.not_examined.push(("older events".to_owned(), timeline.searched.clone()));
    }
    report
}

fn document(view: &DeadLetterView<'_>, from: &Provenance) -> Document {
    let job = view.job;
    let mut document = Document::default();
    let error = error_text(job).unwrap_or_default();
    let first_line = text::first_line(&error);
    document.summary(if first_line.is_empty() {
        "Dead letter without an error text"
    } else {
        first_line
    });
    document.push(title_line::title_at(format!("dead letter {}", job.id), from));
    if error.trim().lines().count() > 1 {
        document.push(Block::Verbatim(error));
    }
    document.push(Block::Pairs(cause_pairs(view)));
    document.note(view.explanation.sentence.clone());
    document.push(Block::Pairs(overview(job)));
    add_error_fields(&mut document, job);
    if !view.earlier.is_empty() {
        document.push(Block::Table(requeue_table(&view.earlier)));
    }
    add_details(&mut document, job);
    if let Some(obstacle) = view.write_obstacle {
        document.note(format!("No requeue: {obstacle}"));
    }
    document.next(next(view));
    document
}

/// The group, its size, and the advice for its cause.
fn cause_pairs(view: &DeadLetterView<'_>) -> Vec<(&'static str, Cell)> {
    let mut pairs = vec![
        ("group", Cell::strong(&view.job.cause.hash)),
        ("cause", Cell::plain(&view.job.cause.template)),
        ("same cause", Cell::plain(same_cause_text(&view.same_cause))),
    ];
    match view.advice {
        Some(advice) => {
            pairs.push(("category", Cell::plain(advice.category.as_str().replace('_', " "))));
            pairs.push(("safe to retry", Cell::plain(retry_text(advice.safe_to_retry))));
            pairs.push(("advice", Cell::strong(&*advice.text)));
        }
        None => pairs.push(("safe to retry", Cell::muted("unknown (no advice for this cause)"))),
    }
    pairs
}

/// `13 other jobs`
fn same_cause_text(same_cause: &SameCauseCount) -> String {
    match same_cause.count.at_least() {
        None => count_text(&same_cause.count),
        Some(0) if same_cause.count.is_exact() => "no other jobs".to_owned(),
        Some(_) if same_cause.count.is_exact() => {
            count_plural(&same_cause.count, "other job", "other jobs")
        }
        Some(_) => format!(
            "{} other jobs among the newest {} of its kind",
            count_text(&same_cause.count),
            text::count(same_cause.read)
        ),
    }
}

/// Returns whether a retry is safe, as text.
pub(crate) fn retry_text(safe: SafeToRetry) -> &'static str {
    match safe {
        SafeToRetry::Yes => "yes",
        SafeToRetry::AfterFix => "after the fix",
        SafeToRetry::No => "no",
    }
}

fn next(view: &DeadLetterView<'_>) -> Vec<Suggestion> {
    let mut next = Vec::new();
    let condition = match view.advice.map(|advice| advice.safe_to_retry) {
        Some(SafeToRetry::Yes) => "",
        Some(SafeToRetry::AfterFix) | None => "after the fix: ",
        Some(SafeToRetry::No) => return vec![runbook()],
    };
    let (group, others) = (&view.job.cause.hash, view.same_cause.count.at_least());
    let list = ShellCommand::new("dlq list --group").arg(group);
    let list = Suggestion::new(list, "jobs with the same cause");
    if view.write_obstacle.is_some() {
        next.extend((others != Some(0)).then_some(list));
    } else if others == Some(0) {
        let requeue = ShellCommand::new("dlq requeue").arg(&view.job.id);
        next.push(Suggestion::new(requeue, format!("{condition}requeue this job")));
    } else {
        let requeue = ShellCommand::new("dlq requeue --group").arg(group).arg("--canary");
        let purpose = format!("{condition}requeue 1 job of the group first, then the others");
        next.push(Suggestion::new(requeue, purpose));
        next.push(list);
    }
    next.push(runbook());
    next
}

fn runbook() -> Suggestion {
    Suggestion::fixed("runbook 3.4", "runbook: dead letters")
}

fn requeue_table(earlier: &[EarlierRequeue<'_>]) -> Table {
    let mut table = Table::new(vec![
        Column::number("requeued"),
        Column::text("operation"),
        Column::text("operator"),
        Column::text("outcome"),
        Column::prose("reason"),
    ]);
    for EarlierRequeue { requeued, age, result: ending, .. } in earlier {
        let who = match (&requeued.actor, &requeued.host) {
            (Some(actor), Some(host)) => format!("{actor}@{host}"),
            (actor, host) => actor.as_ref().or(host.as_ref()).cloned().unwrap_or_default(),
        };
        let ago = age.map_or_else(|| "-".to_owned(), |age| format!("{} ago", text::age(age)));
        table.row(vec![
            Cell::plain(ago),
            Cell::plain(requeued.operation.as_deref().unwrap_or("by the app")),
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
        Some(true) => " (same cause)",
        Some(false) => " (other cause)",
        None => "",
    };
    format!("failed again{delay}{cause}")
}
