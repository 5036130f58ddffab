//! The effect of a poll on the model.

use jiff::Timestamp;

use super::model::{DashboardUpdate, MAX_TREND, Model, Panel, Timestamped, TrendPoint};
use super::rows;
use crate::facts::snapshot::{METRICS, Metric};
use crate::facts::{Observed, SourceError};

impl Model {
    /// Applies a poll, or queues it while the dashboard is frozen.
    pub(crate) fn apply_update(&mut self, update: DashboardUpdate) {
        match &mut self.frozen {
            // The lists need only the latest poll, the trends need all that they show.
            Some(queued) => {
                if queued.len() >= MAX_TREND {
                    queued.remove(0);
                }
                queued.push(update);
            }
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
        self.keep_selection(|model| model.apply(update));
    }

    /// Changes the rows or their order. The selection follows its row; without it, it stays at its place in the list.
    pub(super) fn keep_selection(&mut self, change: impl FnOnce(&mut Self)) {
        let selected = Panel::ALL.map(|panel| rows::selected_id(self, panel));
        change(self);
        for (panel, id) in Panel::ALL.into_iter().zip(selected) {
            let ids = rows::ids(self, panel);
            let index = id.and_then(|id| ids.iter().position(|row| *row == id));
            let selected = &mut self.selected[panel as usize];
            *selected = index.unwrap_or(*selected).min(ids.len().saturating_sub(1));
        }
    }

    fn apply(&mut self, update: DashboardUpdate) {
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
        self.remember(TrendPoint { at, metrics: update.snapshot.metrics, kinds });
        self.latest = Some(update);
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
