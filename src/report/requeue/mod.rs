//! The answers of `dlq requeue`: the plan, the refusal, the account.

mod flags;
mod json;
mod plan;

pub use flags::{plan_flags, resume_flags};
pub use json::{ExcludedJson, GroupJson, RequeueJson};
use json::{data, not_requeued};
pub use plan::document;

use super::write_outcome::{account, exit, note_stop, outcome_json};
use super::{Document, Provenance, Report, canary, follow, title_line};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::advice::Advice;
use crate::facts::canary::{Canary, CanaryGroupResult, CanaryStop};
use crate::facts::operation::OperationId;
use crate::facts::requeue::{Outcome, Plan, PlanSkip, RequeueRun, WriteStop};
use crate::facts::throttle::Throttle;
use crate::text::plural;

/// A plan, and where it stands.
pub struct RequeuePlanView<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Context and database.
    pub from: Provenance,
    /// The operation that goes on.
    pub resumes: Option<OperationId>,
    /// There are no events: the record stays on this machine.
    pub journal_only: bool,
    /// Whether the plan can be applied by its id.
    pub stored: bool,
    /// Step by step.
    pub canary: Option<Canary>,
    /// How fast.
    pub throttle: Throttle,
    /// What is known of causes, the strongest first.
    pub rules: Vec<&'a Advice>,
    /// Jobs of the operation that goes on which an undo took back since.
    pub undone: u64,
    /// Those of it that failed again since, as far as that can be seen.
    pub failed: u64,
    /// Jobs that are due before those of a canary, where somebody counted them.
    pub before: Option<u64>,
    /// The context that guards this database, by name.
    pub protected: Option<&'a str>,
    /// Why, as it was said.
    pub reason: Option<&'a str>,
}

/// The plan as the answer: `--dry-run`, or nothing to do.
#[must_use]
pub fn planned(facing: &RequeuePlanView<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(facing);
    let plan = facing.plan;
    if plan.matched == 0 {
        document.note("no dead letter matches: nothing to do");
    } else if plan.ids.is_empty() && facing.resumes.is_some() {
        document.note("nothing is left of it to requeue: nothing was written");
    } else if plan.ids.is_empty() {
        document.note("none of these may be requeued: nothing was written");
    } else {
        document.note("nothing was written");
    }
    if let Some(obstacle) = obstacle {
        document.note(format!("it could not be applied here: {obstacle}"));
    }
    if dry_run && !plan.ids.is_empty() {
        document.next(applies(facing));
    }
    let mut report = Report::listing("dlq requeue", data(facing, None), document);
    if !dry_run && not_requeued(plan) > 0 {
        report.exit = ExitCode::Partial;
    }
    summarise(&mut report, plan, None);
    report
}

/// How a plan that was shown is applied: by its id, where it is kept; one that goes on, goes on.
fn applies(facing: &RequeuePlanView<'_>) -> Vec<(String, String)> {
    let plan = facing.plan;
    let (apply, flags, why) = match &facing.resumes {
        Some(operation) => {
            let resume = format!("cliplyctl dlq requeue --resume {operation}");
            (resume, resume_flags(facing, plan.ids.len() as u64), "go on with it")
        }
        None if facing.stored => {
            let apply = format!("cliplyctl dlq requeue --plan {}", plan.id);
            (apply, plan_flags(facing), "apply exactly this")
        }
        None => return vec![],
    };
    let canary = (facing.canary.is_none() && plan.ids.len() > 1).then(|| {
        let why = "one job of each cause first, and the others once it finished";
        (format!("{apply} --canary{flags}"), why.to_owned())
    });
    canary.into_iter().chain([(format!("{apply}{flags}"), why.to_owned())]).collect()
}

/// Explicit ids of which some are not dead: nothing was written.
#[must_use]
pub fn refused(facing: &RequeuePlanView<'_>) -> Report {
    let plan = facing.plan;
    let mut document = document(facing);
    let jobs = ineligible(plan);
    document.note(format!("refused: {jobs}; nothing was written"));
    document.note("--skip-ineligible leaves such ids out");
    let mut report = Report::listing("dlq requeue", data(facing, None), document);
    report.exit = ExitCode::Refused;
    let error = Error::refused(format!("{jobs}, and ids are all or nothing"))
        .hint("--skip-ineligible leaves them out");
    report.errors.push(error);
    summarise(&mut report, plan, None);
    report
}

