//! One poll of the system, limited in time and rows, for `record` and `watch`.

use std::time::{Duration, Instant};

use futures_util::future::join3;
use jiff::Timestamp;

use super::triage;
use crate::context::{Context, events_name};
use crate::facts::recent_activity::RecentActivity;
use crate::facts::snapshot::{OperationMarker, Snapshot};
use crate::history::snapshot;
use crate::interrupt::Interrupt;
use crate::requeue::follow::PAUSE_FACTOR;
use crate::sources::postgres::recent_activity;
use crate::triage::{AreaResult, TriageFacts};

/// The result of one poll.
pub(crate) struct PollResult {
    /// The gathered facts.
    pub(crate) facts: TriageFacts,
    /// The evaluated areas.
    pub(crate) areas: Vec<AreaResult>,
    /// The recent activity; `None` if the database could not be read.
    pub(crate) activity: Option<RecentActivity>,
    /// The metrics and failed checks.
    pub(crate) snapshot: Snapshot,
    /// The operations in the events.
    pub(crate) marks: Vec<OperationMarker>,
    /// The duration of the poll.
    pub(crate) took: Duration,
}

/// Polls once, with the connections of this context. The layout is read again, so that a changed schema
/// is noticed.
pub(crate) async fn poll(context: &Context, interrupt: &Interrupt) -> PollResult {
    // Creates both clients without connecting, so that `fresh` can share them. Errors are reported by
    // the probes.
    _ = context.http();
    _ = context.database().await;
    let context = &context.fresh();
    let (at, started) = (context.now(), Instant::now());
    let triage = triage::bounded(context, interrupt);
    let server = async {
        tokio::select! {
            server = context.server_run(context.timeout()) => server,
            () = interrupt.wait() => None,
        }
    };
    let ((facts, areas), activity, server) =
        join3(triage, read_activity(context, interrupt), server).await;
    let mut snapshot = snapshot::take_snapshot(&facts, &areas, activity.as_ref(), at);
    snapshot.server = server;
    let marks = snapshot::marks(activity.as_ref());
    PollResult { facts, areas, activity, snapshot, marks, took: started.elapsed() }
}

/// Returns the pause after a poll that took `took`.
pub(crate) fn pause_between(every: Duration, took: Duration) -> Duration {
    every.saturating_sub(took).max(took * PAUSE_FACTOR)
}

async fn read_activity(context: &Context, interrupt: &Interrupt) -> Option<RecentActivity> {
    let read = async {
        let (database, layout) = (context.database().await.ok()?, context.layout().await.ok()?);
        let limit = context.remaining();
        let stuck_after = context.settings.thresholds.stuck_after;
        let (dead_letters, activity, stuck) = join3(
            context.observe(
                layout.relation.to_string(),
                recent_activity::recent_dead_letters(database, layout, limit),
            ),
            context
                .observe(events_name(layout), recent_activity::activity(database, layout, limit)),
            context.observe(
                layout.relation.to_string(),
                recent_activity::stuck(database, layout, stuck_after, limit),
            ),
        )
        .await;
        Some(RecentActivity { dead_letters, activity, stuck })
    };
    // The queries have timeouts, but several of them can wait for one connection.
    tokio::select! {
        read = tokio::time::timeout(context.timeout(), read) => read.ok().flatten(),
        () = interrupt.wait() => None,
    }
}

/// Returns the context without progress display.
pub(crate) fn without_progress(context: &Context) -> Context {
    let mut fresh = context.fresh();
    fresh.terminal = context.terminal.without_progress();
    fresh
}

/// Decides which snapshots are recorded: after each interval and when a check changes.
#[derive(Debug, Default)]
pub(crate) struct SnapshotSchedule {
    last: Option<(Timestamp, Vec<String>)>,
}

impl SnapshotSchedule {
    /// Returns whether to record this snapshot: the interval is over, or the failed checks changed.
    pub(crate) fn is_due(&mut self, snapshot: &Snapshot, every: Duration) -> bool {
        let failed = snapshot.failed_checks.iter();
        let failed: Vec<_> = failed.map(|c| format!("{}{}", c.check, c.status)).collect();
        let due = self.last.as_ref().is_none_or(|(at, last_failed)| {
            let elapsed = snapshot.at.duration_since(*at);
            *last_failed != failed || elapsed.unsigned_abs() >= every
        });
        if due {
            self.last = Some((snapshot.at, failed));
        }
        due
    }
}
