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
use crate::requeue::recent_failures;
use crate::text::{age, count, first_line, format_duration, plural};

/// Assumed speed of writes in jobs per second; lower than measured, so that estimates are
/// pessimistic.
const RATE: f64 = 5_000.0;

/// Builds the plan: on stderr before the prompt, on stdout with `--dry-run`.
pub(crate) fn document(view: &RequeuePlanView<'_>) -> Document {
    let plan = view.plan;
    let mut document = Document::default();
    document.summary(headline(view));
    document.push(title_line::title("requeue plan", &view.from));
    document.push(Block::Pairs(pairs(view)));
    if plan.groups.len() > 1 {
        groups(&mut document, view);
    }
    skipped_jobs(&mut document, plan);
    notes(&mut document, view);
    warnings(&mut document, view);
    document
}

/// `Plan: requeue 14 dead letters of 1 group, 1 job first`
fn headline(view: &RequeuePlanView<'_>) -> String {
    let plan = view.plan;
    let jobs = plan.ids.len() as u64;
    if plan.matched == 0 {
        return "No dead letters match.".to_owned();
    }
    if jobs == 0 && view.resumes.is_some() {
        return "Nothing to requeue: no job of this operation remains.".to_owned();
    }
    if jobs == 0 {
        let skipped: Vec<_> =
            plan.skipped.iter().map(|(reason, n, _)| skip_count(*reason, *n)).collect();
        return format!("Nothing to requeue: {}.", skipped.join(", "));
    }
    let letters = plural(jobs, "dead letter", "dead letters");
    let of_groups = match plan.groups.len() as u64 {
        0 => String::new(),
        groups => format!(" of {}", plural(groups, "group", "groups")),
    };
    let first = view.first_batch_jobs().filter(|first| *first < jobs);
    let first = first.map_or_else(String::new, |n| format!(", {} first", plural(n, "job", "jobs")));
    format!("Plan: requeue {letters}{of_groups}{first}")
}

fn pairs(view: &RequeuePlanView<'_>) -> Vec<(&'static str, Cell)> {
    let plan = view.plan;
    let jobs = plan.ids.len() as u64;
    let mut pairs = vec![
        ("plan", Cell::strong(&plan.id)),
        ("to requeue", Cell::strong(format!("{} of {} matched", count(jobs), count(plan.matched)))),
    ];
    if let Some(operation) = &view.resumes {
        pairs.insert(1, ("resumes", Cell::plain(operation.to_string())));
    }
    for (reason, n, _) in &plan.skipped {
        pairs.push((labels(*reason).0, Cell::plain(count(*n))));
    }
    if let [group] = plan.groups.as_slice() {
        let cause = first_line(&group.cause);
        pairs.push(("group", Cell::plain(format!("{}: {cause}", group.group))));
    }
    if jobs > 0 {
        if let Some(canary) = &view.canary {
            pairs.extend(canary_pairs(canary, plan));
        }
        pairs.push(("estimate", Cell::plain(estimate(view))));
        pairs.extend(describe_throttle(&view.throttle).map(|text| ("rate", Cell::plain(text))));
    }
    let incomplete = plan.repeat_failures_incomplete.as_ref();
    pairs.extend(incomplete.map(|why| ("repeat failures", Cell::muted(why))));
    pairs
}

