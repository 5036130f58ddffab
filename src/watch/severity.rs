//! The status of rows. It comes from the checks that the headline reports, or from their thresholds, so that a row
//! never contradicts the headline.

use super::model::Model;
use crate::checks::compare;
use crate::facts::Status;
use crate::facts::operation::OperationType;
use crate::facts::recent_activity::{RecentGroup, RecentOperation};
use crate::facts::snapshot::{KindLine, Metric};

/// Returns the worst status of the checks of a metric.
pub(crate) fn metric_status(model: &Model, metric: Metric) -> Status {
    worst_of(model, checks_of(metric))
}

/// Returns the ids of the checks of a metric.
pub(super) fn checks_of(metric: Metric) -> &'static [&'static str] {
    match metric {
        Metric::Due => &["queue.backlog"],
        Metric::OldestDue => &["queue.oldest_due"],
        Metric::Claimed => &["queue.running"],
        Metric::Stuck => &["queue.stuck"],
        Metric::Failed => &["dlq.given_up"],
        Metric::Dead => &["dlq.size"],
        Metric::DeadLetteredLastHour => &["dlq.inflow", "dlq.trend"],
        Metric::Workers | Metric::HeartbeatAge => &["queue.workers"],
        Metric::Scheduled | Metric::Throughput => &[],
    }
}

/// Returns the status of a kind: that of its oldest due job.
pub(crate) fn kind_status(model: &Model, line: &KindLine) -> Status {
    line.oldest_due.map_or(Status::Ok, |age| compare(age, model.target.limits.oldest_due))
}

/// Returns the status of every stuck job, which is that of their number.
pub(crate) fn stuck_status(model: &Model) -> Status {
    worst_of(model, checks_of(Metric::Stuck))
}

/// Returns WARNING for a requeue of which jobs are dead letters again.
pub(crate) fn operation_status(model: &Model, operation: &RecentOperation) -> Status {
    let dead: Vec<_> = model.latest.iter().flat_map(|update| &update.dead_states).collect();
    let is_dead = |(state, jobs): &(String, u64)| *jobs > 0 && dead.contains(&state);
    match operation.operation_type {
        OperationType::Requeue if operation.now.iter().any(is_dead) => Status::Warning,
        _ => Status::Ok,
    }
}

/// Whether a group gains dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupState {
    /// It gained some in the last 15m.
    StillFailing,
    /// It gained none.
    Quiet,
    /// Its dead letters do not count.
    Acknowledged,
}

impl GroupState {
    /// Returns the text in the list.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::StillFailing => "still failing",
            Self::Quiet => "quiet",
            Self::Acknowledged => "acknowledged",
        }
    }
}

/// Returns whether a group gains dead letters.
pub(crate) fn group_state(model: &Model, group: &RecentGroup) -> GroupState {
    let acknowledged = model.latest.iter().flat_map(|update| &update.acknowledged);
    if acknowledged.into_iter().any(|acknowledged| *acknowledged == group.group) {
        GroupState::Acknowledged
    } else if group.recent > 0 {
        GroupState::StillFailing
    } else {
        GroupState::Quiet
    }
}

fn worst_of(model: &Model, checks: &[&str]) -> Status {
    let failed = model.latest.iter().flat_map(|update| &update.snapshot.failed_checks);
    Status::worst(failed.filter(|check| checks.contains(&check.check.as_str())).map(|c| c.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::queue::{BACKLOG, DEAD_LETTERS};
    use crate::facts::snapshot::METRICS;

    /// Checks of which the dashboard has no metric: the headline shows them.
    const WITHOUT_METRIC: [&str; 2] = ["queue.unknown_states", "queue.clock_skew"];

    #[test]
    fn every_check_of_the_queue_colors_a_metric() {
        let colored: Vec<_> = METRICS.iter().flat_map(|doc| checks_of(doc.metric)).collect();
        for check in BACKLOG.iter().chain(&DEAD_LETTERS) {
            let is_known = colored.contains(&&check.id) || WITHOUT_METRIC.contains(&check.id);
            assert!(is_known, "{}: add it to checks_of, or to WITHOUT_METRIC", check.id);
        }
    }
}
