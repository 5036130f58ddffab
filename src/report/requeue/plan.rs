//! The plan as a person reads it before they agree.

use super::RequeuePlanView;
use crate::advice::advise;
use crate::facts::Status;
use crate::facts::advice::{Advice, SafeToRetry};
use crate::facts::canary::Canary;
use crate::facts::requeue::{Plan, PlanSkip, PlannedGroup};
use crate::facts::throttle::Throttle;
use crate::fingerprint::Fingerprint;
use crate::report::dead_letter::retry;
use crate::report::write_outcome::SHOWN;
use crate::report::{Block, Cell, Column, Document, Table, title_line};
use crate::text::{count, first_line, format_duration, plural};

/// Jobs a second that a plan expects: slower than measured, so that the truth is a good surprise.
const RATE: f64 = 5_000.0;

/// The plan for people: on stderr before the question, on stdout with `--dry-run`.
#[must_use]
pub fn document(facing: &RequeuePlanView<'_>) -> Document {
    let plan = facing.plan;
    let mut document = Document::default();
    document.push(title_line::title("requeue plan", &facing.from));
    let mut pairs = vec![
        ("plan", Cell::strong(&plan.id)),
        ("matched", Cell::plain(count(plan.matched))),
        ("to requeue", Cell::strong(count(plan.ids.len() as u64))),
    ];
    for (reason, n, _) in &plan.excluded {
        pairs.push((label(*reason), Cell::plain(count(*n))));
    }
    let about = crate::text::age(expected(facing));
    let words = match &facing.canary {
        Some(_) => {
            let due = match facing.before {
                Some(due) => plural(due, "job that is due", "jobs that are due"),
                None => "what is due".to_owned(),
            };
            format!(
                "about {about} to write; each step then waits until workers reach its jobs, behind {due}"
            )
        }
        None => format!("about {about}"),
    };
    pairs.push(("expected", Cell::plain(words)));
    pairs.extend(describe_throttle(&facing.throttle).map(|words| ("pace", Cell::plain(words))));
    pairs.push(("repeat offenders", Cell::muted(&plan.repeat_failures_examined)));
    if let Some(canary) = &facing.canary {
        let Canary { batch_sizes: ramp, timeout, stop_at } = canary;
        let words = format!(
            "{ramp} of each group; a step is waited for {} at most, and a group stops where its first \
             step or more than {stop_at}% of a later one fails again",
            format_duration(*timeout)
        );
        pairs.push(("canary", Cell::plain(words)));
    }
    document.push(Block::Pairs(pairs));
    groups(&mut document, plan, &facing.rules);
    beware(&mut document, facing);
    samples(&mut document, plan);
    left_out(&mut document, plan);
    if facing.journal_only {
        document.note("this database keeps no events: the record stays on this machine, others will not see it");
    }
    if let Some(operation) = &facing.resumes {
        document.note(format!("goes on with operation {operation}"));
        if facing.undone > 0 {
            let jobs = plural(facing.undone, "of its jobs was", "of its jobs were");
            let others = if plan.ids.is_empty() {
                "a new requeue would take them again"
            } else {
                "they stay dead, the others go"
            };
            document.note(format!("beware: {jobs} taken back by an undo since; {others}"));
        }
        if facing.failed > 0 {
            let jobs = plural(facing.failed, "of its jobs has", "of its jobs have");
            document.note(format!("beware: {jobs} failed again since: is the cause mended?"));
        }
    }
    document
}

/// Seconds that the writing takes, without what is waited for.
pub(crate) fn expected(facing: &RequeuePlanView<'_>) -> f64 {
    let rate = facing.throttle.rate.map_or(RATE, |rate| rate.min(RATE));
    (facing.plan.ids.len() as f64 / rate).ceil()
}

/// `at most 20 jobs a second; due one by one over 10m`
fn describe_throttle(pace: &Throttle) -> Option<String> {
    let mut words = Vec::new();
    words.extend(pace.rate.map(|rate| {
        let jobs = (rate * 3_600.0).round() as u64;
        if rate >= 1.0 {
            format!("at most {} a second", plural(rate.round() as u64, "job", "jobs"))
        } else {
            format!("at most {} an hour", plural(jobs, "job", "jobs"))
        }
    }));
    words.extend(
        pace.spread.map(|spread| format!("due one by one over {}", format_duration(spread))),
    );
    words.extend(
        pace.pause_above
            .map(|most| format!("waits while more than {} are due", plural(most, "job", "jobs"))),
    );
    (!words.is_empty()).then(|| words.join("; "))
}

fn label(reason: PlanSkip) -> &'static str {
    match reason {
        PlanSkip::Missing => "left out: no such job",
        PlanSkip::NotDead => "left out: not dead",
        PlanSkip::RepeatFailure => "left out: repeat offender",
        PlanSkip::OverMax => "left out: beyond --max",
        PlanSkip::AlreadyRequeued => "already done",
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
            advised(group, rules),
            Cell::plain(first_line(&group.cause)),
        ]);
    }
    document.push(Block::Table(table));
    if plan.groups.len() > SHOWN {
        document.note(format!("and {} more groups", count((plan.groups.len() - SHOWN) as u64)));
    }
}

/// All at once, of causes that do not pass by themselves.
fn beware(document: &mut Document, facing: &RequeuePlanView<'_>) {
    let unsafe_now = |group: &&PlannedGroup| {
        matches!(safety(group, &facing.rules), Some(SafeToRetry::AfterFix | SafeToRetry::No))
    };
    let jobs = facing.plan.groups.iter().filter(unsafe_now).map(|group| group.jobs).sum();
    if facing.canary.is_none() && jobs > 1 {
        document.note(format!(
            "beware: {} died of what does not pass by itself: is it mended? --canary tries one of each cause first",
            plural(jobs, "job", "jobs")
        ));
    }
}

/// Whether such a cause passes by itself, as far as anybody knows.
fn safety(group: &PlannedGroup, rules: &[&Advice]) -> Option<SafeToRetry> {
    let PlannedGroup { group: hash, code, cause: template, .. } = group.clone();
    let cause = Fingerprint { hash, code, template };
    advise(rules.iter().copied(), &cause).map(|advice| advice.safe_to_retry)
}

fn advised(group: &PlannedGroup, rules: &[&Advice]) -> Cell {
    match safety(group, rules) {
        Some(SafeToRetry::Yes) => Cell::plain(retry(SafeToRetry::Yes)),
        Some(other) => Cell::value_with_status(retry(other), Status::Warning),
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

fn left_out(document: &mut Document, plan: &Plan) {
    let named = plan
        .excluded
        .iter()
        .filter(|(reason, ..)| !matches!(reason, PlanSkip::OverMax | PlanSkip::AlreadyRequeued));
    let mut table = Table::listing(vec![Column::text("left out"), Column::prose("why")]);
    for (reason, _, jobs) in named {
        for job in jobs.iter().take(SHOWN) {
            let why = match (reason, &job.state) {
                (PlanSkip::NotDead, Some(state)) => format!("it is {state}"),
                (PlanSkip::Missing, _) => "no such job".to_owned(),
                _ => label(*reason).trim_start_matches("left out: ").to_owned(),
            };
            table.row(vec![Cell::plain(job.id.to_string()), Cell::plain(why)]);
        }
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
}
