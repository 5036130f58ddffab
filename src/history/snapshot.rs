//! A look at the system, condensed to what is worth keeping.

use jiff::{SignedDuration, Timestamp};

use crate::facts::Status;
use crate::facts::queue::{Count, Queue};
use crate::facts::recent_activity::RecentActivity;
use crate::facts::snapshot::{
    AreaLine, FailedCheck, GroupLine, KindLine, Measure, Metric, MetricValues, OperationMarker,
    Snapshot, SnapshotDetail,
};
use crate::redact;
use crate::triage::{AreaResult, TriageFacts, section};

/// Kinds that are kept.
const KINDS: usize = 20;
/// Causes that are kept.
const CAUSES: usize = 10;
/// Characters of a text from outside that are kept.
const TEXT: usize = 300;

/// Condenses a look that began at `at`.
#[must_use]
pub fn take_snapshot(
    facts: &TriageFacts,
    steps: &[AreaResult],
    live: Option<&RecentActivity>,
    at: Timestamp,
) -> Snapshot {
    let queue = facts.queue.as_ref().and_then(|seen| seen.value());
    let verdict = plain(Status::worst(steps.iter().map(AreaResult::status)));
    Snapshot {
        at,
        took: longest(facts),
        status: verdict,
        section: section(steps).map(|s| s.section.number().to_owned()),
        failed_checks: bad(steps),
        metrics: metric_values(queue, live),
        detail: SnapshotDetail {
            areas: steps.iter().map(area_line).collect(),
            kinds: queue.map(kinds).unwrap_or_default(),
            causes: live.map(causes).unwrap_or_default(),
        },
    }
}

/// A skipped check was not looked at: nobody knows.
fn plain(verdict: Status) -> Status {
    match verdict {
        Status::Skipped { .. } => Status::Unknown,
        other => other,
    }
}

fn longest(facts: &TriageFacts) -> std::time::Duration {
    let mut all = vec![facts.health.took, facts.readiness.took, facts.layout.took];
    all.extend(facts.queue.as_ref().map(|seen| seen.took));
    all.into_iter().max().unwrap_or_default()
}

fn bad(steps: &[AreaResult]) -> Vec<FailedCheck> {
    let mut bad: Vec<FailedCheck> = Vec::new();
    for finding in steps.iter().flat_map(|step| &step.findings) {
        let verdict = plain(finding.status);
        if verdict == Status::Ok {
            continue;
        }
        let message = shorten(&finding.message);
        match bad.iter_mut().find(|known| known.check == finding.check) {
            Some(known) if known.status.worse(verdict) == known.status => {}
            Some(known) => (known.status, known.message) = (verdict, message),
            None => {
                bad.push(FailedCheck { check: finding.check.to_owned(), status: verdict, message })
            }
        }
    }
    bad
}

/// The beginning of a text from outside, without secrets.
fn shorten(text: &str) -> String {
    redact::text(text).chars().take(TEXT).collect()
}

fn area_line(step: &AreaResult) -> AreaLine {
    AreaLine {
        area: step.area.to_owned(),
        status: plain(step.status()).as_str().to_owned(),
        detail: shorten(&step.detail()),
    }
}

fn metric_values(queue: Option<&Queue>, live: Option<&RecentActivity>) -> MetricValues {
    let mut figures = MetricValues::default();
    let activity = live.and_then(|live| live.activity.value());
    figures.exact(Metric::Throughput, activity.and_then(|a| a.finished_per_minute));
    let Some(queue) = queue else { return figures };
    for (figure, count) in [
        (Metric::Due, Some(&queue.due)),
        (Metric::Scheduled, Some(&queue.scheduled)),
        (Metric::InProgress, Some(&queue.in_progress)),
        (Metric::Stuck, queue.stuck.as_ref()),
        (Metric::Failed, Some(&queue.failed)),
        (Metric::Dead, queue.dead.as_ref()),
        (Metric::DeadLetteredLastHour, queue.dead_lettered_last_hour.as_ref()),
        (Metric::Workers, queue.workers.as_ref().map(|workers| &workers.beating)),
    ] {
        figures.set(figure, count.and_then(measure));
    }
    // Nothing due is an age of zero; a queue that was not counted has none.
    let oldest = queue.oldest_due_age.or((queue.due == Count::Exact(0)).then_some(0.0));
    figures.exact(Metric::OldestDue, oldest);
    figures.exact(Metric::HeartbeatAge, queue.workers.as_ref().and_then(|w| w.last_beat_age));
    figures
}

