//! `dlq show`: one dead letter in full, its cause, earlier requeues and advice.

use crate::advice::earlier_requeues::earlier;
use crate::advice::job_explanation::explain;
use crate::advice::{self, advise};
use crate::cli::JobsShow;
use crate::commands::{jobs, prefix};
use crate::context::Context;
use crate::error::Error;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::Lifecycle;
use crate::report::{Report, dead_letter};
use crate::sources::postgres::dead_letters::{count_same_cause, required};
use crate::sources::postgres::requeue::write_obstacle;
use crate::suggest::{CommandText, ShellCommand};

/// Reports a dead letter.
///
/// # Errors
/// A malformed id is a usage error (64); an unknown id or a job that is not dead is a source error (3).
pub(crate) async fn run(context: &Context, args: &JobsShow) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let id = prefix::job(context, layout, &args.id).await?;
    required(layout)?;
    let job = jobs::read(context, &id).await?;
    if job.role != Lifecycle::Dead {
        let message = format!("job {} is not a dead letter: its state is {}", job.id, job.state);
        return Err(SourceError::new(SourceErrorKind::NotFound, message)
            .hint(CommandText::see(ShellCommand::new("jobs show").arg(&job.id)))
            .into());
    }
    let others =
        count_same_cause(context.database().await?, layout, &job, context.remaining()).await?;
    let rules = advice::rules(&context.settings.advice, layout.has_errors());
    let case = dead_letter::DeadLetterView {
        explanation: explain(&job, &context.settings.thresholds),
        earlier: earlier(&job),
        advice: advise(rules, &job.cause),
        same_cause: others,
        write_obstacle: layout.declared.as_ref().and_then(write_obstacle),
        job: &job,
    };
    Ok(dead_letter::report(&case, &context.provenance()))
}