/// `1 job does not exist and 2 jobs are not dead`
fn ineligible(plan: &Plan) -> String {
    let words = [
        (PlanSkip::Missing, "job does not exist", "jobs do not exist"),
        (PlanSkip::NotDead, "job is not dead", "jobs are not dead"),
    ];
    let said = words.map(|(why, one, more)| (plan.excluded_for(why), one, more));
    let said = said.into_iter().filter(|(n, ..)| *n > 0);
    said.map(|(n, one, more)| plural(n, one, more)).collect::<Vec<_>>().join(" and ")
}

/// The account of a write.
#[must_use]
pub fn applied(facing: &RequeuePlanView<'_>, operation: &OperationId, done: &RequeueRun) -> Report {
    let outcome = &done.outcome;
    let mut document = Document::default();
    document.push(title_line::title("requeue", &facing.from));
    // Of an operation that goes on, these are the jobs of this run.
    let requeued = if facing.resumes.is_some() { "requeued now" } else { "requeued" };
    account(&mut document, operation, outcome, requeued);
    canary::blocks(&mut document, &done.groups);
    if let Some(followed) = &done.followed {
        follow::blocks(&mut document, followed);
    }
    document.next(next(facing, operation, done));
    let mut data = data(facing, Some(outcome_json(operation, outcome)));
    data.canary = facing.canary.as_ref().map(|_| canary::json(&done.groups));
    data.followed = done.followed.as_ref().map(follow::json);
    let mut report = Report::listing("dlq requeue", data, document);
    report.exit = ending(done, exit(outcome, not_requeued(facing.plan)));
    note_stop(&mut report, outcome);
    summarise(&mut report, facing.plan, Some(outcome));
    if let Some(followed) = &done.followed {
        follow::note_end(&mut report, followed);
        follow::summarise(&mut report, followed);
    }
    report
}

/// What was seen of the jobs goes before the account of the write: failed again 2, not known 3.
fn ending(done: &RequeueRun, written: ExitCode) -> ExitCode {
    if done.outcome.stopped.is_some() {
        return written;
    }
    let seen = [canary::exit(&done.groups), done.followed.as_ref().map(follow::exit)];
    let has = |code| seen.contains(&Some(code));
    let order = [ExitCode::Critical, ExitCode::Unknown, ExitCode::Interrupted];
    order.into_iter().find(|code| has(*code)).unwrap_or(written)
}

fn next(
    facing: &RequeuePlanView<'_>,
    operation: &OperationId,
    done: &RequeueRun,
) -> Vec<(String, String)> {
    let (outcome, mut next) = (&done.outcome, Vec::new());
    let mut say = |command: String, why: &str| next.push((command, why.to_owned()));
    // Whoever goes on, goes on as carefully.
    let flags = resume_flags(facing, outcome.not_requeued + outcome.in_doubt);
    let resume = format!("cliplyctl dlq requeue --resume {operation}{flags}");
    if done.groups.iter().any(|lane| lane.stopped.is_some()) {
        say(
            format!("cliplyctl dlq follow {operation}"),
            "what becomes of those that were requeued",
        );
        if outcome.not_requeued > 0 {
            let failed = done.groups.iter().any(|lane| lane.stopped == Some(CanaryStop::Failed));
            let once = if failed { "the cause is mended" } else { "workers reach its jobs" };
            say(resume, &format!("once {once}: go on with the others"));
        }
        if done.groups.iter().any(CanaryGroupResult::may_be_untouched) {
            say(format!("cliplyctl dlq undo {operation}"), "take back what no worker has touched");
        }
    } else if outcome.not_requeued + outcome.in_doubt > 0 {
        match outcome.stopped {
            Some(WriteStop::AllOrNothing) => {}
            Some(WriteStop::Undone) => say(resume, "if the others are wanted after all"),
            _ => say(resume, "finish it; nothing is done twice"),
        }
    } else if let Some(followed) = &done.followed {
        follow::next(followed).into_iter().for_each(|(command, why)| say(command, &why));
    } else if !done.groups.is_empty()
        && !done.groups.iter().any(CanaryGroupResult::may_be_untouched)
    {
        say("cliplyctl triage".to_owned(), "how all of it stands now");
    } else if outcome.done > 0 {
        say(format!("cliplyctl dlq follow {operation}"), "what becomes of them");
        say(format!("cliplyctl dlq undo {operation}"), "take it back");
    }
    next
}

fn summarise(report: &mut Report, plan: &Plan, outcome: Option<&Outcome>) {
    report.summary = vec![
        ("matched", plan.matched.into()),
        ("eligible", plan.ids.len().into()),
        ("requeued", outcome.map_or(0, |o| o.done).into()),
    ];
}
