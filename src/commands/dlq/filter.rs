//! The filter flags of the `dlq` commands, checked before any job is read.

use jiff::Timestamp;

use crate::cli::FilterArgs;
use crate::commands::prefix;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::selection::Selection;
use crate::queue::{IdType, Layout};

/// Returns the selection of the flags. A flag that cannot match anything is a usage error.
pub(crate) async fn selection(
    context: &Context,
    layout: &Layout,
    flags: &FilterArgs,
) -> Result<Selection, Error> {
    let now = layout.server_time.parse().unwrap_or_else(|_| context.now());
    selection_at(context, layout, flags, now).await
}

/// Returns the selection of the flags, with durations counted back from `now`.
pub(crate) async fn selection_at(
    context: &Context,
    layout: &Layout,
    flags: &FilterArgs,
    now: Timestamp,
) -> Result<Selection, Error> {
    for kind in &flags.kind {
        context.known_kind(layout, kind).await?;
    }
    let mut selection = flags.selection(now);
    if let Some(group) = &mut selection.group {
        *group = prefix::group(context, group).await?;
    }
    check_selection(layout, &selection, now)?;
    Ok(selection)
}

/// Checks that the layout has the columns of a selection, and that it can match something.
pub(crate) fn check_selection(
    layout: &Layout,
    selection: &Selection,
    now: Timestamp,
) -> Result<(), Error> {
    if !selection.queues.is_empty() && layout.queue_column().is_none() {
        return Err(Error::usage("this database's jobs belong to no named queue")
            .hint("leave --queue out; --kind selects kinds of jobs"));
    }
    if selection.workspace.is_some() && layout.workspace.is_none() {
        return Err(
            Error::usage("jobs of this database have no workspace").hint("remove --workspace")
        );
    }
    if (selection.since.is_some() || selection.until.is_some()) && !layout.dates_deaths() {
        let message = "jobs of this database have no updated_at: not known when they changed";
        return Err(Error::usage(message).hint("leave --since and --until out"));
    }
    check_values(selection, now)
}

fn check_values(selection: &Selection, now: Timestamp) -> Result<(), Error> {
    if let Some(id) = &selection.workspace
        && JobId::parse(id, IdType::Uuid).is_none()
    {
        return Err(Error::usage(format!("\"{id}\" is not a workspace id")).hint("expected a uuid"));
    }
    if selection.error.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(Error::usage("--error is empty").hint("pass a part of the error text"));
    }
    if let Some(group) = &selection.group {
        prefix::check_group(group)?;
    }
    if let (Some(since), Some(until)) = (selection.since, selection.until)
        && since >= until
    {
        return Err(Error::usage("--since is not before --until: nothing can match"));
    }
    if selection.since.is_some_and(|since| since > now) {
        return Err(Error::usage("--since is in the future: nothing can match"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictory_or_invalid_filters_are_usage_errors() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let earlier: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-01-03T00:00:00Z".parse().unwrap();
        let all = Selection::default;
        for invalid in [
            Selection { workspace: Some("1' or 1".into()), ..all() },
            Selection { error: Some("  ".into()), ..all() },
            Selection { group: Some("3f9a2c1b07".into()), ..all() },
            Selection { since: Some(earlier), until: Some(earlier), ..all() },
            Selection { since: Some(later), ..all() },
        ] {
            let error = check_values(&invalid, now).unwrap_err();
            assert_eq!(error.exit_code().code(), 64, "{invalid:?}");
        }
        assert!(check_values(&Selection { since: Some(earlier), ..all() }, now).is_ok());
    }
}
