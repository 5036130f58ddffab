//! `dlq ack`: prints an entry of `[[acknowledged]]` for a group of dead letters. It writes nothing.

use jiff::tz::TimeZone;

use crate::cli::DlqAck;
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::facts::acknowledged::Acknowledgement;
use crate::facts::selection::Selection;
use crate::queue::{Lifecycle, sql};
use crate::redact;
use crate::report::{self, Report};
use crate::sources::postgres::groups::read;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

/// Prints the entry, with the number of dead letters that the group has now as its maximum.
pub(crate) async fn run(context: &Context, args: &DlqAck) -> Result<Report, Error> {
    let today = TimeZone::UTC.to_datetime(context.now()).date();
    if args.expires < today {
        return Err(Error::usage(format!("--expires {} is in the past", args.expires))
            .hint("pass the last day on which the acknowledgement holds, in UTC"));
    }
    let id = prefix::group(context, &args.group).await?;
    let (layout, database) = (context.layout().await?, context.database().await?);
    let selection = Selection { group: Some(id.clone()), ..Selection::default() };
    let dead = sql::is_role(layout, Lifecycle::Dead);
    let groups = read(database, layout, &dead, &selection, context.remaining()).await?;
    let Some(group) = groups.groups.first() else {
        return Err(Error::usage(format!("group {id} has no dead letters"))
            .hint(CommandText::to("list the groups", ShellCommand::new("dlq groups"))));
    };
    if groups.truncated && args.max_jobs.is_none() {
        return Err(Error::usage(format!(
            "the dead letters of group {id} were not counted completely"
        ))
        .hint("allow more time: --timeout 30s")
        .hint("or say how many jobs at most: --max-jobs N"));
    }
    let entry = Acknowledgement {
        group: id,
        owner: args.owner.clone().unwrap_or_else(|| context.settings.actor.clone()),
        reason: redact::text(&args.reason),
        expires: args.expires,
        max_jobs: args.max_jobs.unwrap_or(group.dead.jobs),
        context: context.settings.context_name.clone(),
    };
    context.terminal.print_note(&format!(
        "nothing was written: paste this into cliplyctl.toml; the {} of the group do not count from then on",
        text::plural(group.dead.jobs, "dead letter", "dead letters")
    ));
    Ok(report::acknowledged::report(&entry, group))
}
