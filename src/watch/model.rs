//! The state of the dashboard.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::row_command::RowCommand;
use crate::facts::Thresholds;
use crate::facts::recent_activity::{Activity, RecentActivity, RecentDeadLetters, RecentStuckJob};
use crate::facts::snapshot::{KindLine, METRICS, Measure, MetricValues, Snapshot};
use crate::suggest::ShellCommand;
use crate::suggest::TargetFlags;

/// Polls that the trends show at most.
pub(super) const MAX_TREND: usize = 2_400;
/// The time that the trends show.
const TREND_WINDOW: Duration = Duration::from_mins(20);
/// The polls that the trends show at least, if the interval between them is long.
const MIN_TREND: u32 = 40;

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
    pub(crate) next: Option<ShellCommand>,
    /// The headline of the runbook section that applies.
    pub(crate) section: Option<String>,
    /// The acknowledged groups whose dead letters do not count.
    pub(crate) acknowledged: Vec<String>,
    /// The states of dead letters in this table.
    pub(crate) dead_states: Vec<String>,
    /// The duration of the poll.
    pub(crate) took: Duration,
    /// The time until the next poll.
    pub(crate) pause: Duration,
}

/// A poll as the trends show it; without metrics if nothing could be read.
#[derive(Debug, Clone)]
pub(crate) struct TrendPoint {
    /// When it began.
    pub(crate) at: Timestamp,
    /// The metrics.
    pub(crate) metrics: MetricValues,
    /// Due jobs by kind.
    pub(crate) kinds: HashMap<String, u64>,
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
    Nothing(String),
    /// A command to copy.
    Command(ShellCommand),
    /// The choice of a kind, with the selected row; the first row is all kinds.
    Kinds(usize),
    /// The report of a command.
    Detail(Detail),
}

/// The report of the command that shows the selected row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Detail {
    /// The command.
    pub(crate) command: RowCommand,
    /// The canary for its row, if that is a group. The selection may be another row by now.
    pub(crate) canary: Option<RowCommand>,
    /// The command that requeues or rescues its row.
    pub(crate) requeue: Option<ShellCommand>,
    /// The lines of its report; `None` while the command runs.
    pub(crate) lines: Option<Vec<String>>,
    /// The scroll position.
    pub(crate) position: usize,
}

/// What the dashboard needs to know about its context.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    /// The database and the app.
    pub(crate) subject: String,
    /// The target flags of suggested commands.
    pub(crate) address: TargetFlags,
    /// The thresholds in force.
    pub(crate) limits: Thresholds,
    /// Why nothing may be written, if that is so.
    pub(crate) read_only: Option<String>,
}

/// The state of the dashboard.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    /// What the dashboard is about.
    pub(crate) target: Target,
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
    /// The polls that the trends show, oldest first.
    pub(crate) trend: VecDeque<TrendPoint>,
    /// The panel that the keys apply to.
    pub(crate) focus: Panel,
    /// The selected row of each panel.
    pub(crate) selected: [usize; Panel::ALL.len()],
    /// The sort order of each panel, as an index.
    pub(crate) sort: [usize; Panel::ALL.len()],
    /// The kind to filter by.
    pub(crate) kind: Option<String>,
    /// The text that rows must contain.
    pub(crate) filter: String,
    /// Whether the keys edit the filter.
    pub(crate) is_typing: bool,
    /// The open overlay.
    pub(crate) overlay: Option<Overlay>,
    /// The polls received while the dashboard is frozen; `None` if it is not frozen.
    pub(crate) frozen: Option<Vec<DashboardUpdate>>,
    /// An error outside of the polls: a snapshot that could not be stored.
    pub(crate) error: Option<String>,
}

impl Model {
    /// Creates the model before the first poll.
    pub(crate) fn new(target: Target, every: Duration, now: Timestamp) -> Self {
        Self {
            target,
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
            filter: String::new(),
            is_typing: false,
            overlay: None,
            frozen: None,
            error: None,
        }
    }

    /// Adds a point to the trends.
    pub(crate) fn remember(&mut self, point: TrendPoint) {
        if self.trend.len() >= MAX_TREND {
            self.trend.pop_front();
        }
        self.trend.push_back(point);
    }

    /// Returns the time that the trends show.
    pub(crate) fn trend_window(&self) -> Duration {
        TREND_WINDOW.max(self.every.saturating_mul(MIN_TREND))
    }

    /// Returns the time at which the trends end: that of a frozen screen is the time of its poll.
    pub(crate) fn trend_end(&self) -> Timestamp {
        self.at().filter(|_| self.frozen.is_some()).unwrap_or(self.now)
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

    /// Returns whether a poll is overdue, which makes even the latest values stale. The polls that a frozen screen
    /// does not show count as well: it says itself how old it is.
    pub(crate) fn is_overdue(&self) -> bool {
        let hidden = self.frozen.as_ref().and_then(|queued| queued.last());
        let Some(update) = hidden.or(self.latest.as_ref()) else { return false };
        let interval = update.took + update.pause;
        let elapsed = self.now.duration_since(update.snapshot.at);
        elapsed.as_secs_f64() > interval.as_secs_f64() * 2.0 + 1.0
    }
}
