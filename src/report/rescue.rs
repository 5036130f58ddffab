//! The reports of `jobs rescue`: the plan and the outcome.

use schemars::JsonSchema;
use serde::Serialize;

use super::rescuer::{
    RescueFollowJson, RescuerJson, RescuerView, SHOWN, add_follow, describe, follow_exit,
    follow_json, rescuer_json, rescuer_notes,
};
use super::write_outcome::{
    NAMED, OutcomeJson, add_headline, add_headline_of, add_outcome_of, add_stop_error, exit,
    outcome_json,
};
use super::{Block, Cell, Column, Document, Provenance, Report, Table, title_line};
use crate::exit::ExitCode;
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::facts::job_id::JobId;
use crate::facts::operation::{OperationId, OperationType};
use crate::facts::requeue::{Outcome, WriteStop};
use crate::facts::requeued_job::FollowEnd;
use crate::facts::stuck_job::{
    RescueFollow, RescueOutcome, RescueResult, SignOfLife, StuckJob, StuckJobs, StuckRule,
};
use crate::permit;
use crate::suggest::ShellCommand;
use crate::text::{age, count, format_duration, plural, some_of};

/// Stuck jobs with everything that the report shows.
pub(crate) struct RescuePlanView<'a> {
    /// The stuck jobs.
    pub(crate) stuck: &'a StuckJobs,
    /// The jobs given on the command line; empty for all stuck jobs.
    pub(crate) only: &'a [JobId],
    /// The protected context that this database belongs to.
    pub(crate) protected: Option<&'a str>,
    /// Flags that select the jobs and what is written, with their values.
    pub(crate) flags: Vec<String>,
    /// Which claimed jobs are stuck.
    pub(crate) rule: StuckRule,
    /// The context and database.
    pub(crate) from: Provenance,
    /// Whether the operation is only recorded on this machine, because the database has no events.
    pub(crate) journal_only: bool,
    /// What else the plan has to say.
    pub(crate) notes: &'a [String],
    /// The package's own code, if that frees the jobs.
    pub(crate) rescuer: Option<RescuerView<'a>>,
}

/// `data` of `jobs rescue`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RescueJson {
    /// Heartbeat age in seconds from which a job is stuck; null if each job has its own limit.
    stuck_after_seconds: Option<f64>,
    stuck: u64,
    /// Whether there are more stuck jobs than were read.
    truncated: bool,
    /// Claimed jobs without any heartbeat; they are skipped.
    without_heartbeat: u64,
    /// Oldest heartbeat first, at most 1,000.
    jobs: Vec<StuckJobJson>,
    /// What frees the jobs after their claims were aged; null if the rescue frees them itself.
    rescuer: Option<RescuerJson>,
    /// Outcome of the writes; null if nothing was written.
    outcome: Option<OutcomeJson>,
    /// What the package did with the jobs; null if nothing was waited for.
    followed: Option<RescueFollowJson>,
}

/// A stuck job.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StuckJobJson {
    id: String,
    kind: Option<String>,
    worker: Option<String>,
    /// Heartbeat age in seconds by the database clock.
    heartbeat_age_seconds: f64,
    /// Source of the heartbeat age: `heartbeat`, `lock` or `change`.
    heartbeat_source: &'static str,
    attempts: Option<i64>,
    max_attempts: Option<i64>,
    /// Age in seconds of the worker's last heartbeat on another job; null if there is none.
    other_job_heartbeat_age_seconds: Option<f64>,
    /// Whether the package's own code should have freed the job already.
    past_limit: bool,
    /// Result of a rescue: `queued`, `dead_letter`, `claim_aged` (the package's own code frees it), `skipped`
    /// (attempts used up, and the schema has no dead letters) or `worker_active` (skipped as well).
    result: &'static str,
}

