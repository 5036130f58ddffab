//! Notices that somebody undoes an operation while it is still being written.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::follow::PAUSE_FACTOR;
use crate::context::Context;
use crate::facts::operation::OperationId;
use crate::facts::requeue::WriteStop;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::operation_events;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;

/// The shortest pause between two checks. A slow check is repeated less often.
const MIN_PAUSE: Duration = Duration::from_millis(200);

/// Checks before each write transaction whether the operation was undone since this run began. A transaction that
/// is already running is completed.
pub(crate) struct UndoWatch<'a> {
    context: &'a Context,
    operation: OperationId,
    /// The store, if the database has no events: then only this machine can undo the operation.
    store: Option<LocalStore>,
    /// Undos in its records when this run began.
    known: HashSet<OperationId>,
    /// The newest event before this run.
    after: i64,
    /// The time of the server before this run.
    since: Timestamp,
    next: Instant,
}

impl<'a> UndoWatch<'a> {
    /// Starts to watch. Undos before `preconditions` were read are not noticed.
    pub(crate) fn new(
        context: &'a Context,
        operation: &OperationId,
        preconditions: &WritePreconditions,
        store: Option<&LocalStore>,
    ) -> Self {
        Self {
            context,
            operation: operation.clone(),
            store: store.cloned(),
            known: store.map(|store| undos(store, operation)).unwrap_or_default(),
            after: preconditions.newest_event.unwrap_or(0),
            since: preconditions.now,
            next: Instant::now(),
        }
    }

    /// Stops the write if the operation was undone. An error of the database is left to the write itself.
    pub(crate) async fn check(&mut self) -> Result<(), WriteStop> {
        let began = Instant::now();
        if began < self.next {
            return Ok(());
        }
        let undone = match &self.store {
            Some(store) => !undos(store, &self.operation).is_subset(&self.known),
            None => self.is_undone_by_event().await,
        };
        self.next = Instant::now() + MIN_PAUSE.max(began.elapsed() * PAUSE_FACTOR);
        if undone { Err(WriteStop::Undone) } else { Ok(()) }
    }

    async fn is_undone_by_event(&self) -> bool {
        let (Ok(database), Ok(layout)) =
            (self.context.database().await, self.context.layout().await)
        else {
            return false;
        };
        let position = (self.after, self.since);
        let timeout = self.context.timeout();
        operation_events::has_undo_since(database, layout, &self.operation, position, timeout)
            .await
            .unwrap_or(false)
    }
}

/// Returns the undos of an operation that this machine recorded.
fn undos(store: &LocalStore, operation: &OperationId) -> HashSet<OperationId> {
    let records = store.operations().into_iter();
    let undos = records.filter(|record| record.undoes_operation.as_ref() == Some(operation));
    undos.map(|record| record.operation).collect()
}
