//! The desk's filters, checked before anything is asked of the jobs.

use jiff::Timestamp;

use crate::cli::FilterArgs;
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::selection::Selection;
use crate::fingerprint;
use crate::queue::{IdType, Layout};

/// The selection that the flags mean, or a sentence about the flag that cannot be meant.
pub fn selection(
    context: &Context,
    layout: &Layout,
    flags: &FilterArgs,
) -> Result<Selection, Error> {
    let now = layout.server_time.parse().unwrap_or_else(|_| context.now());
    selection_at(context, layout, flags, now)
}

/// The same, with spans counted back from `now`.
pub fn selection_at(
    context: &Context,
    layout: &Layout,
    flags: &FilterArgs,
    now: Timestamp,
) -> Result<Selection, Error> {
    for kind in &flags.kind {
        context.known_kind(layout, kind)?;
    }
    let selection = flags.selection(now);
    checked(&selection, now)?;
    if selection.workspace.is_some() && layout.workspace.is_none() {
        return Err(Error::usage("this database's jobs belong to no workspace")
            .hint("leave --workspace out"));
    }
    Ok(selection)
}

fn checked(selection: &Selection, now: Timestamp) -> Result<(), Error> {
    if let Some(id) = &selection.workspace
        && JobId::parse(id, IdType::Uuid).is_none()
    {
        return Err(Error::usage(format!("\"{id}\" is no workspace id")).hint("expected a uuid"));
    }
    if selection.error.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(Error::usage("--error is empty").hint("give it a part of the error text"));
    }
    if let Some(group) = &selection.group
        && !fingerprint::is_hash(group)
    {
        return Err(Error::usage(format!("\"{group}\" is no group"))
            .hint(format!("expected a hash such as {}-3f9a2c1b07", fingerprint::VERSION))
            .hint("groups are listed by: cliplyctl dlq groups"));
    }
    if let (Some(since), Some(until)) = (selection.since, selection.until)
        && since >= until
    {
        return Err(Error::usage("--since is not before --until, so nothing can match"));
    }
    if selection.since.is_some_and(|since| since > now) {
        return Err(Error::usage("--since lies in the future, so nothing can match"));
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
        for bad in [
            Selection { workspace: Some("1' or 1".into()), ..all() },
            Selection { error: Some("  ".into()), ..all() },
            Selection { group: Some("3f9a2c1b07".into()), ..all() },
            Selection { since: Some(earlier), until: Some(earlier), ..all() },
            Selection { since: Some(later), ..all() },
        ] {
            assert_eq!(checked(&bad, now).unwrap_err().exit_code().code(), 64, "{bad:?}");
        }
        assert!(checked(&Selection { since: Some(earlier), ..all() }, now).is_ok());
    }
}
