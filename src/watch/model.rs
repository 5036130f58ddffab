//! The state of the dashboard.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::facts::recent_activity::{Activity, RecentActivity, RecentDeadLetters, RecentStuckJob};
use crate::facts::snapshot::{KindLine, METRICS, Measure, Metric, MetricValues, Snapshot};
use crate::facts::{Observed, SourceError};
use crate::text::TargetFlags;

/// Polls that the sparklines show.
const MAX_TREND: usize = 240;

/// A value with the time at which it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timestamped<T> {
    /// The value.
    pub(crate) value: T,
    /// When the poll that read it began.
    pub(crate) at: Timestamp,
}

/// The results of one poll, in the form that the dashboard needs.
#[derive(Debug, Clone)]
pub(crate) struct DashboardUpdate {
    /// The snapshot of the poll.
    pub(crate) snapshot: Snapshot,
    /// The recent activity; `None` if the database was unreachable.
    pub(crate) activity: Option<RecentActivity>,
    /// Why the queue could not be read, if it could not.
    pub(crate) obstacle: Option<String>,
    /// Why the counts by kind are incomplete, if they are.
    pub(crate) by_kind_missing: Option<String>,
    /// The suggested command.
    pub(crate) next: Option<String>,
    /// The number and title of the runbook section that applies.
    pub(crate) section: Option<String>,
    /// The duration of the poll.
    pub(crate) took: Duration,
    /// The time until the next poll.
    pub(crate) pause: Duration,
}

/// A poll as the sparklines show it; without metrics if nothing could be read.
#[derive(Debug, Clone)]
pub(crate) struct TrendPoint {
    /// The metrics.
    pub(crate) metrics: MetricValues,
    /// Due jobs by kind.
    pub(crate) kinds: Vec<(String, u64)>,
}

/// The lists below the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panel {
    /// The queue by kind.
    Kinds,
    /// The newest dead letters by group.
    Causes,
    /// The stuck jobs.
    Stuck,
    /// The recent operations.
    Operations,
}

impl Panel {
    /// All panels, in display order.
    pub(crate) const ALL: [Self; 4] = [Self::Kinds, Self::Causes, Self::Stuck, Self::Operations];

    /// Returns the heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Kinds => "Kinds",
            Self::Causes => "Causes",
            Self::Stuck => "Stuck",
            Self::Operations => "Operations",
        }
    }
}

/// A box on top of the dashboard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Overlay {
    /// The keys.
    Help,
    /// The reason why a key had no effect.
    Nothing(&'static str),
    /// A command to copy.
    Command(String),
    /// The choice of a kind, with the selected row; the first row is all kinds.
    Kinds(usize),
    /// A group by its id, with the selected row of its jobs.
    Cause(String, usize),
    /// A text by title and lines, with the scroll position.
    Text(String, Vec<String>, usize),
}

/// The state of the dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// The database and the app.
    pub(crate) subject: String,
    /// The target flags of suggested commands.
    pub(crate) address: TargetFlags,
    /// The time between two polls.
    pub(crate) every: Duration,
    /// The current time.
    pub(crate) now: Timestamp,
    /// The latest poll that is shown.
    pub(crate) latest: Option<DashboardUpdate>,
    /// The last known value of each metric.
    pub(crate) metrics: [Option<Timestamped<Measure>>; METRICS.len()],
    /// The last known counts by kind.
    pub(crate) kinds: Option<Timestamped<Vec<KindLine>>>,
    /// The last known groups of dead letters.
    pub(crate) dead_letters: Option<Timestamped<RecentDeadLetters>>,
    /// The last known stuck jobs.
    pub(crate) stuck: Option<Timestamped<Vec<RecentStuckJob>>>,
    /// The last known activity.
    pub(crate) activity: Option<Timestamped<Activity>>,
    /// The polls that the sparklines show, oldest first.
    pub(crate) trend: VecDeque<TrendPoint>,
    /// The panel that the keys apply to.
    pub(crate) focus: Panel,
    /// The selected row of each panel.
    pub(crate) selected: [usize; Panel::ALL.len()],
    /// The sort order of each panel, as an index.
    pub(crate) sort: [usize; Panel::ALL.len()],
    /// The kind to filter by.
    pub(crate) kind: Option<String>,
    /// The open overlay.
    pub(crate) overlay: Option<Overlay>,
    /// The polls received while the dashboard is frozen; `None` if it is not frozen.
    pub(crate) frozen: Option<Vec<DashboardUpdate>>,
    /// An error outside of the polls: a snapshot that could not be stored.
    pub(crate) error: Option<String>,
}