/// Builds the plan: on stderr before the prompt, on stdout with `--dry-run`.
pub(crate) fn document(view: &RescuePlanView<'_>) -> Document {
    let found = view.stuck;
    let mut document = Document::default();
    document.summary(headline(found));
    document.push(title_line::title("rescue plan", &view.from));
    // A lock is no heartbeat: most packages have none.
    let are_locks =
        !found.jobs.is_empty() && found.jobs.iter().all(|job| job.sign == SignOfLife::Lock);
    let mut pairs = vec![match view.rule {
        StuckRule::Age(after) => {
            let label = if are_locks { "locked for" } else { "no heartbeat for" };
            (label, Cell::plain(format!("more than {}", format_duration(after))))
        }
        StuckRule::OwnLimit(_) => ("stuck", Cell::plain("beyond the limit of the job")),
    }];
    let results = [
        ("to queue", RescueResult::Queued),
        ("to dead letters", RescueResult::DeadLetter),
        ("claims to age", RescueResult::ClaimAged),
        ("skipped", RescueResult::Skipped),
        ("skipped: worker active", RescueResult::WorkerActive),
    ];
    let results = results.map(|(label, result)| (label, count_with(found, result)));
    let results = results.into_iter().filter(|(_, jobs)| *jobs > 0);
    pairs.extend(results.map(|(label, jobs)| (label, Cell::strong(count(jobs)))));
    document.push(Block::Pairs(pairs));
    if !found.jobs.is_empty() {
        document.push(Block::Table(job_table(&found.jobs)));
    }
    if found.jobs.len() > SHOWN {
        let (shown, all) = (count(SHOWN as u64), count(found.jobs.len() as u64));
        document.note(format!("Showing {shown} of {all} jobs."));
    }
    notes(&mut document, view);
    document
}

/// `Plan: rescue 4 stuck jobs; 3 to the queue, 1 to dead letters`
fn headline(found: &StuckJobs) -> String {
    if found.jobs.is_empty() {
        return "No stuck jobs.".to_owned();
    }
    let results = [
        (RescueResult::Queued, "to the queue"),
        (RescueResult::DeadLetter, "to dead letters (last attempt)"),
        (RescueResult::ClaimAged, "by aging the claim"),
        (RescueResult::Skipped, "skipped"),
        (RescueResult::WorkerActive, "skipped (worker active)"),
    ];
    let results = results.map(|(result, text)| (count_with(found, result), text));
    let results = results.into_iter().filter(|(jobs, _)| *jobs > 0);
    let results: Vec<_> = results.map(|(jobs, text)| format!("{} {text}", count(jobs))).collect();
    let jobs = plural(found.jobs.len() as u64, "stuck job", "stuck jobs");
    format!("Plan: rescue {jobs}; {}", results.join(", "))
}

fn notes(document: &mut Document, view: &RescuePlanView<'_>) {
    let found = view.stuck;
    let skipped = count_with(found, RescueResult::Skipped);
    if skipped > 0 {
        let jobs = plural(skipped, "job has", "jobs have");
        document.note(format!(
            "{jobs} used up all attempts, and this schema has no dead letters: skipped."
        ));
    }
    if found.without_heartbeat > 0 {
        let jobs = plural(found.without_heartbeat, "job", "jobs");
        document.note(format!("{jobs} claimed without any heartbeat: skipped."));
    }
    if found.truncated {
        let jobs = count(found.jobs.len() as u64);
        document.note(format!(
            "There are more stuck jobs: one rescue includes the {jobs} with the oldest heartbeats."
        ));
    }
    let is_written = |job: &&StuckJob| job.result.is_written();
    let on_active_workers = found.jobs.iter().filter(is_written);
    let on_active_workers =
        on_active_workers.filter(|job| job.other_job_heartbeat_age.is_some()).count() as u64;
    if on_active_workers > 0 {
        let jobs = plural(on_active_workers, "job is", "jobs are");
        document.note(format!(
            "warning: {jobs} locked by a worker with recent heartbeats on other jobs; the job may still finish"
        ));
    }
    let active = count_with(found, RescueResult::WorkerActive);
    if active > 0 {
        let jobs = plural(active, "job is", "jobs are");
        document.note(format!(
            "{jobs} skipped: the worker sent a heartbeat or claimed another job lately, and may still run it."
        ));
    }
    if let Some(rescuer) = &view.rescuer {
        rescuer_notes(document, rescuer, found);
    }
    let notes = view.notes.iter().filter(|_| !found.jobs.is_empty());
    notes.for_each(|note| document.note(note.as_str()));
    if view.journal_only && !found.jobs.is_empty() {
        document
            .note("This database has no events table: only this machine records the operation.");
    }
}

