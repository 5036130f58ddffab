//! The reports of `dlq requeue`: the plan, the refusal and the outcome.

mod flags;
mod json;
mod plan;

pub(crate) use flags::{plan_flags, resume_flags};
use json::{data, not_requeued};
pub(crate) use plan::document;

use super::write_outcome::{add_outcome, add_stop_error, exit, outcome_json};
use super::{Document, Provenance, Report, canary, follow, title_line};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::facts::advice::Advice;
use crate::facts::canary::{Canary, CanaryGroupResult, CanaryStop};
use crate::facts::operation::OperationId;
use crate::facts::requeue::{Outcome, Plan, PlanSkip, RequeueRun, WriteStop};
use crate::facts::throttle::Throttle;
use crate::text::ShellCommand;
use crate::text::plural;

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
    /// Due jobs that run before those of the canary, if they were counted.
    pub(crate) due_before: Option<u64>,
    /// The protected context that this database belongs to.
    pub(crate) protected: Option<&'a str>,
    /// The reason given by the operator.
    pub(crate) reason: Option<&'a str>,
    /// What a requeue does in the table of a package.
    pub(crate) notes: Vec<String>,
}

/// Builds the report of a plan that was not applied: a preview, or nothing to do.
pub(crate) fn planned(view: &RequeuePlanView<'_>, dry_run: bool, obstacle: Option<&str>) -> Report {
    let mut document = document(view);
    let plan = view.plan;
    if plan.matched == 0 {
        document.note("no dead letter matches: nothing to do");
    } else if plan.ids.is_empty() && view.resumes.is_some() {
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

/// Returns the commands that apply a plan: by its id if it is stored, or by resuming its operation.
fn apply_commands(view: &RequeuePlanView<'_>) -> Vec<(String, String)> {
    let plan = view.plan;
    let (apply, flags, purpose) = match &view.resumes {
        Some(operation) => {
            let resume = ShellCommand::new("dlq requeue --resume").arg(operation);
            (resume, resume_flags(view, plan.ids.len() as u64), "go on with it")
        }
        None if view.stored => {
            let apply = ShellCommand::new("dlq requeue --plan").arg(&plan.id);
            (apply, plan_flags(view), "apply exactly this")
        }
        None => return vec![],
    };
    let canary = (view.canary.is_none() && plan.ids.len() > 1).then(|| {
        let purpose = "one job of each cause first, and the others once it finished";
        (format!("{apply} --canary{flags}"), purpose.to_owned())
    });
    canary.into_iter().chain([(format!("{apply}{flags}"), purpose.to_owned())]).collect()
}

/// Builds the report of a refusal: some of the given ids are not dead letters.
pub(crate) fn refused(view: &RequeuePlanView<'_>) -> Report {
    let plan = view.plan;
    let mut document = document(view);
    let jobs = describe_ineligible(plan);
    document.note(format!("refused: {jobs}; nothing was written"));
    document.note("--skip-ineligible leaves such ids out");
    let mut report = Report::listing("dlq requeue", data(view, None), document);
    report.exit = ExitCode::Refused;
    let error = Error::refused(format!("{jobs}, and ids are all or nothing"))
        .hint("--skip-ineligible leaves them out");
    report.errors.push(error);
    summarize(&mut report, plan, None);
    report
}

/// Returns, for example, `1 job does not exist and 2 jobs are not dead`.
fn describe_ineligible(plan: &Plan) -> String {
    let reasons = [
        (PlanSkip::Missing, "job does not exist", "jobs do not exist"),
        (PlanSkip::NotDead, "job is not dead", "jobs are not dead"),
        (PlanSkip::Changed, "job changed since the plan", "jobs changed since the plan"),
        (PlanSkip::Conflict, "job has a unique key in use", "jobs have a unique key in use"),
        (PlanSkip::Refused, "job cannot be requeued by SQL", "jobs cannot be requeued by SQL"),
    ];
    let counts = reasons.map(|(reason, one, more)| (plan.skipped_for(reason), one, more));
    let counts = counts.into_iter().filter(|(n, ..)| *n > 0);
    counts.map(|(n, one, more)| plural(n, one, more)).collect::<Vec<_>>().join(" and ")
}

/// Builds the report of a plan that was applied.
pub(crate) fn applied(
    view: &RequeuePlanView<'_>,
    operation: &OperationId,
    run: &RequeueRun,
) -> Report {
    let outcome = &run.outcome;
    let mut document = Document::default();
    document.push(title_line::title("requeue", &view.from));
    // A resumed operation reports only the jobs of this run.
    let requeued = if view.resumes.is_some() { "requeued now" } else { "requeued" };
    add_outcome(&mut document, operation, outcome, requeued);
    canary::add_blocks(&mut document, &run.groups);
    if let Some(followed) = &run.followed {
        follow::add_blocks(&mut document, followed);
    }
    if !run.resumable && outcome.not_requeued + outcome.in_doubt > 0 {
        document.note(
            "the operation is not recorded on this machine: the same selection again requeues what is still dead",
        );
    }
    document.next(next(view, operation, run));
    let mut data = data(view, Some(outcome_json(operation, outcome)));
    data.canary = view.canary.as_ref().map(|_| canary::json(&run.groups));
    data.followed = run.followed.as_ref().map(follow::json);
    let mut report = Report::listing("dlq requeue", data, document);
    report.exit = exit_code(run, exit(outcome, not_requeued(view.plan)));
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

fn next(
    view: &RequeuePlanView<'_>,
    operation: &OperationId,
    run: &RequeueRun,
) -> Vec<(String, String)> {
    let (outcome, mut next) = (&run.outcome, Vec::new());
    let mut suggest = |command: String, purpose: &str| next.push((command, purpose.to_owned()));
    // Only the machine with the record can resume an operation.
    let left = if run.resumable { outcome.not_requeued + outcome.in_doubt } else { 0 };
    // A resumed operation keeps the canary and the rate limit.
    let flags = resume_flags(view, outcome.not_requeued + outcome.in_doubt);
    let resume = ShellCommand::new("dlq requeue --resume").arg(operation).flags(flags).into();
    if run.groups.iter().any(|group| group.stopped.is_some()) {
        suggest(
            ShellCommand::new("dlq follow").arg(operation).into(),
            "what becomes of those that were requeued",
        );
        if outcome.not_requeued > 0 && run.resumable {
            let failed = run.groups.iter().any(|group| group.stopped == Some(CanaryStop::Failed));
            let condition = if failed { "the cause is mended" } else { "workers reach its jobs" };
            suggest(resume, &format!("once {condition}: go on with the others"));
        }
        if run.groups.iter().any(CanaryGroupResult::may_be_untouched) {
            suggest(
                ShellCommand::new("dlq undo").arg(operation).into(),
                "take back what no worker has touched",
            );
        }
    } else if left > 0 {
        match outcome.stopped {
            Some(WriteStop::AllOrNothing(_)) => {}
            Some(WriteStop::Undone) => suggest(resume, "if the others are wanted after all"),
            Some(WriteStop::Rejected { .. }) => suggest(resume, "once the database accepts them"),
            _ => suggest(resume, "finish it; nothing is done twice"),
        }
    } else if let Some(followed) = &run.followed {
        follow::next(followed)
            .into_iter()
            .for_each(|(command, purpose)| suggest(command, &purpose));
    } else if !run.groups.is_empty() && !run.groups.iter().any(CanaryGroupResult::may_be_untouched)
    {
        suggest("cliplyctl triage".to_owned(), "how all of it stands now");
    } else if outcome.written > 0 {
        suggest(ShellCommand::new("dlq follow").arg(operation).into(), "what becomes of them");
        suggest(ShellCommand::new("dlq undo").arg(operation).into(), "take it back");
    }
    next
}

fn summarize(report: &mut Report, plan: &Plan, outcome: Option<&Outcome>) {
    report.summary = vec![
        ("matched", plan.matched.into()),
        ("eligible", plan.ids.len().into()),
        ("requeued", outcome.map_or(0, |o| o.written).into()),
    ];
}
