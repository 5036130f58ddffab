//! The plan as it is shown before the confirmation.

use super::RequeuePlanView;
use crate::advice::advise;
use crate::facts::Status;
use crate::facts::advice::{Advice, SafeToRetry};
use crate::facts::canary::Canary;
use crate::facts::requeue::{Plan, PlanSkip, PlannedGroup};
use crate::facts::throttle::Throttle;
use crate::fingerprint::Fingerprint;
use crate::report::dead_letter::retry_text;
use crate::report::write_outcome::SHOWN;
use crate::report::{Block, Cell, Column, Document, Table, title_line};
use crate::text::{count, first_line, format_duration, plural};

/// Assumed speed of writes in jobs per second; lower than measured, so that estimates are
/// pessimistic.
const RATE: f64 = 5_000.0;

/// Builds the plan: on stderr before the prompt, on stdout with `--dry-run`.
pub(crate) fn document(view: &RequeuePlanView<'_>) -> Document {
    let plan = view.plan;
    let mut document = Document::default();
    document.push(title_line::title("requeue plan", &view.from));
    let mut pairs = vec![
        ("plan", Cell::strong(&plan.id)),
        ("matched", Cell::plain(count(plan.matched))),
        ("to requeue", Cell::strong(count(plan.ids.len() as u64))),
    ];
    for (reason, n, _) in &plan.skipped {
        pairs.push((label(*reason), Cell::plain(count(*n))));
    }
    let duration = crate::text::age(estimated_seconds(view));
    let estimate = match &view.canary {
        Some(_) => {
            let due = match view.due_before {
                Some(due) => plural(due, "job that is due", "jobs that are due"),
                None => "what is due".to_owned(),
            };
            format!(
                "about {duration} to write; each step then waits until workers reach its jobs, behind {due}"
            )
        }
        None => format!("about {duration}"),
    };
    pairs.push(("expected", Cell::plain(estimate)));
    pairs.extend(describe_throttle(&view.throttle).map(|text| ("pace", Cell::plain(text))));
    pairs.push(("repeat offenders", Cell::muted(&plan.repeat_failures_examined)));
    if let Some(canary) = &view.canary {
        let Canary { batch_sizes, timeout, stop_at } = canary;
        let text = format!(
            "{batch_sizes} of each group; a step is waited for {} at most, and a group stops where its first \
             step or more than {stop_at}% of a later one fails again",
            format_duration(*timeout)
        );
        pairs.push(("canary", Cell::plain(text)));
    }
    document.push(Block::Pairs(pairs));
    groups(&mut document, plan, &view.rules);
    warn_unsafe_causes(&mut document, view);
    samples(&mut document, plan);
    skipped_jobs(&mut document, plan);
    if view.journal_only {
        document.note("this database keeps no events: the record stays on this machine, others will not see it");
    }
    for note in &view.notes {
        document.note(note.as_str());
    }
    if let Some(seconds) = plan.first_deletion {
        document.note(format!("the first of these dead letters is deleted {}", deletion(seconds)));
    }
    if let Some(operation) = &view.resumes {
        document.note(format!("goes on with operation {operation}"));
        if view.undone > 0 {
            let jobs = plural(view.undone, "of its jobs was", "of its jobs were");
            let remaining = if plan.ids.is_empty() {
                "a new requeue would take them again"
            } else {
                "they stay dead, the others go"
            };
            document.note(format!("beware: {jobs} taken back by an undo since; {remaining}"));
        }
        if view.failed > 0 {
            let jobs = plural(view.failed, "of its jobs has", "of its jobs have");
            document.note(format!("beware: {jobs} failed again since: is the cause mended?"));
        }
    }
    document
}

/// When something is deleted: `in 3h 02m`.
fn deletion(seconds: f64) -> String {
    if seconds > 0.0 {
        format!("in {}", crate::text::age(seconds))
    } else {
        "any moment".to_owned()
    }
}

/// Returns the estimated duration of the writes in seconds, without waiting for workers.
pub(crate) fn estimated_seconds(view: &RequeuePlanView<'_>) -> f64 {
    let rate = view.throttle.rate.map_or(RATE, |rate| rate.min(RATE));
    (view.plan.ids.len() as f64 / rate).ceil()
}

