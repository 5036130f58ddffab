//! What the dashboard knows.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::facts::recent_activity::{Activity, RecentActivity, RecentDeadLetters, Stuck};
use crate::facts::snapshot::{KindLine, METRICS, Measure, Metric, MetricValues, Snapshot};
use crate::facts::{Observed, SourceError};
use crate::text::TargetFlags;

/// Looks that the sparklines remember.
const TREND: usize = 240;

/// A value and when it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Timestamped<T> {
    /// The value.
    pub value: T,
    /// When the look that read it began.
    pub at: Timestamp,
}

/// What one look showed, as the dashboard takes it.
#[derive(Debug, Clone)]
pub struct DashboardUpdate {
    /// The condensed look.
    pub snapshot: Snapshot,
    /// What moves; `None` where the database could not be asked.
    pub activity: Option<RecentActivity>,
    /// Why the queue was not read, where it was not.
    pub obstacle: Option<String>,
    /// Why the queue by kind is not whole, where it is not.
    pub by_kind_missing: Option<String>,
    /// The next command of the runbook.
    pub next: Option<String>,
    /// The heading of the section that applies.
    pub section: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// How long until the next one.
    pub pause: Duration,
}

/// A look as the sparklines remember it; no figures where nothing was read.
#[derive(Debug, Clone)]
pub struct TrendPoint {
    /// When.
    pub at: Timestamp,
    /// The figures.
    pub figures: MetricValues,
    /// Due jobs by kind.
    pub kinds: Vec<(String, u64)>,
}

/// The lists below the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// The queue by kind.
    Kinds,
    /// The newest dead letters by cause.
    Causes,
    /// Jobs of silent workers.
    Stuck,
    /// Requeues and undos.
    Operations,
}

impl Panel {
    /// All, from left to right.
    pub const ALL: [Self; 4] = [Self::Kinds, Self::Causes, Self::Stuck, Self::Operations];

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Kinds => "by kind",
            Self::Causes => "dying of",
            Self::Stuck => "stuck",
            Self::Operations => "requeues",
        }
    }
}

/// What lies over the dashboard.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// The keys.
    Help,
    /// Why a key did nothing.
    Nothing(&'static str),
    /// A command, to be copied.
    Command(String),
    /// Kinds to filter by; the first means all.
    Kinds(usize),
    /// A cause, by its hash, and which of its jobs is selected.
    Cause(String, usize),
    /// A text, and how far it is scrolled.
    Text(String, Vec<String>, usize),
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Model {
    /// What is looked at.
    pub subject: String,
    /// Where commands look.
    pub address: TargetFlags,
    /// Time between two looks.
    pub every: Duration,
    /// The time.
    pub now: Timestamp,
    /// The latest look that is shown.
    pub latest: Option<DashboardUpdate>,
    /// The last known value of each figure.
    pub metrics: [Option<Timestamped<Measure>>; METRICS.len()],
    /// The last known queue by kind.
    pub kinds: Option<Timestamped<Vec<KindLine>>>,
    /// The last known causes.
    pub dead_letters: Option<Timestamped<RecentDeadLetters>>,
    /// The last known stuck jobs.
    pub stuck: Option<Timestamped<Vec<Stuck>>>,
    /// The last known activity.
    pub activity: Option<Timestamped<Activity>>,
    /// What the sparklines show, the latest last.
    pub trend: VecDeque<TrendPoint>,
    /// Which list the keys speak to.
    pub focus: Panel,
    /// The selected row of each list.
    pub selected: [usize; Panel::ALL.len()],
    /// The order of each list.
    pub sort: [usize; Panel::ALL.len()],
    /// Only this kind.
    pub kind: Option<String>,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// Looks that came while nothing was to change.
    pub frozen: Option<Vec<DashboardUpdate>>,
    /// What went wrong beside the looks: snapshots that could not be kept.
    pub error: Option<String>,
}

impl Model {
    /// Before the first look.
    #[must_use]
    pub fn new(subject: String, address: TargetFlags, every: Duration, now: Timestamp) -> Self {
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

    /// Takes a look; kept aside while the screen is frozen.
    pub fn apply_update(&mut self, looked: DashboardUpdate) {
        match &mut self.frozen {
            // The latest is enough for the lists; the sparklines get them all.
            Some(aside) => aside.push(looked),
            None => self.show(looked),
        }
    }

    /// Freezes, or shows what came meanwhile.
    pub fn freeze(&mut self) {
        match self.frozen.take() {
            None => self.frozen = Some(vec![]),
            Some(aside) => aside.into_iter().for_each(|looked| self.show(looked)),
        }
    }

    fn show(&mut self, looked: DashboardUpdate) {
        let at = looked.snapshot.at;
        for (known, doc) in self.metrics.iter_mut().zip(&METRICS) {
            if let Some(value) = looked.snapshot.metrics.get(doc.metric) {
                *known = Some(Timestamped { value, at });
            } else if answered(&looked, doc.metric) {
                *known = None;
            }
        }
        if looked.obstacle.is_none() {
            self.kinds = Some(Timestamped { value: looked.snapshot.detail.kinds.clone(), at });
        }
        if let Some(live) = &looked.activity {
            take(&mut self.dead_letters, &live.dead_letters, at);
            take(&mut self.stuck, &live.stuck, at);
            take(&mut self.activity, &live.activity, at);
        }
        let kinds = looked.snapshot.detail.kinds.iter();
        let kinds = kinds.map(|line| (line.kind.clone(), line.due)).collect();
        self.remember(TrendPoint { at, figures: looked.snapshot.metrics, kinds });
        self.latest = Some(looked);
    }

    /// Adds to what the sparklines show.
    pub fn remember(&mut self, dot: TrendPoint) {
        if self.trend.len() >= TREND {
            self.trend.pop_front();
        }
        self.trend.push_back(dot);
    }

    /// When the latest look that is shown began.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.latest.as_ref().map(|looked| looked.snapshot.at)
    }

    /// Seconds since a value was read, where the latest look did not read it again.
    #[must_use]
    pub fn stale<T>(&self, aged: &Timestamped<T>) -> Option<f64> {
        let fresh = Some(aged.at) == self.at() && !self.overdue();
        (!fresh).then(|| crate::text::seconds_since(aged.at, self.now))
    }

    /// Whether a look should have come by now: then even the latest is one of then.
    #[must_use]
    pub fn overdue(&self) -> bool {
        let Some(looked) = &self.latest else { return false };
        let due = looked.took + looked.pause + self.every;
        let since = self.now.duration_since(looked.snapshot.at);
        since.as_secs_f64() > due.as_secs_f64() * 2.0 + 1.0
    }
}

/// The latest reading replaces the one before it; an obstacle leaves it as it was.
fn take<T: Clone>(known: &mut Option<Timestamped<T>>, seen: &Observed<T>, at: Timestamp) {
    if let Some(value) = seen.value() {
        *known = Some(Timestamped { value: value.clone(), at });
    }
}

/// Whether what this figure is read from answered, and has none: no oldest job, no beat, no index.
fn answered(looked: &DashboardUpdate, figure: Metric) -> bool {
    let live = |seen: Option<&SourceError>| looked.activity.is_some() && seen.is_none();
    match figure {
        Metric::Throughput => live(looked.activity.as_ref().and_then(|live| live.activity.error())),
        _ => looked.obstacle.is_none(),
    }
}
