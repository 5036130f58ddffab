//! The events table, if this role sees it.

use std::time::Duration;

use tokio_postgres::types::Type;

use super::Database;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Events, EventsUnseen, Layout, TimeColumn};
use crate::suggest::{CommandText, ShellCommand};

/// Returns the events table; `None` if the database has none.
///
/// # Errors
/// [`SourceErrorKind::Permission`] or [`SourceErrorKind::Hidden`] if this role does not see all events: nothing
/// follows from those it sees.
pub(crate) fn visible(layout: &Layout) -> Result<Option<&Events>, SourceError> {
    let hint = CommandText::from("connect as a role that may read job_events; see ")
        .command(ShellCommand::new("runbook 4.2"));
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

/// Returns which of the events a search of the newest `limit` covers; `None` if there are no more than that.
pub(crate) async fn search_limit(
    db: &Database,
    layout: &Layout,
    limit: u32,
    timeout: Duration,
) -> Result<Option<String>, SourceError> {
    let Some(events) = &layout.events else { return Ok(None) };
    // Without an order: the scan stops at the limit.
    let statement = format!("select exists (select from {} offset $1) as more", events.relation);
    let row = db.row(timeout, &statement, &[(&i64::from(limit), Type::INT8)]).await?;
    let newest = crate::text::count(limit.into());
    Ok(row.get::<_, bool>("more").then(|| format!("searched the newest {newest} events")))
}

/// Returns the events table and its time column, if the newest events can be queried.
///
/// # Errors
/// As [`visible`].
pub(crate) fn in_order(layout: &Layout) -> Result<Option<(&Events, &TimeColumn)>, SourceError> {
    let events = visible(layout)?.filter(|events| events.ids_grow);
    Ok(events.and_then(|events| Some((events, events.at.as_ref()?))))
}