fn count_with(found: &StuckJobs, result: RescueResult) -> u64 {
    found.jobs.iter().filter(|job| job.result == result).count() as u64
}

fn job_table(jobs: &[StuckJob]) -> Table {
    let mut table = Table::listing(vec![
        Column::text("job"),
        Column::text("kind"),
        Column::text("worker"),
        Column::text("heartbeat"),
        Column::text("other jobs of worker").minor(),
        Column::text("attempt"),
        Column::text("result"),
    ]);
    for job in jobs.iter().take(SHOWN) {
        let heartbeat = match job.sign {
            SignOfLife::Heartbeat => format!("{} ago", age(job.heartbeat_age)),
            sign => format!("none ({} {} ago)", sign.as_str(), age(job.heartbeat_age)),
        };
        let other_jobs = job
            .other_job_heartbeat_age
            .map_or("-".to_owned(), |s| format!("heartbeat {} ago", age(s)));
        let attempt = match (job.running_attempt, job.max_attempts) {
            (Some(running), Some(max)) => format!("{running} of {max}"),
            _ => "-".to_owned(),
        };
        let result = match job.result {
            RescueResult::Queued => Cell::plain("queued"),
            RescueResult::DeadLetter => Cell::value_with_status("dead letter", Status::Warning),
            RescueResult::ClaimAged => Cell::plain("claim aged"),
            RescueResult::Skipped => Cell::muted("skipped"),
            RescueResult::WorkerActive => Cell::muted("skipped: worker active"),
        };
        table.row(vec![
            Cell::strong(job.id.to_string()),
            Cell::plain(job.kind.as_deref().unwrap_or("-")),
            Cell::plain(job.worker.as_deref().unwrap_or("-")),
            Cell::plain(heartbeat),
            Cell::plain(other_jobs),
            Cell::plain(attempt),
            result,
        ]);
    }
    table
}

/// Builds the report of a plan that was not applied: a preview, or nothing to do.
pub(crate) fn planned(view: &RescuePlanView<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(view);
    if let Some(reason) = obstacle {
        document.note(format!("warning: this plan cannot be applied here: {reason}"));
    }
    if !view.stuck.jobs.is_empty() {
        document.note("Nothing was written.");
    }
    if dry_run && obstacle.is_none() && !view.stuck.jobs.is_empty() {
        let jobs = view.stuck.jobs.len() as u64;
        let flags = permit::flags(view.protected, jobs, None);
        let command = view.only.iter().fold(ShellCommand::new("jobs rescue"), ShellCommand::arg);
        let command = command.args(&view.flags).args(flags);
        document.next(vec![Suggestion::new(command, "apply (asks first)")]);
    }
    let mut report = Report::listing("jobs rescue", json(view, None, None), document);
    summarize(&mut report, view, 0);
    // A preview succeeds; a rescue that writes nothing although jobs are stuck is refused.
    if !dry_run && not_written(view.stuck) > 0 {
        report.exit = ExitCode::Refused;
    }
    report
}

