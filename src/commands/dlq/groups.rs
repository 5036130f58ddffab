//! `dlq groups`: groups dead letters by cause.

use futures_util::future::join;

use super::filter;
use super::given_up::{self, GivenUp};
use crate::advice;
use crate::cli::FilterArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::group::Groups;
use crate::report::{self, Report};
use crate::sources::postgres::earlier_requeues::requeued_before;
use crate::sources::postgres::groups::read;
use crate::sources::postgres::last_finishes::finishes;
use crate::sources::postgres::requeue::write_obstacle;

/// Groups dead letters by cause.
pub(crate) async fn run(context: &Context, flags: &FilterArgs) -> Result<Report, Error> {
    let layout = context.layout().await?;
    let selection = filter::selection(context, layout, flags).await?;
    let database = context.database().await?;
    let given_up = GivenUp::read(context, layout).await?;
    given_up::required(layout, &given_up)?;
    let limit = context.remaining();
    let events = async {
        let finishes = finishes(database, layout, limit).await;
        (finishes, requeued_before(database, layout, limit).await)
    };
    let (groups, (finishes, requeued)) =
        join(read(database, layout, &layout.state_names.dead, &selection, limit), events).await;
    // The last finishes are supplementary: an error while reading them does not fail the command.
    let groups = Groups { finishes: finishes.unwrap_or_default(), requeued, ..groups? };
    let rules: Vec<_> = advice::rules(&context.settings.advice, layout.has_errors()).collect();
    let given_up_groups = match given_up.states() {
        Some(given_up) => {
            let limit = context.remaining();
            let groups = read(database, layout, &given_up.states, &selection, limit).await?;
            Some((given_up, groups))
        }
        None => None,
    };
    let not_kept = layout.dead_letters_not_kept().filter(|_| groups.groups.is_empty());
    let view = report::groups::GroupsView {
        groups: &groups,
        has_errors: layout.has_errors(),
        no_dead_letters: layout.no_dead_letters().or_else(|| not_kept.map(str::to_owned)),
        given_up: given_up_groups.as_ref().map(|(states, groups)| (*states, groups)),
        rules: &rules,
        write_obstacle: layout.declared.as_ref().and_then(write_obstacle),
    };
    let mut report = report::groups::report(&view, &context.provenance());
    report.not_examined.extend(given_up.not_examined());
    Ok(report)
}
