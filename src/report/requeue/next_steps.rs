//! The suggested commands of `dlq requeue`.

use super::{RequeuePlanView, plan_flags, resume_flags};
use crate::facts::Suggestion;
use crate::facts::canary::{CanaryGroupResult, CanaryStop};
use crate::facts::operation::OperationId;
use crate::facts::requeue::{RequeueRun, WriteStop};
use crate::report::follow;
use crate::suggest::ShellCommand;
use crate::text::plural;

/// Returns the commands that apply a plan: by its id if it is stored, or by resuming its operation.
pub(super) fn apply_commands(view: &RequeuePlanView<'_>) -> Vec<Suggestion> {
    let Some((apply, flags)) = apply_command(view) else { return vec![] };
    let jobs = plural(view.plan.ids.len() as u64, "job", "jobs");
    let is_small = view.canary.is_some() || view.plan.ids.len() <= 1;
    let canary = (!is_small).then_some(()).and_then(|()| {
        let purpose = "after the fix: requeue 1 job per group first, then the others";
        Some(Suggestion::new(command_with_canary(view)?, purpose))
    });
    let purpose = match (&view.resumes, view.first_batch_jobs()) {
        (Some(_), _) => format!("after the fix: requeue the remaining {jobs}"),
        (None, Some(first)) if first < view.plan.ids.len() as u64 => {
            let first = plural(first, "job", "jobs");
            format!("after the fix: requeue these {jobs}, {first} first")
        }
        (None, _) => format!(
            "after the fix: requeue {} at once",
            if canary.is_some() { "all of them" } else { jobs.as_str() }
        ),
    };
    canary.into_iter().chain([Suggestion::new(apply.args(flags), purpose)]).collect()
}

/// The command that applies the plan without its flags, and those flags; `None` if the plan is not stored.
fn apply_command(view: &RequeuePlanView<'_>) -> Option<(ShellCommand, Vec<String>)> {
    let plan = view.plan;
    match &view.resumes {
        Some(operation) => {
            let resume = ShellCommand::new("dlq requeue --resume").arg(operation);
            Some((resume, resume_flags(view, plan.ids.len() as u64)))
        }
        None if view.stored => {
            let apply = ShellCommand::new("dlq requeue --plan").arg(&plan.id);
            Some((apply, plan_flags(view)))
        }
        None => None,
    }
}

/// Returns the command that applies the plan with a canary; `None` if the plan is not stored.
pub(super) fn command_with_canary(view: &RequeuePlanView<'_>) -> Option<ShellCommand> {
    // Ids are all or nothing, which a canary is not.
    let ignores_changes = view.plan.is_all_or_nothing() && view.resumes.is_none();
    let canary = ignores_changes.then_some("--ignore-changes").into_iter().chain(["--canary"]);
    let (apply, flags) = apply_command(view)?;
    Some(apply.args(canary).args(flags))
}

/// Returns the commands after a plan was applied.
pub(super) fn next_steps(
    view: &RequeuePlanView<'_>,
    operation: &OperationId,
    run: &RequeueRun,
) -> Vec<Suggestion> {
    let outcome = &run.outcome;
    // Only the machine with the record can resume an operation.
    let remaining = if run.resumable { outcome.not_requeued + outcome.in_doubt } else { 0 };
    if run.groups.iter().any(|group| group.stopped.is_some()) {
        return after_canary_stop(view, operation, run);
    }
    let follow = || ShellCommand::new("dlq follow").arg(operation);
    let undo = || ShellCommand::new("dlq undo").arg(operation);
    if remaining > 0 {
        let jobs = plural(remaining, "job", "jobs");
        let purpose = match outcome.stopped {
            Some(WriteStop::AllOrNothing(_)) => return vec![],
            Some(WriteStop::Undone) => format!("requeue the remaining {jobs} anyway"),
            Some(WriteStop::Rejected { .. }) => {
                format!("after the fix: requeue the remaining {jobs}")
            }
            _ => format!("requeue the remaining {jobs}"),
        };
        return vec![Suggestion::new(resume(view, operation, remaining), purpose)];
    }
    if let Some(followed) = &run.followed {
        return follow::next(followed);
    }
    if !run.groups.is_empty() && !run.groups.iter().any(CanaryGroupResult::may_be_untouched) {
        return vec![Suggestion::fixed("triage", "current status")];
    }
    if outcome.written == 0 {
        return vec![];
    }
    let outcome = if outcome.written == 1 { "outcome of the job" } else { "outcome of the jobs" };
    let undo_purpose = "undo the requeue of jobs that no worker has claimed";
    let undo = view.can_be_undone.then(|| Suggestion::new(undo(), undo_purpose));
    [Suggestion::new(follow(), outcome)].into_iter().chain(undo).collect()
}

/// A resumed operation keeps the canary and the rate limit.
fn resume(view: &RequeuePlanView<'_>, operation: &OperationId, remaining: u64) -> ShellCommand {
    let flags = resume_flags(view, remaining);
    ShellCommand::new("dlq requeue --resume").arg(operation).args(flags)
}

fn after_canary_stop(
    view: &RequeuePlanView<'_>,
    operation: &OperationId,
    run: &RequeueRun,
) -> Vec<Suggestion> {
    let mut next = Vec::new();
    if let Some(job) = run.groups.iter().find_map(|group| group.failed_job) {
        next.push(Suggestion::new(
            ShellCommand::new("jobs show").arg(job),
            "the job that failed again",
        ));
    } else {
        next.push(Suggestion::new(
            ShellCommand::new("dlq follow").arg(operation),
            "outcome of the requeued jobs",
        ));
    }
    let remaining = run.outcome.not_requeued;
    if remaining > 0 && run.resumable {
        let has_failed = run.groups.iter().any(|group| group.stopped == Some(CanaryStop::Failed));
        let condition = if has_failed { "after the fix" } else { "when workers finish jobs again" };
        let jobs = plural(remaining, "job", "jobs");
        let resume = resume(view, operation, remaining + run.outcome.in_doubt);
        next.push(Suggestion::new(resume, format!("{condition}: requeue the remaining {jobs}")));
    }
    if view.can_be_undone && run.groups.iter().any(CanaryGroupResult::may_be_untouched) {
        next.push(Suggestion::new(
            ShellCommand::new("dlq undo").arg(operation),
            "undo the requeue of jobs that no worker has claimed",
        ));
    }
    next
}
