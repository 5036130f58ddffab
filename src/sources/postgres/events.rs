//! The events table, if this role sees it.

use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Events, EventsUnseen, Layout, TimeColumn};

/// Returns the events table; `None` if the database has none.
///
/// # Errors
/// [`SourceErrorKind::Permission`] or [`SourceErrorKind::Hidden`] if this role does not see all events: nothing
/// follows from those it sees.
pub(crate) fn visible(layout: &Layout) -> Result<Option<&Events>, SourceError> {
    let hint = "connect as a role that may read job_events; see cliplyctl runbook 4.2";
    match &layout.events_unseen {
        None => Ok(layout.events.as_ref()),
        Some(EventsUnseen::NoSelect) => Err(SourceError::new(
            SourceErrorKind::Permission,
            "permission denied for table job_events: this login cannot read the events (42501)",
        )
        .hint(hint)),
        Some(EventsUnseen::HiddenByRls) => Err(SourceError::new(
            SourceErrorKind::Hidden,
            "row-level security filters job_events for this login: it cannot see all events",
        )
        .hint(hint)),
    }
}

/// Returns the events table and its time column, if the newest events can be queried.
///
/// # Errors
/// As [`visible`].
pub(crate) fn in_order(layout: &Layout) -> Result<Option<(&Events, &TimeColumn)>, SourceError> {
    let events = visible(layout)?.filter(|events| events.ids_grow);
    Ok(events.and_then(|events| Some((events, events.at.as_ref()?))))
}
