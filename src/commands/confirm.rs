//! The confirmation that every write needs: prints the plan and asks the operator.

use crate::cli::ConfirmationArgs;
use crate::context::Context;
use crate::error::Error;
use crate::permit::{self, WritePermit, WriteRequest};
use crate::render::table;
use crate::report::Document;

/// Prints the plan, asks for the confirmation and returns the permit. `jobs` is the number of jobs,
/// `first` the number of jobs in the first batch of a canary.
pub(crate) async fn confirm(
    context: &Context,
    args: &ConfirmationArgs,
    (jobs, first): (u64, Option<u64>),
    plan: &Document,
) -> Result<WritePermit, Error> {
    let protection = context.protection();
    let request = WriteRequest {
        read_only: protection.read_only,
        protected: protection.protected.as_deref(),
        jobs,
        first,
        yes: args.yes,
        confirm: args.confirm.as_deref(),
        reason: args.reason.as_deref(),
        interactive: context.terminal.interactive,
    };
    let rendered = format!("{}\n", table::render(plan, context.terminal.stderr));
    let shown = permit::show(&rendered, |text| context.terminal.print_stderr(text));
    let ask = async |prompt: &str| context.terminal.ask(prompt).await.map_err(permit::unanswered);
    request.permit(shown, ask).await
}
