//! The answer of `dlq show`.

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

/// Everything that is known of one dead letter.
pub struct Case<'a> {
    /// The job.
    pub job: &'a Job,
    /// What its state means.
    pub meaning: JobExplanation,
    /// Its earlier requeues, the latest first.
    pub earlier: Vec<EarlierRequeue<'a>>,
    /// Others that died of the same.
    pub others: SameCauseCount,
    /// What is known of its cause.
    pub advice: Option<&'a Advice>,
}

/// `data` of `dlq show`: that of `jobs show`, and more.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseJson {
    #[serde(flatten)]
    job: JobJson,
    cause: CauseJson,
    /// What is known of such causes; null when nothing is.
    advice: Option<AdviceJson>,
    /// Other dead letters that died of the same.
    others: CountJson,
    /// Dead letters of its kind that were read for that.
    others_read: u64,
    /// Earlier requeues among the events, the latest first.
    requeues: Vec<RequeueJson>,
}

/// What a dead letter died of.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CauseJson {
    /// Versioned; accepted as `--group`.
    hash: String,
    /// Error code or class.
    code: Option<String>,
    /// The cause; `<*>` stands where jobs differ.
    template: String,
}

/// What is known of a kind of cause.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AdviceJson {
    /// `bad_input`, `external_service`, `internal_error` or `resources`.
    class: &'static str,
    /// `yes`, `after_fix` or `no`.
    safe_to_retry: &'static str,
    text: String,
}

impl From<&Advice> for AdviceJson {
    fn from(advice: &Advice) -> Self {
        Self {
            class: advice.class.as_str(),
            safe_to_retry: advice.safe_to_retry.as_str(),
            text: advice.text.clone().into_owned(),
        }
    }
}

/// An earlier requeue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequeueJson {
    /// Null where the worker's own helper did it.
    operation: Option<String>,
    actor: Option<String>,
    host: Option<String>,
    reason: Option<String>,
    /// Seconds ago, by the server's clock.
    age: Option<f64>,
    /// `undone` or `died_again`.
    outcome: &'static str,
    /// Seconds from the requeue to the death; null when the events do not tell.
    died_after: Option<f64>,
    /// Whether it died of the same; null when the events do not tell.
    same_cause: Option<bool>,
}

impl From<&EarlierRequeue<'_>> for RequeueJson {
    fn from(earlier: &EarlierRequeue<'_>) -> Self {
        let (outcome, died_after, same_cause) = match earlier.ending {
            EarlierRequeueResult::Undone => ("undone", None, None),
            EarlierRequeueResult::FailedAgain { after, same } => ("died_again", after, same),
        };
        Self {
            operation: earlier.requeued.operation.clone(),
            actor: earlier.requeued.actor.clone(),
            host: earlier.requeued.host.clone(),
            reason: earlier.requeued.why.clone(),
            age: earlier.age.map(f64::round),
            outcome,
            died_after: died_after.map(f64::round),
            same_cause,
        }
    }
}

/// Builds the report.
#[must_use]
pub fn report(case: &Case<'_>, from: &Provenance) -> Report {
    let cause = &case.job.cause;
    let data = CaseJson {
        job: job_json(case.job, &case.meaning),
        cause: CauseJson {
            hash: cause.hash.clone(),
            code: cause.code.clone(),
            template: cause.template.clone(),
        },
        advice: case.advice.map(AdviceJson::from),
        others: (&case.others.count).into(),
        others_read: case.others.read,
        requeues: case.earlier.iter().map(RequeueJson::from).collect(),
    };
    let mut report = Report::listing("dlq show", data, document(case, from));
    report.summary = vec![
        ("group", cause.hash.clone().into()),
        ("others", case.others.count.at_least().into()),
        ("requeues", case.earlier.len().into()),
    ];
    let timeline = &case.job.timeline;
    if !timeline.complete {
        report.not_examined.push(("older events".to_owned(), timeline.looked.clone()));
    }
    report
}