/// The batches of a canary, and when it stops.
fn canary_pairs(canary: &Canary, plan: &Plan) -> [(&'static str, Cell); 2] {
    let Canary { batch_sizes, timeout, stop_at, .. } = canary;
    let batches = match plan.groups.as_slice() {
        [group] => {
            let mut sizes = batch_sizes.batches_of(group.jobs);
            let last = sizes.pop().unwrap_or_default();
            let mut words: Vec<_> = sizes.iter().map(|jobs| count(*jobs)).collect();
            let last = count(last);
            words.push(if words.is_empty() { last } else { format!("then the remaining {last}") });
            words.join(", ")
        }
        _ => format!("{} of each group", batch_sizes.to_string().replace(',', ", ")),
    };
    let stops = format!("if batch 1 or more than {stop_at}% of a later batch fails again");
    let batches = format!("{batches}; at most {} per batch", format_duration(*timeout));
    [("batches", Cell::plain(batches)), ("stops", Cell::plain(stops))]
}

/// `1s to write; each batch then waits behind 69 due jobs, about 7m 00s`
fn estimate(view: &RequeuePlanView<'_>) -> String {
    let write = format!("{} to write", age(estimated_seconds(view)));
    if view.canary.is_none() {
        return write;
    }
    let Some(backlog) = view.backlog else {
        return format!("{write}; each batch then waits behind the due jobs");
    };
    if backlog.due == 0 {
        return write;
    }
    let jobs = plural(backlog.due, "due job", "due jobs");
    let wait = backlog.wait();
    let wait = wait.map(|wait| format!(", about {}", age(wait.as_secs_f64())));
    format!("{write}; each batch then waits behind {jobs}{}", wait.unwrap_or_default())
}

/// When something is deleted: `in 3h 02m`.
fn deletion(seconds: f64) -> String {
    if seconds > 0.0 {
        format!("in {}", crate::text::age(seconds))
    } else {
        "at any moment".to_owned()
    }
}

/// Returns the estimated duration of the writes in seconds, without waiting for workers.
pub(crate) fn estimated_seconds(view: &RequeuePlanView<'_>) -> f64 {
    let rate = view.throttle.rate.map_or(RATE, |rate| rate.min(RATE));
    (view.plan.ids.len() as f64 / rate).ceil()
}

/// Returns, for example, `at most 20 jobs per second; run times spread over 10m`.
fn describe_throttle(throttle: &Throttle) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(throttle.rate.map(|rate| {
        let jobs = (rate * 3_600.0).round() as u64;
        if rate >= 1.0 {
            format!("at most {} per second", plural(rate.round() as u64, "job", "jobs"))
        } else {
            format!("at most {} per hour", plural(jobs, "job", "jobs"))
        }
    }));
    parts.extend(
        throttle.spread.map(|spread| format!("run times spread over {}", format_duration(spread))),
    );
    parts.extend(throttle.pause_above.map(|limit| {
        format!("pauses while more than {}", plural(limit, "job is due", "jobs are due"))
    }));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The label of the number of skipped jobs, and the reason in the table of these jobs.
fn labels(reason: PlanSkip) -> (&'static str, &'static str) {
    match reason {
        PlanSkip::Missing => ("skipped: not found", "not found"),
        PlanSkip::NotDead => ("skipped: not dead", "not dead"),
        PlanSkip::RepeatFailure => ("skipped: repeat failure", "repeat failure"),
        PlanSkip::OverMax => ("skipped: beyond --max", "beyond --max"),
        PlanSkip::AlreadyRequeued => ("requeued before", "requeued before"),
        PlanSkip::Changed => ("skipped: changed since", "changed since"),
        PlanSkip::Conflict => ("skipped: unique key in use", "unique key in use"),
        PlanSkip::Refused => ("skipped: not possible by SQL", "not possible by SQL"),
    }
}

/// `2 jobs are not dead letters`
pub(super) fn skip_count(reason: PlanSkip, jobs: u64) -> String {
    let (one, more) = match reason {
        PlanSkip::Missing => ("job does not exist", "jobs do not exist"),
        PlanSkip::NotDead => ("job is not a dead letter", "jobs are not dead letters"),
        PlanSkip::RepeatFailure => ("repeat failure", "repeat failures"),
        PlanSkip::OverMax => ("job exceeds --max", "jobs exceed --max"),
        PlanSkip::AlreadyRequeued => ("job was requeued before", "jobs were requeued before"),
        PlanSkip::Changed => ("job changed since the plan", "jobs changed since the plan"),
        PlanSkip::Conflict => ("job has a unique key in use", "jobs have a unique key in use"),
        PlanSkip::Refused => ("job cannot be requeued by SQL", "jobs cannot be requeued by SQL"),
    };
    plural(jobs, one, more)
}

fn groups(document: &mut Document, view: &RequeuePlanView<'_>) {
    let plan = view.plan;
    let columns = vec![
        Column::number("jobs"),
        Column::text("kind"),
        Column::number("last 15m"),
        Column::text("safe to retry"),
        Column::text("group"),
        Column::prose("cause"),
    ];
    let mut table = Table::listing(columns);
    for group in plan.groups.iter().take(SHOWN) {
        table.row(vec![
            Cell::plain(count(group.jobs)),
            Cell::plain(&group.kind),
            recent_cell(plan.recent_jobs(group)),
            retry_cell(group, &view.rules),
            Cell::plain(&group.group),
            Cell::plain(first_line(&group.cause)),
        ]);
    }
    document.push(Block::Table(table));
    if plan.groups.len() > SHOWN {
        document.note(format!("And {} more groups.", count((plan.groups.len() - SHOWN) as u64)));
    }
}

fn recent_cell(jobs: Option<u64>) -> Cell {
    match jobs {
        None => Cell::muted("-"),
        Some(0) => Cell::plain("0"),
        Some(jobs) => Cell::value_with_status(count(jobs), Status::Warning),
    }
}

fn retry_cell(group: &PlannedGroup, rules: &[&Advice]) -> Cell {
    match safe_to_retry(group, rules) {
        Some(SafeToRetry::Yes) => Cell::plain(retry_text(SafeToRetry::Yes)),
        Some(other) => Cell::value_with_status(retry_text(other), Status::Warning),
        None => Cell::muted("unknown"),
    }
}

/// Returns whether the advice calls a retry safe; `None` without advice.
fn safe_to_retry(group: &PlannedGroup, rules: &[&Advice]) -> Option<SafeToRetry> {
    let PlannedGroup { group: hash, code, cause: template, .. } = group.clone();
    let fingerprint = Fingerprint { hash, code, template };
    advise(rules.iter().copied(), &fingerprint).map(|advice| advice.safe_to_retry)
}

fn skipped_jobs(document: &mut Document, plan: &Plan) {
    let skipped = plan
        .skipped
        .iter()
        .filter(|(reason, ..)| !matches!(reason, PlanSkip::OverMax | PlanSkip::AlreadyRequeued));
    let mut table = Table::listing(vec![Column::text("skipped job"), Column::prose("reason")]);
    for (reason, _, jobs) in skipped {
        for job in jobs.iter().take(SHOWN) {
            let reason_text = match (reason, &job.state) {
                (PlanSkip::NotDead, Some(state)) => format!("not dead: its state is {state}"),
                (PlanSkip::Conflict | PlanSkip::Refused, Some(why)) => why.clone(),
                _ => labels(*reason).1.to_owned(),
            };
            table.row(vec![Cell::plain(job.id.to_string()), Cell::plain(reason_text)]);
        }
    }
    if !table.rows.is_empty() {
        document.push(Block::Table(table));
    }
}

fn notes(document: &mut Document, view: &RequeuePlanView<'_>) {
    for note in &view.notes {
        document.note(note.as_str());
    }
    for (why, jobs) in view.plan.held_up.iter().take(SHOWN) {
        document.note(format!("{} will wait: {why}", plural(*jobs, "job", "jobs")));
    }
    if let Some(seconds) = view.plan.first_deletion {
        let when = deletion(seconds);
        document.note(format!("The package deletes the first of these dead letters {when}."));
    }
    if view.journal_only {
        document.note(
            "This database has no events table: only this machine records the operation, other operators cannot \
             see it.",
        );
    }
    if view.undone > 0 {
        let jobs = plural(view.undone, "job of this operation was", "jobs of this operation were");
        let remaining = match view.plan.ids.is_empty() {
            true => "requeue the same selection again to include them",
            false => "they stay dead letters, the remaining jobs are requeued",
        };
        document.note(format!("warning: {jobs} undone since; {remaining}"));
    }
    if view.failed > 0 {
        let jobs = plural(view.failed, "job", "jobs");
        document.note(format!(
            "warning: {jobs} failed again since the requeue; check that the cause is fixed"
        ));
    }
}

/// Adds warnings about groups that are still failing, and about causes that need a fix first.
fn warnings(document: &mut Document, view: &RequeuePlanView<'_>) {
    let plan = view.plan;
    let mut failing: Vec<_> = recent_failures::still_failing(plan).collect();
    failing.sort_by_key(|(_, recent)| std::cmp::Reverse(recent.jobs));
    match failing.as_slice() {
        [] => {}
        [(_, recent)] if plan.groups.len() == 1 => {
            let recent = recent_failures::describe(*recent);
            document.note(format!("warning: this group is still failing ({recent})"));
        }
        [(group, recent), others @ ..] => {
            let (id, recent) = (&group.group, recent_failures::describe(*recent));
            let more = match others.len() as u64 {
                0 => String::new(),
                others => format!(" and {}", plural(others, "more group", "more groups")),
            };
            document.note(format!("warning: still failing: {id} ({recent}){more}"));
        }
    }
    let undated = recent_failures::undated(plan).count() as u64;
    if undated > 0 {
        let groups = match plan.groups.len() {
            1 => "this group is".to_owned(),
            _ => plural(undated, "group is", "groups are"),
        };
        let why = recent_failures::UNDATED;
        document.note(format!("warning: not known whether {groups} still failing: {why}"));
    }
    if let Some(why) = &plan.recent_unknown {
        document.note(format!("warning: not known which groups are still failing: {why}"));
    }
    let needs_fix = |group: &&PlannedGroup| {
        matches!(safe_to_retry(group, &view.rules), Some(SafeToRetry::AfterFix | SafeToRetry::No))
    };
    let jobs = plan.groups.iter().filter(needs_fix).map(|group| group.jobs).sum();
    if view.canary.is_none() && jobs > 1 {
        document.note(format!(
            "warning: {} failed with an error that a retry does not fix; use --canary to try 1 job per group first",
            plural(jobs, "job", "jobs")
        ));
    }
    let is_blocked =
        |backlog: &super::Backlog| backlog.due > 0 && backlog.finished_per_minute == Some(0.0);
    if view.canary.is_some() && view.backlog.as_ref().is_some_and(is_blocked) {
        document
            .note("warning: no job finished in the last 5m; workers may not reach batch 1 in time");
    }
}