/// Builds the report of a rescue that was applied.
pub(crate) fn applied(
    view: &RescuePlanView<'_>,
    operation: &OperationId,
    outcome: &Outcome,
    followed: Option<&RescueFollow>,
) -> Report {
    let mut document = Document::default();
    let not_rescued = not_written(view.stuck) + u64::from(view.stuck.truncated);
    let code = match (exit(outcome, not_rescued), followed) {
        (ExitCode::Ok, Some(followed)) => follow_exit(followed),
        (code, _) => code,
    };
    match &view.rescuer {
        None => add_headline(&mut document, OperationType::Rescue, outcome, code),
        Some(_) => {
            let aged = plural(outcome.written, "claim aged", "claims aged");
            let aged = followed.map_or(aged.clone(), |f| format!("{aged}: {}", describe(f)));
            add_headline_of(&mut document, (OperationType::Rescue, aged), outcome, code);
        }
    }
    document.push(title_line::title("rescue", &view.from));
    let written =
        if view.rescuer.is_some() { "claims aged" } else { OperationType::Rescue.past_tense() };
    add_outcome_of(&mut document, operation, outcome, (OperationType::Rescue, written, 0));
    let active = view.stuck.jobs.iter().filter(|job| job.result == RescueResult::WorkerActive);
    let active: Vec<_> = active.map(|job| job.id.to_string()).collect();
    if !active.is_empty() {
        let jobs = plural(active.len() as u64, "job is", "jobs are");
        let ids = some_of(&active, SHOWN);
        document.note(format!("{jobs} skipped, because the worker is active: {ids}."));
    }
    if let (Some(rescuer), Some(followed)) = (&view.rescuer, followed) {
        add_follow(&mut document, rescuer, followed);
    }
    let more = outcome.not_requeued + outcome.in_doubt > 0 || view.stuck.truncated;
    let mut next = Vec::new();
    if more && !matches!(outcome.stopped, Some(WriteStop::AllOrNothing(_))) {
        let command = ShellCommand::new("jobs rescue").args(&view.flags);
        next.push(Suggestion::new(command, "rescue the remaining stuck jobs"));
    }
    if followed.is_some_and(|followed| followed.undecided() > 0) {
        next.push(Suggestion::fixed("jobs list --state stuck", "jobs that are still claimed"));
    }
    if followed.is_some_and(|followed| followed.count(RescueOutcome::DeadLetter) > 0) {
        next.push(Suggestion::fixed("dlq list", "dead letters, newest first"));
    }
    if let Some((queued, dead)) = written_counts(view.stuck, outcome)
        && view.rescuer.is_none()
    {
        let dead_letters = plural(dead, "dead letter", "dead letters");
        document.note(format!("{} queued again, {dead_letters}.", count(queued)));
        if dead > 0 {
            next.push(Suggestion::fixed("dlq list", "dead letters, newest first"));
        }
    }
    next.push(Suggestion::fixed("queue", "due and running jobs"));
    document.next(next);
    let data = json(view, Some(outcome_json(operation, outcome)), followed);
    let mut report = Report::listing("jobs rescue", data, document);
    report.exit = code;
    add_stop_error(&mut report, outcome);
    summarize(&mut report, view, outcome.written);
    if let Some(followed) = followed {
        report.summary.push(("still_claimed", followed.undecided().into()));
        if let FollowEnd::Lost(error) = &followed.end {
            report.errors.push(error.clone().into());
        }
    }
    report
}

/// Number of stuck jobs that a rescue does not write.
fn not_written(found: &StuckJobs) -> u64 {
    found.jobs.iter().filter(|job| !job.result.is_written()).count() as u64
}

/// Returns the numbers of jobs that are queued again and that became dead letters; none if some
/// jobs were not written.
fn written_counts(found: &StuckJobs, outcome: &Outcome) -> Option<(u64, u64)> {
    let (queued, dead) =
        (count_with(found, RescueResult::Queued), count_with(found, RescueResult::DeadLetter));
    (outcome.written == queued + dead).then_some((queued, dead))
}

fn json(
    view: &RescuePlanView<'_>,
    outcome: Option<OutcomeJson>,
    followed: Option<&RescueFollow>,
) -> RescueJson {
    let jobs = view.stuck.jobs.iter().take(NAMED).map(|job| StuckJobJson {
        id: job.id.to_string(),
        kind: job.kind.clone(),
        worker: job.worker.clone(),
        heartbeat_age_seconds: job.heartbeat_age,
        heartbeat_source: job.sign.as_str(),
        attempts: job.attempts,
        max_attempts: job.max_attempts,
        other_job_heartbeat_age_seconds: job.other_job_heartbeat_age,
        past_limit: job.is_past_limit,
        result: job.result.as_str(),
    });
    RescueJson {
        stuck_after_seconds: match view.rule {
            StuckRule::Age(after) => Some(after.as_secs_f64()),
            StuckRule::OwnLimit(_) => None,
        },
        stuck: view.stuck.jobs.len() as u64,
        truncated: view.stuck.truncated,
        without_heartbeat: view.stuck.without_heartbeat,
        jobs: jobs.collect(),
        rescuer: view.rescuer.as_ref().map(rescuer_json),
        outcome,
        followed: followed.map(follow_json),
    }
}

fn summarize(report: &mut Report, view: &RescuePlanView<'_>, rescued: u64) {
    report.summary = vec![("stuck", view.stuck.jobs.len().into()), ("rescued", rescued.into())];
}
