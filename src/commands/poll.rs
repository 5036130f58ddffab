//! One look at everything, in bounds: what `record` keeps and `watch` shows.

use std::time::{Duration, Instant};

use futures_util::future::{join, join3};
use jiff::Timestamp;

use super::triage;
use crate::context::Context;
use crate::facts::recent_activity::RecentActivity;
use crate::facts::snapshot::{OperationMarker, Snapshot};
use crate::history::snapshot;
use crate::interrupt::Interrupt;
use crate::sources::postgres::recent_activity;
use crate::triage::{AreaResult, TriageFacts};

/// A pause is at least this many times as long as the look before it: who is slow is left alone.
const REST: u32 = 4;

/// What a look showed.
pub struct PollResult {
    /// What was read.
    pub facts: TriageFacts,
    /// What it means.
    pub areas: Vec<AreaResult>,
    /// What moves; `None` where the database could not be asked.
    pub activity: Option<RecentActivity>,
    /// All of it, condensed.
    pub snapshot: Snapshot,
    /// The operations that were seen.
    pub marks: Vec<OperationMarker>,
    /// How long it took.
    pub took: Duration,
}

/// Looks once, over the connections of this context. What an earlier look knew of the schema is not
/// taken for what can be seen now.
pub async fn poll(context: &Context, interrupt: &Interrupt) -> PollResult {
    // Both open nothing yet; what keeps them from it is told by those who read.
    _ = context.http();
    _ = context.database().await;
    let context = &context.fresh();
    let (at, started) = (context.now(), Instant::now());
    let ((facts, steps), live) = join(triage::bounded(context, interrupt), moving(context)).await;
    let snapshot = snapshot::take_snapshot(&facts, &steps, live.as_ref(), at);
    let marks = snapshot::marks(live.as_ref(), at);
    PollResult { facts, areas: steps, activity: live, snapshot, marks, took: started.elapsed() }
}

/// How long to wait after a look that took this long.
#[must_use]
pub fn pause_between(every: Duration, took: Duration) -> Duration {
    every.saturating_sub(took).max(took * REST)
}

async fn moving(context: &Context) -> Option<RecentActivity> {
    let read = async {
        let (database, layout) = (context.database().await.ok()?, context.layout().await.ok()?);
        let limit = context.remaining();
        let after = context.settings.limits.stuck_after;
        let (deaths, activity, stuck) = join3(
            context.observe(
                "public.jobs",
                recent_activity::recent_dead_letters(database, layout, limit),
            ),
            context
                .observe("public.job_events", recent_activity::activity(database, layout, limit)),
            context.observe("public.jobs", recent_activity::stuck(database, layout, after, limit)),
        )
        .await;
        Some(RecentActivity { dead_letters: deaths, activity, stuck })
    };
    // The readings end by themselves; connecting to a mute server may not.
    tokio::time::timeout(context.timeout(), read).await.ok().flatten()
}

/// The same context, that writes nothing beside what its command prints.
#[must_use]
pub fn without_progress(context: &Context) -> Context {
    let mut again = context.fresh();
    again.terminal = context.terminal.without_progress();
    again
}

/// Which snapshot was kept when: so that a look in between is not kept as well.
#[derive(Debug, Default)]
pub struct SnapshotSchedule {
    last: Option<(Timestamp, Vec<String>)>,
}

impl SnapshotSchedule {
    /// Whether this snapshot is worth keeping: it is time, or something changed.
    pub fn is_due(&mut self, snapshot: &Snapshot, every: Duration) -> bool {
        let state: Vec<_> =
            snapshot.failed_checks.iter().map(|t| format!("{}{}", t.check, t.status)).collect();
        let due = self.last.as_ref().is_none_or(|(at, known)| {
            let since = snapshot.at.duration_since(*at);
            *known != state || since.unsigned_abs() >= every
        });
        if due {
            self.last = Some((snapshot.at, state));
        }
        due
    }
}
