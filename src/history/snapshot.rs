//! Condenses the results of one poll into a snapshot for the store.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::facts::Status;
use crate::facts::operation::Reasons;
use crate::facts::queue::{Count, Queue};
use crate::facts::recent_activity::RecentActivity;
use crate::facts::snapshot::{
    AreaLine, FailedCheck, GroupLine, KindLine, Measure, Metric, MetricValues, OperationMarker,
    Snapshot, SnapshotDetail,
};
use crate::redact;
use crate::triage::{AreaResult, TriageFacts, section};

/// Kinds that are stored.
const MAX_KINDS: usize = 20;
/// Groups that are stored.
const MAX_GROUPS: usize = 10;
/// Characters of an untrusted text that are stored.
const MAX_TEXT: usize = 300;

/// Condenses the results of a poll that began at `at`.
pub(crate) fn take_snapshot(
    facts: &TriageFacts,
    results: &[AreaResult],
    recent: Option<&RecentActivity>,
    at: Timestamp,
) -> Snapshot {
    let queue = facts.queue.as_ref().and_then(|observed| observed.value());
    let status = without_skipped(Status::worst(results.iter().map(AreaResult::status)));
    Snapshot {
        at,
        took: longest_read(facts),
        status,
        section: section(results).map(|s| s.section.number().to_owned()),
        failed_checks: failed_checks(results),
        evaluated: evaluated(results),
        server: None,
        server_time: facts.layout.value().and_then(|layout| layout.server_time.parse().ok()),
        metrics: metric_values(queue, recent),
        detail: SnapshotDetail {
            areas: results.iter().map(area_line).collect(),
            kinds: queue.map(kind_lines).unwrap_or_default(),
            audited_at: results.iter().find_map(|result| Some(result.audit.as_ref()?.at)),
            causes: recent.map(group_lines).unwrap_or_default(),
        },
    }
}

/// Returns UNKNOWN for SKIPPED: the check did not run.
fn without_skipped(status: Status) -> Status {
    match status {
        Status::Skipped { .. } => Status::Unknown,
        other => other,
    }
}

/// Returns the time of the slowest read.
fn longest_read(facts: &TriageFacts) -> std::time::Duration {
    let mut times = vec![facts.health.took, facts.readiness.took, facts.layout.took];
    times.extend(facts.queue.as_ref().map(|observed| observed.took));
    times.into_iter().max().unwrap_or_default()
}

fn failed_checks(results: &[AreaResult]) -> Vec<FailedCheck> {
    let mut failed_checks: Vec<FailedCheck> = Vec::new();
    for finding in results.iter().flat_map(|result| &result.findings) {
        let status = without_skipped(finding.status);
        if status == Status::Ok {
            continue;
        }
        let message = shorten(&finding.message);
        match failed_checks.iter_mut().find(|failed_check| failed_check.check == finding.check) {
            Some(failed_check) if failed_check.status.worse(status) == failed_check.status => {}
            Some(failed_check) => (failed_check.status, failed_check.message) = (status, message),
            None => {
                failed_checks.push(FailedCheck { check: finding.check.to_owned(), status, message })
            }
        }
    }
    failed_checks
}

/// Returns the ids of the checks that have a finding, of any status.
fn evaluated(results: &[AreaResult]) -> Vec<String> {
    let findings = results.iter().flat_map(|result| &result.findings);
    let checks: BTreeSet<_> = findings.map(|finding| finding.check.to_owned()).collect();
    checks.into_iter().collect()
}

/// Returns the beginning of an untrusted text, with secrets redacted.
fn shorten(text: &str) -> String {
    redact::text(text).chars().take(MAX_TEXT).collect()
}

fn area_line(result: &AreaResult) -> AreaLine {
    AreaLine {
        area: result.area.to_owned(),
        status: match result.skipped_audit() {
            Some(_) => result.shown_status(),
            None => without_skipped(result.status()),
        }
        .as_str()
        .to_owned(),
        detail: shorten(&result.shown_detail()),
    }
}