impl Model {
    /// Creates the model before the first poll.
    pub(crate) fn new(
        subject: String,
        address: TargetFlags,
        every: Duration,
        now: Timestamp,
    ) -> Self {
        Self {
            subject,
            address,
            every,
            now,
            latest: None,
            metrics: Default::default(),
            kinds: None,
            dead_letters: None,
            stuck: None,
            activity: None,
            trend: VecDeque::new(),
            focus: Panel::Kinds,
            selected: [0; Panel::ALL.len()],
            sort: [0; Panel::ALL.len()],
            kind: None,
            overlay: None,
            frozen: None,
            error: None,
        }
    }

    /// Applies a poll, or queues it while the dashboard is frozen.
    pub(crate) fn apply_update(&mut self, update: DashboardUpdate) {
        match &mut self.frozen {
            // The lists need only the latest poll, the sparklines need all of them.
            Some(queued) => queued.push(update),
            None => self.show(update),
        }
    }

    /// Freezes the dashboard, or unfreezes it and applies the queued polls.
    pub(crate) fn toggle_freeze(&mut self) {
        match self.frozen.take() {
            None => self.frozen = Some(vec![]),
            Some(queued) => queued.into_iter().for_each(|update| self.show(update)),
        }
    }

    fn show(&mut self, update: DashboardUpdate) {
        let at = update.snapshot.at;
        for (metric, doc) in self.metrics.iter_mut().zip(&METRICS) {
            if let Some(value) = update.snapshot.metrics.get(doc.metric) {
                *metric = Some(Timestamped { value, at });
            } else if was_read(&update, doc.metric) {
                *metric = None;
            }
        }
        if update.obstacle.is_none() {
            self.kinds = Some(Timestamped { value: update.snapshot.detail.kinds.clone(), at });
        }
        if let Some(recent) = &update.activity {
            replace_if_read(&mut self.dead_letters, &recent.dead_letters, at);
            replace_if_read(&mut self.stuck, &recent.stuck, at);
            replace_if_read(&mut self.activity, &recent.activity, at);
        }
        let kinds = update.snapshot.detail.kinds.iter();
        let kinds = kinds.map(|line| (line.kind.clone(), line.due)).collect();
        self.remember(TrendPoint { metrics: update.snapshot.metrics, kinds });
        self.latest = Some(update);
    }

    /// Adds a point to the sparklines.
    pub(crate) fn remember(&mut self, point: TrendPoint) {
        if self.trend.len() >= MAX_TREND {
            self.trend.pop_front();
        }
        self.trend.push_back(point);
    }

    /// Returns when the latest poll that is shown began.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        self.latest.as_ref().map(|update| update.snapshot.at)
    }

    /// Returns the age of a value in seconds if the latest poll did not read it again.
    pub(crate) fn stale_age<T>(&self, known: &Timestamped<T>) -> Option<f64> {
        let is_current = Some(known.at) == self.at() && !self.is_overdue();
        (!is_current).then(|| crate::text::seconds_since(known.at, self.now))
    }

    /// Returns whether a poll is overdue, which makes even the latest values stale.
    pub(crate) fn is_overdue(&self) -> bool {
        let Some(update) = &self.latest else { return false };
        let interval = update.took + update.pause + self.every;
        let elapsed = self.now.duration_since(update.snapshot.at);
        elapsed.as_secs_f64() > interval.as_secs_f64() * 2.0 + 1.0
    }
}

/// Replaces a value if it was read; otherwise the old value is kept.
fn replace_if_read<T: Clone>(
    known: &mut Option<Timestamped<T>>,
    observed: &Observed<T>,
    at: Timestamp,
) {
    if let Some(value) = observed.value() {
        *known = Some(Timestamped { value: value.clone(), at });
    }
}

/// Returns whether the source of this metric could be read, so that a missing value means that
/// there is none: no oldest job, no heartbeat, no index.
fn was_read(update: &DashboardUpdate, metric: Metric) -> bool {
    let activity_read = |error: Option<&SourceError>| update.activity.is_some() && error.is_none();
    match metric {
        Metric::Throughput => {
            activity_read(update.activity.as_ref().and_then(|recent| recent.activity.error()))
        }
        _ => update.obstacle.is_none(),
    }
}
