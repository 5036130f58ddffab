//! State values, columns and event stages that a requeue and its undo write in a given layout.

use std::time::Duration;

use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{DeclaredRequeue, Events, Layout};
use crate::suggest::{CommandText, ShellCommand};

/// Event stages for a requeue, preferred first.
const ENQUEUED: [&str; 2] = ["enqueued", "queued"];
/// Event stages for an undo, preferred first. Never `failed`, which dashboards count.
const PROGRESS: [&str; 2] = ["progress", "enqueued"];

/// Stage and details column of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EventStage {
    /// Value of the stage column.
    pub(crate) stage: String,
    /// Name of the details column.
    pub(crate) data: String,
}

/// State values, columns and events that a requeue writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequeueColumns {
    /// State value of dead letters.
    pub(crate) dead: String,
    /// State value of queued jobs.
    pub(crate) queued: String,
    /// Columns that a requeue writes, or that must be unchanged for an undo.
    pub(crate) columns: Vec<String>,
    /// Event of a requeue; `None` if events cannot be written.
    pub(crate) enqueued: Option<EventStage>,
    /// Event of an undo.
    pub(crate) progress: Option<EventStage>,
    /// Period over which the jobs become due one by one; all at once if `None`.
    pub(crate) spread: Option<Duration>,
}

impl RequeueColumns {
    /// Derives the columns from a layout.
    ///
    /// # Errors
    /// [`SourceErrorKind::UnknownLayout`] if the layout has no dead letters or no queued state.
    pub(crate) fn new(layout: &Layout) -> Result<Self, SourceError> {
        if let Some(reason) = layout.no_dead_letters() {
            return Err(SourceError::new(SourceErrorKind::UnknownLayout, reason)
                .hint(CommandText::to("failed jobs are counted by", ShellCommand::new("queue"))));
        }
        let queued = &layout.state_names.queued;
        let queued = queued.iter().find(|value| *value == "queued").or(queued.first());
        let (Some(dead), Some(queued)) = (layout.state_names.dead.first(), queued) else {
            return Err(SourceError::new(
                SourceErrorKind::UnknownLayout,
                format!(
                    "no value of column {} means queued: nothing can be requeued",
                    layout.state_column
                ),
            ));
        };
        let events = layout.events.as_ref();
        Ok(Self {
            dead: dead.clone(),
            queued: queued.clone(),
            columns: columns(layout),
            enqueued: events.and_then(|events| stage(events, &ENQUEUED)),
            progress: events.and_then(|events| stage(events, &PROGRESS)),
            spread: None,
        })
    }

    /// Returns the columns that a requeue assigns: all but the errors, which it keeps.
    pub(crate) fn assigned(&self, layout: &Layout) -> Vec<String> {
        let error = layout.error.as_ref().map(|error| &error.name);
        let is_error =
            |column: &&String| layout.last_error.as_ref() == Some(column) || error == Some(*column);
        self.columns.iter().filter(|column| !is_error(column)).cloned().collect()
    }

    /// Returns a copy with this spread.
    pub(crate) fn with_spread(&self, spread: Option<Duration>) -> Self {
        Self { spread, ..self.clone() }
    }

    /// Returns the SQL for the time at which a requeued job becomes due. With a spread it depends
    /// on a hash of the job's id, in the column `id`, so it is the same in every transaction.
    pub(crate) fn due_at(&self, id: &str) -> String {
        match self.spread {
            None => "now()".to_owned(),
            Some(spread) => format!(
                "now() + interval '1 microsecond' \
                 * (('x' || left(md5(job.{id}::text), 7))::bit(28)::int / 268435456.0 * {})",
                spread.as_micros()
            ),
        }
    }
}

/// Returns the columns that a requeue writes or an undo compares.
fn columns(layout: &Layout) -> Vec<String> {
    if let Some(declared) = &layout.declared {
        let mut columns =
            declared.requeue.as_ref().map(DeclaredRequeue::columns).unwrap_or_default();
        columns.extend(declared.package.iter().flat_map(|p| p.assignments.keys().cloned()));
        return columns;
    }
    let error = layout.error.as_ref().map(|column| column.name.clone());
    let times = [&layout.locked_at, &layout.heartbeat, &layout.updated];
    let mut columns = vec![layout.state_column.clone()];
    columns.extend(layout.also_claimed_by.iter().map(|also| also.column.clone()));
    columns.extend(layout.due.iter().map(|column| column.name.clone()));
    columns.extend([&layout.attempts, &layout.locked_by].into_iter().flatten().cloned());
    columns.extend(times.into_iter().flatten().map(|column| column.name.clone()));
    columns.extend([&layout.last_error, &error].into_iter().flatten().cloned());
    columns
}

/// Returns the first of these stages that the CHECK constraint allows; without one, the first.
pub(crate) fn stage(events: &Events, preferred: &[&str]) -> Option<EventStage> {
    let is_allowed = |stage: &str| {
        events.stages.as_ref().is_none_or(|stages| stages.iter().any(|allowed| allowed == stage))
    };
    let stage = preferred.iter().find(|stage| is_allowed(stage))?;
    Some(EventStage { stage: (*stage).to_owned(), data: events.data.clone()? })
}
