//! The confirmation that every write needs: the plan, then the question.

use crate::cli::ConfirmationArgs;
use crate::context::Context;
use crate::error::Error;
use crate::permit::{self, WritePermit, WriteRequest};
use crate::render::table;
use crate::report::Document;

/// Shows the plan and asks for leave to write; `first` of the jobs go ahead, where a canary does.
pub async fn confirm(
    context: &Context,
    args: &ConfirmationArgs,
    (jobs, first): (u64, Option<u64>),
    plan: &Document,
) -> Result<WritePermit, Error> {
    let request = WriteRequest {
        read_only: context.settings.read_only,
        protected: context.settings.protected.as_deref(),
        jobs,
        first,
        yes: args.yes,
        confirm: args.confirm.as_deref(),
        reason: args.reason.as_deref(),
        interactive: context.terminal.interactive,
    };
    let painted = format!("{}\n", table::render(plan, context.terminal.stderr));
    let shown = permit::show(&painted, |text| context.terminal.print_stderr(text));
    let ask =
        async |question: &str| context.terminal.ask(question).await.map_err(permit::unanswered);
    request.permit(shown, ask).await
}
