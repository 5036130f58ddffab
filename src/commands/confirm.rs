//! The confirmation that every write needs: checks the guards, prints the plan and asks the operator.

use crate::cli::ConfirmationArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::identity::Protection;
use crate::permit::{self, Confirmation, WriteRequest};
use crate::render::table;
use crate::report::Document;
use crate::requeue::execute;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;
use crate::text::plural;

/// A write as its prompt names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum WriteAction {
    /// Dead letters are requeued; with a canary, this many of them first.
    Requeue { first: Option<u64> },
    /// Requeued jobs are returned to dead letters.
    Undo,
    /// Stuck jobs are unlocked.
    Rescue,
}

/// Refuses a write that the context, the configuration or the database forbids, before its plan is read. With
/// `--dry-run` nothing is refused.
pub(crate) fn check_guards(
    context: &Context,
    args: &ConfirmationArgs,
    preconditions: &WritePreconditions,
    unknown_guard: Option<Error>,
) -> Result<(), Error> {
    if args.dry_run {
        return Ok(());
    }
    // The number of jobs is not known yet.
    request(context, args, &context.protection(), ("", 0)).check()?;
    execute::refuse_if_not_writable(context, preconditions, unknown_guard)
}

/// Prints the plan, asks for the confirmation and returns it.
pub(crate) async fn confirm(
    context: &Context,
    args: &ConfirmationArgs,
    (action, jobs): (WriteAction, u64),
    plan: &Document,
) -> Result<Confirmation, Error> {
    let question = question(action, jobs, &target(context));
    let rendered = format!("{}\n", table::render(plan, context.terminal.stderr));
    let shown = permit::show(&rendered, |text| context.terminal.print_stderr(text));
    let ask = async |prompt: &str| context.terminal.ask(prompt).await.map_err(permit::unanswered);
    let protection = context.protection();
    request(context, args, &protection, (&question, jobs)).permit(shown, ask).await
}

fn request<'a>(
    context: &Context,
    args: &'a ConfirmationArgs,
    protection: &'a Protection,
    (question, jobs): (&'a str, u64),
) -> WriteRequest<'a> {
    WriteRequest {
        question,
        read_only: protection.read_only_by.as_deref(),
        protected: protection.protected.as_deref(),
        jobs,
        yes: args.yes,
        confirm: args.confirm.as_deref(),
        reason: args.reason.as_deref(),
        interactive: context.terminal.interactive,
    }
}

/// Returns, for example, `Requeue 14 jobs on prod (cliply@db:5432), 1 job first?`.
fn question(action: WriteAction, jobs: u64, target: &str) -> String {
    let count = plural(jobs, "job", "jobs");
    match action {
        WriteAction::Requeue { first: Some(first) } if first < jobs => {
            let first = plural(first, "job", "jobs");
            format!("Requeue {count} on {target}, {first} first?")
        }
        WriteAction::Requeue { .. } => format!("Requeue {count} on {target}?"),
        WriteAction::Undo => format!("Return {count} to dead letters on {target}?"),
        WriteAction::Rescue => {
            format!("Rescue {} on {target}?", plural(jobs, "stuck job", "stuck jobs"))
        }
    }
}

/// Returns the context with its database, `prod (cliply@db:5432)`, or only the database. A database that was
/// reached without a context has the name of the context that protects it.
fn target(context: &Context) -> String {
    let database = context.settings.database.as_ref().ok();
    let database = database.map(|dsn| dsn.value.short_address()).unwrap_or_default();
    match context.settings.context_name.clone().or(context.protection().protected) {
        Some(name) => format!("{name} ({database})"),
        None => database,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_names_action_number_and_target() {
        let prod = "prod (cliply@db:5432)";
        let canary = |jobs, first| question(WriteAction::Requeue { first }, jobs, prod);
        assert_eq!(canary(14, Some(1)), "Requeue 14 jobs on prod (cliply@db:5432), 1 job first?");
        assert_eq!(canary(14, Some(14)), "Requeue 14 jobs on prod (cliply@db:5432)?");
        assert_eq!(canary(1, None), "Requeue 1 job on prod (cliply@db:5432)?");
        let undo = question(WriteAction::Undo, 20, prod);
        assert_eq!(undo, "Return 20 jobs to dead letters on prod (cliply@db:5432)?");
        let rescue = question(WriteAction::Rescue, 4, prod);
        assert_eq!(rescue, "Rescue 4 stuck jobs on prod (cliply@db:5432)?");
    }
}