fn metric_values(queue: Option<&Queue>, recent: Option<&RecentActivity>) -> MetricValues {
    let mut metrics = MetricValues::default();
    let activity = recent.and_then(|recent| recent.activity.value());
    metrics.exact(Metric::Throughput, activity.and_then(|a| a.finished_per_minute));
    let Some(queue) = queue else { return metrics };
    for (metric, count) in [
        (Metric::Due, Some(&queue.due)),
        (Metric::Scheduled, Some(&queue.scheduled)),
        (Metric::Claimed, Some(&queue.claimed)),
        (Metric::Stuck, queue.stuck.as_ref()),
        (Metric::Failed, Some(&queue.failed)),
        (Metric::Dead, queue.dead.as_ref()),
        (Metric::DeadLetteredLastHour, queue.dead_lettered_last_hour.as_ref()),
        (Metric::Workers, queue.observable_workers().map(|workers| &workers.active)),
    ] {
        metrics.set(metric, count.and_then(measure));
    }
    // Without due jobs the age is zero; if they were not counted, it is unknown.
    let oldest = queue.oldest_due_age.or((queue.due == Count::Exact(0)).then_some(0.0));
    metrics.exact(Metric::OldestDue, oldest);
    metrics.exact(Metric::HeartbeatAge, queue.observable_workers().and_then(|w| w.heartbeat_age));
    metrics
}

fn measure(count: &Count) -> Option<Measure> {
    count.at_least().map(|n| Measure { value: n as f64, at_least: !count.is_exact() })
}

fn kind_lines(queue: &Queue) -> Vec<KindLine> {
    let line = |kind: &crate::facts::queue::KindCounts| KindLine {
        kind: shorten(&kind.kind),
        due: kind.due,
        oldest_due: kind.oldest_due_age.map(f64::round).filter(|age| age.is_finite()),
        claimed: kind.claimed,
        dead: kind.dead,
    };
    queue.by_kind.iter().take(MAX_KINDS).map(line).collect()
}

fn group_lines(recent: &RecentActivity) -> Vec<GroupLine> {
    let dead_letters = recent.dead_letters.value();
    let line = |group: &crate::facts::recent_activity::RecentGroup| GroupLine {
        group: group.group.clone(),
        kind: shorten(&group.kind),
        jobs: group.jobs,
        recent: group.recent,
        cause: shorten(&group.cause),
    };
    let groups = dead_letters.iter().flat_map(|dead_letters| &dead_letters.causes);
    groups.take(MAX_GROUPS).map(line).collect()
}

/// Returns the recent operations as markers of the timeline.
pub(crate) fn marks(recent: Option<&RecentActivity>) -> Vec<OperationMarker> {
    let activity = recent.and_then(|recent| recent.activity.value());
    let marker = |operation: &crate::facts::recent_activity::RecentOperation| {
        OperationMarker {
            operation: operation.operation.to_string(),
            operation_type: operation.operation_type,
            who: shorten(&operation.who),
            reasons: Reasons { first: operation.reason.as_deref().map(shorten), resumes: vec![] },
            // The id contains the start time; the events that were read may begin later.
            at: operation.operation.at,
            jobs: operation.jobs,
        }
    };
    activity.iter().flat_map(|activity| &activity.operations).map(marker).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Thresholds;
    use crate::triage::{evaluate, testing};

    fn snapshot_with(change: impl FnOnce(&mut TriageFacts)) -> Snapshot {
        let mut facts = testing::healthy();
        change(&mut facts);
        let results = evaluate(&facts, &Thresholds::default());
        take_snapshot(&facts, &results, None, Timestamp::UNIX_EPOCH)
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
        assert!(snapshot.failed_checks.iter().any(|failed| failed.check == "queue.backlog"));
        assert_eq!(snapshot.metrics.get(Metric::Due), None);
    }

    #[test]
    fn oldest_due_is_zero_if_the_queue_has_no_due_jobs() {
        let snapshot = snapshot_with(|facts| {
            if let Some(Ok(queue)) = facts.queue.as_mut().map(|observed| observed.result.as_mut()) {
                (queue.due, queue.oldest_due_age) = (Count::Exact(0), None);
            }
        });
        assert_eq!(snapshot.metrics.get(Metric::OldestDue).map(|m| m.value), Some(0.0));
    }
}
