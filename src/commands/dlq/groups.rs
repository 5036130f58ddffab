//! `dlq groups`: groups dead letters by cause, or by workspace.

use futures_util::future::{join, join3};

use super::filter;
use super::given_up::{self, FailedJobs, GivenUp};
use crate::advice;
use crate::cli::{DlqGroups, FilterArgs, GroupBy};
use crate::commands::acknowledged;
use crate::context::Context;
use crate::error::Error;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::group::Groups;
use crate::facts::selection::Selection;
use crate::queue::{Layout, Lifecycle, sql};
use crate::report::{self, Report};
use crate::sources::postgres::affected_workspaces;
use crate::sources::postgres::earlier_requeues::requeued_before;
use crate::sources::postgres::groups::read;
use crate::sources::postgres::last_finishes::finishes;
use crate::sources::postgres::requeue::write_obstacle;
use crate::suggest::{CommandText, ShellCommand};

/// Groups dead letters.
pub(crate) async fn run(context: &Context, args: &DlqGroups) -> Result<Report, Error> {
    match args.by {
        GroupBy::Cause => by_cause(context, &args.filter).await,
        GroupBy::Workspace => by_workspace(context, &args.filter).await,
    }
}

/// Groups dead letters by workspace.
async fn by_workspace(context: &Context, flags: &FilterArgs) -> Result<Report, Error> {
    let layout = context.layout().await?;
    if layout.workspace.is_none() {
        return Err(Error::usage("jobs of this database have no workspace")
            .hint(CommandText::to("group them by cause", ShellCommand::new("dlq groups"))));
    }
    let selection = filter::selection(context, layout, flags).await?;
    let database = context.database().await?;
    let failed = FailedJobs::read(database, layout, context.remaining()).await?;
    let dead = sql::is_role(layout, Lifecycle::Dead);
    let read =
        |jobs| affected_workspaces::read(database, layout, jobs, &selection, context.remaining());
    let workspaces = read(dead.as_str()).await?;
    let given_up = GivenUp::of(context, failed, workspaces.truncated).await?;
    given_up.require_some(layout)?;
    let is_empty = workspaces.workspaces.is_empty() && given_up.states().is_none();
    let doubts = given_up::doubts(layout, is_empty)?;
    let given_up_workspaces = match given_up.states() {
        Some((states, jobs)) => Some((states, read(jobs).await?)),
        None => None,
    };
    let view = report::affected_workspaces::WorkspacesView {
        workspaces: &workspaces,
        no_dead_letters: no_dead_letters(layout, workspaces.workspaces.is_empty()),
        given_up: given_up_workspaces.as_ref().map(|(states, of)| (*states, of)),
        selection: &selection,
    };
    let mut report = report::affected_workspaces::report(&view, &context.provenance());
    given_up.name_what_is_missing(&mut report, doubts);
    Ok(report)
}

/// Groups dead letters by cause.
pub(crate) async fn by_cause(context: &Context, flags: &FilterArgs) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let selection = filter::selection(context, layout, flags).await?;
    let database = context.database().await?;
    let limit = context.remaining();
    let dead = sql::is_role(layout, Lifecycle::Dead);
    // While the first connection receives the dead letters.
    let others = async {
        let database = &database.on_spare_connection(limit).await;
        join3(
            FailedJobs::read(database, layout, limit),
            finishes(database, layout, limit),
            requeued_before(database, layout, limit),
        )
        .await
    };
    let (groups, (failed, finishes, requeued)) =
        join(read(database, layout, &dead, &selection, limit), others).await;
    // The last finishes are supplementary: an error while reading them does not fail the command.
    let groups = Groups { finishes: finishes.unwrap_or_default(), requeued, ..groups? };
    let given_up = GivenUp::of(context, failed?, groups.truncated).await?;
    given_up.require_some(layout)?;
    let is_empty = groups.groups.is_empty() && given_up.states().is_none();
    let doubts = given_up::doubts(layout, is_empty)?;
    let acknowledged = acknowledged(context, layout, &selection, &groups).await;
    let rules: Vec<_> = advice::rules(&context.settings.advice, layout.has_errors()).collect();
    let given_up_groups = match given_up.states() {
        Some((given_up, jobs)) => {
            let limit = context.remaining();
            let groups = read(database, layout, jobs, &selection, limit).await?;
            Some((given_up, groups))
        }
        None => None,
    };
    let view = report::groups::GroupsView {
        groups: &groups,
        has_errors: layout.has_errors(),
        no_dead_letters: no_dead_letters(layout, groups.groups.is_empty()),
        given_up: given_up_groups.as_ref().map(|(states, groups)| (*states, groups)),
        acknowledged: acknowledged.as_ref(),
        rules: &rules,
        write_obstacle: layout.declared.as_ref().and_then(write_obstacle),
    };
    let mut report = report::groups::report(&view, &context.provenance());
    given_up.name_what_is_missing(&mut report, doubts);
    Ok(report)
}

/// Finds the acknowledged groups. Their number of jobs is that of all dead letters, whatever the filters are.
async fn acknowledged(
    context: &Context,
    layout: &Layout,
    selection: &Selection,
    groups: &Groups,
) -> Option<AcknowledgedDead> {
    if groups.groups.is_empty() {
        return None;
    }
    let dead = (selection.is_all() && !groups.truncated).then_some(groups.read);
    acknowledged::read(context, layout, dead).await
}

/// Why there are no dead letters, if that is not because no job failed.
fn no_dead_letters(layout: &Layout, is_empty: bool) -> Option<String> {
    let not_kept = layout.dead_letters_not_kept().filter(|_| is_empty);
    layout.no_dead_letters().or_else(|| not_kept.map(str::to_owned))
}