fn measure(count: &Count) -> Option<Measure> {
    count.at_least().map(|n| Measure { value: n as f64, at_least: !count.is_exact() })
}

fn kinds(queue: &Queue) -> Vec<KindLine> {
    let line = |kind: &crate::facts::queue::KindCounts| KindLine {
        kind: shorten(&kind.kind),
        due: kind.due,
        oldest_due: kind.oldest_due_age.map(f64::round).filter(|age| age.is_finite()),
        in_progress: kind.in_progress,
        dead: kind.dead,
    };
    queue.by_kind.iter().take(KINDS).map(line).collect()
}

fn causes(live: &RecentActivity) -> Vec<GroupLine> {
    let deaths = live.dead_letters.value();
    let line = |cause: &crate::facts::recent_activity::RecentGroup| GroupLine {
        group: cause.group.clone(),
        kind: shorten(&cause.kind),
        jobs: cause.jobs,
        recent: cause.recent,
        cause: shorten(&cause.cause),
    };
    deaths.iter().flat_map(|deaths| &deaths.causes).take(CAUSES).map(line).collect()
}

/// The operations of a look, as the timeline marks them.
#[must_use]
pub fn marks(live: Option<&RecentActivity>, now: Timestamp) -> Vec<OperationMarker> {
    let activity = live.and_then(|live| live.activity.value());
    let mark = |running: &crate::facts::recent_activity::RecentOperation| {
        // The id says when it began; events that were read may begin later.
        let began = crate::facts::operation::OperationId::parse(&running.operation);
        let ago = SignedDuration::from_millis((running.first * 1e3) as i64);
        OperationMarker {
            operation: running.operation.chars().take(TEXT).collect(),
            operation_type: running.operation_type,
            who: shorten(&running.who),
            reason: running.reason.as_deref().map(shorten),
            at: began.map_or_else(|| now.saturating_sub(ago).unwrap_or(now), |id| id.at),
            jobs: running.jobs,
        }
    };
    activity.iter().flat_map(|activity| &activity.operations).map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Thresholds;
    use crate::triage::{evaluate, testing};

    fn snapshot_with(change: impl FnOnce(&mut TriageFacts)) -> Snapshot {
        let mut facts = testing::healthy();
        change(&mut facts);
        let steps = evaluate(&facts, &Thresholds::default());
        take_snapshot(&facts, &steps, None, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn healthy_snapshot_has_no_failed_checks() {
        let snapshot = snapshot_with(|_| {});
        assert_eq!((snapshot.status, snapshot.section), (Status::Ok, None));
        assert_eq!(snapshot.failed_checks, vec![]);
        assert!(snapshot.metrics.get(Metric::Due).is_some());
    }

    #[test]
    fn missing_source_is_unknown_and_its_metrics_are_not_zero() {
        let snapshot = snapshot_with(|facts| facts.queue = None);
        assert_eq!(snapshot.status, Status::Unknown);
        assert!(snapshot.failed_checks.iter().any(|t| t.check == "queue.backlog"));
        assert_eq!(snapshot.metrics.get(Metric::Due), None);
    }

    #[test]
    fn oldest_due_is_zero_if_the_queue_has_no_due_jobs() {
        let snapshot = snapshot_with(|facts| {
            if let Some(Ok(queue)) = facts.queue.as_mut().map(|seen| seen.result.as_mut()) {
                (queue.due, queue.oldest_due_age) = (Count::Exact(0), None);
            }
        });
        assert_eq!(snapshot.metrics.get(Metric::OldestDue).map(|m| m.value), Some(0.0));
    }
}
