//! Notices that somebody undoes an operation while it is still being written.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::facts::operation::OperationId;
use crate::facts::requeue::WriteStop;
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::requeue::operation_events;
use crate::sources::postgres::requeue::preconditions::WritePreconditions;

/// The shortest pause between two checks. A slow check is repeated less often.
const MIN_PAUSE: Duration = Duration::from_millis(200);

/// The shortest pause as a multiple of the duration of a check, which competes with the write for the server.
const PAUSE_FACTOR: u32 = 20;

/// Checks before each write transaction whether the operation was undone since this run began. A transaction that
/// is already running is completed.
///
/// Between transactions that follow each other at once, a check runs next to them: it reads the events that they write,
/// which takes longer than a transaction.
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
    /// The running check, at most one: whether the operation was undone, and how long reading that took. It is aborted
    /// when the watch is dropped.
    running: JoinSet<(bool, Duration)>,
    /// When the next one may begin.
    next: Instant,
    /// When [`Self::check`] was last called.
    called: Option<Instant>,
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
            running: JoinSet::new(),
            next: Instant::now(),
            called: None,
        }
    }

    /// Stops the write if the operation was undone. Before the first transaction of a batch (`is_first`) this is
    /// always checked. An error of the database is left to the write itself.
    pub(crate) async fn check(&mut self, is_first: bool) -> Result<(), WriteStop> {
        let now = Instant::now();
        let last = self.called.replace(now);
        let is_writing = last.is_some_and(|last| now.duration_since(last) < MIN_PAUSE) && !is_first;
        if !is_writing {
            // A check from before the pause does not see what happened during it.
            self.running = JoinSet::new();
        }
        if self.running.is_empty() {
            if now < self.next && !is_first {
                return Ok(());
            }
            self.start().await;
        }
        let ended =
            if is_writing { self.running.try_join_next() } else { self.running.join_next().await };
        let Some(Ok((undone, took))) = ended else { return Ok(()) };
        self.next = Instant::now() + MIN_PAUSE.max(took * PAUSE_FACTOR);
        if undone { Err(WriteStop::Undone) } else { Ok(()) }
    }

    async fn start(&mut self) {
        if let Some(store) = &self.store {
            let undone = !undos(store, &self.operation).is_subset(&self.known);
            self.running.spawn(std::future::ready((undone, Duration::ZERO)));
            return;
        }
        let (Ok(database), Ok(layout)) =
            (self.context.database().await, self.context.layout().await)
        else {
            return;
        };
        let (database, layout) = (database.clone(), layout.clone());
        let (operation, position) = (self.operation.clone(), (self.after, self.since));
        let timeout = self.context.timeout();
        self.running.spawn(async move {
            let began = Instant::now();
            let undone =
                operation_events::has_undo_since(&database, &layout, &operation, position, timeout);
            (undone.await.unwrap_or(false), began.elapsed())
        });
    }
}

/// Returns the undos of an operation that this machine recorded.
fn undos(store: &LocalStore, operation: &OperationId) -> HashSet<OperationId> {
    let records = store.operations().into_iter();
    let undos = records.filter(|record| record.undoes_operation.as_ref() == Some(operation));
    undos.map(|record| record.operation).collect()
}