fn document(case: &Case<'_>, from: &Provenance) -> Document {
    let mut document = Document::default();
    document.push(title_line::title(format!("dead letter {}", case.job.id), from));
    document.heading(case.meaning.sentence.clone());
    let mut pairs = overview(case.job);
    pairs.push(("group", Cell::strong(&case.job.cause.hash)));
    pairs.push(("cause", Cell::plain(&case.job.cause.template)));
    pairs.push(("others", Cell::plain(others(&case.others))));
    match case.advice {
        Some(advice) => {
            pairs.push(("class", Cell::plain(advice.class.as_str().replace('_', " "))));
            pairs.push(("safe to retry", Cell::plain(retry(advice.safe_to_retry))));
            pairs.push(("advice", Cell::strong(&*advice.text)));
        }
        None => pairs.push(("advice", Cell::muted("none known for this cause"))),
    }
    document.push(Block::Pairs(pairs));
    if case.earlier.is_empty() {
        document.note(if case.job.timeline.complete {
            "not requeued before"
        } else {
            "no earlier requeue is known: see below how far back events were read"
        });
    } else {
        document.push(Block::Table(requeues(&case.earlier)));
    }
    details(&mut document, case.job);
    document.next(next(case));
    document
}

fn others(others: &SameCauseCount) -> String {
    let window = match others.count.is_exact() {
        true => String::new(),
        false => format!(" among the newest {} of its kind", text::count(others.read)),
    };
    format!("{}{window} died of the same", count_text(&others.count))
}

/// Whether a retry is safe, in words.
pub fn retry(safe: SafeToRetry) -> &'static str {
    match safe {
        SafeToRetry::Yes => "yes",
        SafeToRetry::AfterFix => "after the fix",
        SafeToRetry::No => "no",
    }
}

fn next(case: &Case<'_>) -> Vec<(String, String)> {
    let mut next = Vec::new();
    if case.others.count.at_least() != Some(0) {
        let command = format!("cliplyctl dlq list --group {}", case.job.cause.hash);
        next.push((command, "the others that died of the same".to_owned()));
    }
    let plan = format!("cliplyctl dlq requeue {} --dry-run", case.job.id);
    match case.advice.map(|advice| advice.safe_to_retry) {
        Some(SafeToRetry::Yes) => next.push((plan, "what requeueing it would do".to_owned())),
        Some(SafeToRetry::AfterFix) => {
            next.push((plan, "once the cause is mended: what requeueing it would do".to_owned()));
        }
        None => {
            next.push((plan, "once the cause is known: what requeueing it would do".to_owned()))
        }
        Some(SafeToRetry::No) => {}
    }
    next.push(("cliplyctl runbook 3.4".to_owned(), "the runbook on dead letters".to_owned()));
    next
}

fn requeues(earlier: &[EarlierRequeue<'_>]) -> Table {
    let mut table = Table::new(vec![
        Column::number("requeued"),
        Column::text("operation"),
        Column::text("who"),
        Column::text("outcome"),
        Column::prose("why"),
    ]);
    for requeue in earlier {
        let told = requeue.requeued;
        let who = match (&told.actor, &told.host) {
            (Some(actor), Some(host)) => format!("{actor}@{host}"),
            (actor, host) => actor.as_ref().or(host.as_ref()).cloned().unwrap_or_default(),
        };
        let ago =
            requeue.age.map_or_else(|| "?".to_owned(), |age| format!("{} ago", text::age(age)));
        table.row(vec![
            Cell::plain(ago),
            Cell::plain(told.operation.as_deref().unwrap_or("the worker's helper")),
            Cell::plain(who),
            Cell::plain(outcome(requeue.ending)),
            Cell::plain(told.why.clone().unwrap_or_default()),
        ]);
    }
    table
}

fn outcome(ending: EarlierRequeueResult) -> String {
    let EarlierRequeueResult::FailedAgain { after, same } = ending else {
        return "undone".to_owned();
    };
    let after = after.map_or_else(String::new, |s| format!(" after {}", text::age(s)));
    let same = match same {
        Some(true) => ", of the same",
        Some(false) => ", of something else",
        None => "",
    };
    format!("died again{after}{same}")
}
