//! Test data for the dashboard.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{DashboardUpdate, Model, Target};
use crate::facts::operation::{OperationId, OperationType};
use crate::facts::recent_activity::{
    Activity, RecentActivity, RecentDeadLetters, RecentGroup, RecentOperation, RecentStuckJob,
};
use crate::facts::snapshot::{KindLine, Metric, MetricValues, Snapshot, SnapshotDetail};
use crate::facts::stuck_job::SignOfLife;
use crate::facts::{Observed, Status};
use crate::suggest::TargetFlags;

/// Returns the time this many seconds after the Unix epoch.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn observed<T>(value: T) -> Observed<T> {
    Observed { source: "x".into(), at: at(0), took: Duration::ZERO, result: Ok(value) }
}

fn cause(group: &str, kind: &str, recent: u64, before: u64) -> RecentGroup {
    RecentGroup {
        group: group.into(),
        kind: kind.into(),
        cause: "boom".into(),
        jobs: 9,
        recent,
        before,
        newest: Some(5.0),
        ids: vec![format!("{group}-job1"), format!("{group}-job2")],
    }
}

/// Returns a poll; the database is unreachable if `due` is `None`.
pub(crate) fn sample_update(seconds: i64, due: Option<f64>) -> DashboardUpdate {
    let mut metrics = MetricValues::default();
    metrics.exact(Metric::Due, due);
    let kind = |name: &str, due, dead| KindLine {
        kind: name.into(),
        due,
        oldest_due: None,
        claimed: 0,
        dead,
    };
    let kinds = vec![kind("RENDER", 2, 9), kind("PUBLISH $(x)", 5, 0)];
    let causes = vec![cause("v1-a", "RENDER", 4, 1), cause("v1-b", "PUBLISH $(x)", 0, 3)];
    let stuck = RecentStuckJob {
        id: "job9".into(),
        kind: "RENDER".into(),
        worker: "w".into(),
        heartbeat_age: Some(900.0),
        sign: SignOfLife::Heartbeat,
    };
    let recent = RecentActivity {
        dead_letters: observed(RecentDeadLetters { causes, read: 18, is_complete: true }),
        activity: observed(Activity::default()),
        stuck: observed(vec![stuck]),
    };
    DashboardUpdate {
        snapshot: Snapshot {
            at: at(seconds),
            took: Duration::ZERO,
            status: Status::Ok,
            section: None,
            failed_checks: vec![],
            evaluated: vec![],
            server_time: None,
            server: None,
            metrics,
            detail: SnapshotDetail {
                kinds: if due.is_some() { kinds } else { vec![] },
                ..SnapshotDetail::default()
            },
        },
        activity: due.map(|_| recent),
        obstacle: due.is_none().then(|| "refused".to_owned()),
        by_kind_missing: None,
        next: None,
        section: None,
        acknowledged: vec![],
        dead_states: vec!["dead_letter".to_owned()],
        took: Duration::from_millis(50),
        pause: Duration::from_secs(5),
    }
}

/// Returns a dashboard after one poll.
pub(crate) fn model() -> Model {
    let target = Target {
        subject: "db".to_owned(),
        address: TargetFlags::for_context("prod"),
        ..Target::default()
    };
    let mut model = Model::new(target, Duration::from_secs(5), at(0));
    model.apply_update(sample_update(0, Some(7.0)));
    model
}

/// Returns a requeue of which jobs are dead letters again.
pub(crate) fn operation() -> RecentOperation {
    RecentOperation {
        operation: OperationId::parse("rq-20260101T000000Z-e1-a1").unwrap(),
        operation_type: OperationType::Requeue,
        who: "ada@desk".to_owned(),
        reason: Some("token renewed".to_owned()),
        jobs: 120,
        first: 60.0,
        last: 2.0,
        now: vec![("queued".to_owned(), 80), ("dead_letter".to_owned(), 40)],
    }
}
