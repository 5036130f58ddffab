//! The reports of `dlq requeue`: the plan, the refusal and the outcome.

mod flags;
mod json;
mod next_steps;
mod plan;

pub(crate) use flags::{plan_flags, resume_flags};
pub(crate) use json::RequeueJson;
use json::{data, not_requeued};
use next_steps::{apply_commands, next_steps};
pub(crate) use plan::document;
use plan::skip_count;

use super::write_outcome::{add_headline, add_outcome, add_stop_error, exit, outcome_json};
use super::{Document, Provenance, Report, canary, follow, title_line};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::advice::Advice;
use crate::facts::canary::{Backlog, Canary};
use crate::facts::operation::{OperationId, OperationType};
use crate::facts::requeue::{Outcome, Plan, PlanSkip, RequeueRun};
use crate::facts::throttle::Throttle;
use crate::suggest::ShellCommand;

/// A plan with everything that its report shows.
pub(crate) struct RequeuePlanView<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// The context and database.
    pub(crate) from: Provenance,
    /// The operation that is resumed.
    pub(crate) resumes: Option<OperationId>,
    /// Whether the operation is only recorded on this machine, because the database has no events.
    pub(crate) journal_only: bool,
    /// Whether the plan can be applied by its id.
    pub(crate) stored: bool,
    /// The canary, if one was requested.
    pub(crate) canary: Option<Canary>,
    /// The rate limit.
    pub(crate) throttle: Throttle,
    /// The advice for causes, the most specific first.
    pub(crate) rules: Vec<&'a Advice>,
    /// Jobs of the resumed operation that were undone since.
    pub(crate) undone: u64,
    /// Jobs of the resumed operation that failed again since, as far as that is known.
    pub(crate) failed: u64,
    /// The due jobs that run before those of the canary, if they were counted.
    pub(crate) backlog: Option<Backlog>,
    /// The protected context that this database belongs to.
    pub(crate) protected: Option<&'a str>,
    /// The reason given by the operator.
    pub(crate) reason: Option<&'a str>,
    /// What a requeue does in the table of a package.
    pub(crate) notes: Vec<String>,
    /// Whether a requeue can be undone here.
    pub(crate) can_be_undone: bool,
}

impl RequeuePlanView<'_> {
    /// Number of jobs that the canary requeues first; `None` without a canary.
    pub(crate) fn first_batch_jobs(&self) -> Option<u64> {
        let canary = self.canary.as_ref()?;
        Some(canary.batch_sizes.first_batch_jobs(&self.plan.group_of_job))
    }

    /// The command that applies the plan, or resumes its operation, with a canary; `None` if the plan is not stored.
    pub(crate) fn command_with_canary(&self) -> Option<ShellCommand> {
        next_steps::command_with_canary(self)
    }
}

/// Builds the report of a plan that was not applied: a preview, or nothing to do.
pub(crate) fn planned(view: &RequeuePlanView<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(view);
    let plan = view.plan;
    if plan.matched > 0 {
        document.note("Nothing was written.");
    }
    if let Some(obstacle) = obstacle {
        document.note(format!("warning: this plan cannot be applied here: {obstacle}"));
    }
    if dry_run && !plan.ids.is_empty() {
        document.next(apply_commands(view));
    }
    let mut report = Report::listing("dlq requeue", data(view, None), document);
    // Nothing is eligible, and the report says so. Jobs that changed since were eligible once.
    if !dry_run && plan.skipped_for(PlanSkip::Changed) > 0 {
        report.exit = ExitCode::Refused;
    }
    summarize(&mut report, plan, None);
    report
}

/// Builds the report of a refusal: some of the given ids are not dead letters.
pub(crate) fn refused(view: &RequeuePlanView<'_>) -> Report {
    let plan = view.plan;
    let counts = PlanSkip::REFUSING.map(|reason| (reason, plan.skipped_for(reason)));
    let counts = counts.into_iter().filter(|(_, n)| *n > 0);
    let jobs = counts.map(|(reason, n)| skip_count(reason, n)).collect::<Vec<_>>().join(", ");
    let mut document = document(view);
    document.note(format!("Refused: {jobs}, and ids are all or nothing. Nothing was written."));
    document.note("Use --skip-ineligible to requeue the others.");
    let mut report = Report::listing("dlq requeue", data(view, None), document);
    report.exit = ExitCode::Refused;
    let error = Error::refused(format!("refused: {jobs}, and ids are all or nothing"))
        .hint("requeue the others: --skip-ineligible");
    report.errors.push(error);
    summarize(&mut report, plan, None);
    report
}

/// Builds the report of a plan that was applied.
pub(crate) fn applied(
    view: &RequeuePlanView<'_>,
    operation: &OperationId,
    run: &RequeueRun,
) -> Report {
    let outcome = &run.outcome;
    let code = exit_code(run, exit(outcome, not_requeued(view.plan)));
    let mut document = Document::default();
    let stopped = outcome.stopped.is_some();
    let canary = canary::headline(&run.groups).filter(|_| !stopped);
    let followed = run.followed.as_ref().filter(|_| !stopped);
    match canary.or_else(|| followed.map(follow::headline)) {
        Some((status, text)) => document.headline(status, text),
        None => add_headline(&mut document, OperationType::Requeue, outcome, code),
    }
    document.push(title_line::title("requeue", &view.from));
    let before = view.plan.skipped_for(PlanSkip::AlreadyRequeued);
    add_outcome(&mut document, operation, outcome, (OperationType::Requeue, before));
    canary::add_blocks(&mut document, &run.groups);
    if let Some(followed) = &run.followed {
        follow::add_blocks(&mut document, followed);
    }
    if !run.resumable && outcome.not_requeued + outcome.in_doubt > 0 {
        document.note(
            "This machine has no record of the operation: to continue, requeue the same selection again.",
        );
    }
    document.next(next_steps(view, operation, run));
    let mut data = data(view, Some(outcome_json(operation, outcome)));
    data.canary = view.canary.as_ref().map(|_| canary::json(&run.groups));
    data.followed = run.followed.as_ref().map(follow::json);
    let mut report = Report::listing("dlq requeue", data, document);
    report.exit = code;
    add_stop_error(&mut report, outcome);
    summarize(&mut report, view.plan, Some(outcome));
    if let Some(followed) = &run.followed {
        follow::add_end_error(&mut report, followed);
        follow::summarize(&mut report, followed);
    }
    report
}

/// Returns the exit code. The outcome of the jobs comes before that of the write: failed again 2,
/// unknown 3, a canary without outcome 75.
fn exit_code(run: &RequeueRun, written: ExitCode) -> ExitCode {
    if run.outcome.stopped.is_some() {
        return written;
    }
    let has_written = run.outcome.written > 0;
    let outcomes =
        [canary::exit(&run.groups, has_written), run.followed.as_ref().map(follow::exit)];
    let has = |code| outcomes.contains(&Some(code));
    let order = [ExitCode::Critical, ExitCode::Unknown, ExitCode::Interrupted, ExitCode::Partial];
    order.into_iter().find(|code| has(*code)).unwrap_or(written)
}

fn summarize(report: &mut Report, plan: &Plan, outcome: Option<&Outcome>) {
    report.summary = vec![
        ("matched", plan.matched.into()),
        ("eligible", plan.ids.len().into()),
        ("requeued", outcome.map_or(0, |o| o.written).into()),
    ];
}