/// Returns, for example, `at most 20 jobs a second; due one by one over 10m`.
fn describe_throttle(throttle: &Throttle) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(throttle.rate.map(|rate| {
        let jobs = (rate * 3_600.0).round() as u64;
        if rate >= 1.0 {
            format!("at most {} a second", plural(rate.round() as u64, "job", "jobs"))
        } else {
            format!("at most {} an hour", plural(jobs, "job", "jobs"))
        }
    }));
    parts.extend(
        throttle.spread.map(|spread| format!("due one by one over {}", format_duration(spread))),
    );
    parts.extend(
        throttle
            .pause_above
            .map(|limit| format!("waits while more than {} are due", plural(limit, "job", "jobs"))),
    );
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn label(reason: PlanSkip) -> &'static str {
    match reason {
        PlanSkip::Missing => "left out: no such job",
        PlanSkip::NotDead => "left out: not dead",
        PlanSkip::RepeatFailure => "left out: repeat offender",
        PlanSkip::OverMax => "left out: beyond --max",
        PlanSkip::AlreadyRequeued => "already done",
        PlanSkip::Changed => "left out: changed since",
        PlanSkip::Conflict => "left out: unique key in use",
        PlanSkip::Refused => "left out: not possible by SQL",
    }
}

fn groups(document: &mut Document, plan: &Plan, rules: &[&Advice]) {
    if plan.groups.is_empty() {
        return;
    }
    let columns = vec![
        Column::number("jobs"),
        Column::text("kind"),
        Column::text("group"),
        Column::text("retry"),
        Column::prose("cause"),
    ];
    let mut table = Table::listing(columns);
    for group in plan.groups.iter().take(SHOWN) {
        table.row(vec![
            Cell::plain(count(group.jobs)),
            Cell::plain(&group.kind),
            Cell::plain(&group.group),
            retry_cell(group, rules),
            Cell::plain(first_line(&group.cause)),
        ]);
    }
    document.push(Block::Table(table));
    if plan.groups.len() > SHOWN {
        document.note(format!("and {} more groups", count((plan.groups.len() - SHOWN) as u64)));
    }
}

/// Adds a warning if many jobs with causes that need a fix first would be requeued at once.
fn warn_unsafe_causes(document: &mut Document, view: &RequeuePlanView<'_>) {
    let needs_fix = |group: &&PlannedGroup| {
        matches!(safe_to_retry(group, &view.rules), Some(SafeToRetry::AfterFix | SafeToRetry::No))
    };
    let jobs = view.plan.groups.iter().filter(needs_fix).map(|group| group.jobs).sum();
    if view.canary.is_none() && jobs > 1 {
        document.note(format!(
            "beware: {} died of what does not pass by itself: is it mended? --canary tries one of each cause first",
            plural(jobs, "job", "jobs")
        ));
    }
}

/// Returns whether the advice calls a retry safe; `None` without advice.
fn safe_to_retry(group: &PlannedGroup, rules: &[&Advice]) -> Option<SafeToRetry> {
    let PlannedGroup { group: hash, code, cause: template, .. } = group.clone();
    let fingerprint = Fingerprint { hash, code, template };
    advise(rules.iter().copied(), &fingerprint).map(|advice| advice.safe_to_retry)
}

fn retry_cell(group: &PlannedGroup, rules: &[&Advice]) -> Cell {
    match safe_to_retry(group, rules) {
        Some(SafeToRetry::Yes) => Cell::plain(retry_text(SafeToRetry::Yes)),
        Some(other) => Cell::value_with_status(retry_text(other), Status::Warning),
        None => Cell::muted("unknown"),
    }
}

fn samples(document: &mut Document, plan: &Plan) {
    if plan.samples.is_empty() {
        return;
    }
    let mut table =
        Table::listing(vec![Column::text("sample"), Column::text("kind"), Column::prose("error")]);
    for sample in &plan.samples {
        table.row(vec![
            Cell::plain(sample.id.to_string()),
            Cell::plain(&sample.kind),
            Cell::plain(first_line(&sample.error)),
        ]);
    }
    document.push(Block::Table(table));
}

fn skipped_jobs(document: &mut Document, plan: &Plan) {
    let skipped = plan
        .skipped
        .iter()
        .filter(|(reason, ..)| !matches!(reason, PlanSkip::OverMax | PlanSkip::AlreadyRequeued));
    let mut table = Table::listing(vec![Column::text("left out"), Column::prose("why")]);
    for (reason, _, jobs) in skipped {
        for job in jobs.iter().take(SHOWN) {
            let reason_text = match (reason, &job.state) {
                (PlanSkip::NotDead, Some(state)) => format!("it is {state}"),
                (PlanSkip::Missing, _) => "no such job".to_owned(),
                (PlanSkip::Conflict | PlanSkip::Refused, Some(why)) => why.clone(),
                _ => label(*reason).trim_start_matches("left out: ").to_owned(),
            };
            table.row(vec![Cell::plain(job.id.to_string()), Cell::plain(reason_text)]);
        }
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
}
