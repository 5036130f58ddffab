//! The changes between two polls as lines of text, for logs and pipes.

use jiff::Timestamp;

use crate::facts::Status;
use crate::facts::snapshot::{FailedCheck, Snapshot};

/// Returns one line per change. Without an earlier snapshot it returns the current status and
/// problems.
pub(crate) fn lines(before: Option<&Snapshot>, now: &Snapshot) -> Vec<String> {
    let at = time(now.at);
    let mut lines = Vec::new();
    let state = |snapshot: &Snapshot| (snapshot.status, snapshot.section.clone());
    if before.is_none_or(|before| state(before) != state(now)) {
        let previous = before.map(|before| format!("{} → ", headline(before))).unwrap_or_default();
        lines.push(format!("{at} {previous}{}", headline(now)));
    }
    let empty = Vec::new();
    let earlier = before.map_or(&empty, |before| &before.failed_checks);
    for failed_check in &now.failed_checks {
        let previous = status_of(earlier, &failed_check.check);
        if previous != failed_check.status {
            let (check, status) = (&failed_check.check, failed_check.status);
            // Without an earlier snapshot there is no previous status.
            let previous = before.map(|_| format!("{previous} → ")).unwrap_or_default();
            let separator = if failed_check.message.is_empty() { "" } else { ": " };
            lines.push(format!(
                "{at} {check} {previous}{status}{separator}{}",
                failed_check.message
            ));
        }
    }
    for failed_check in earlier {
        if status_of(&now.failed_checks, &failed_check.check) == Status::Ok {
            lines.push(format!("{at} {} {} → OK", failed_check.check, failed_check.status));
        }
    }
    lines
}

fn status_of(failed_checks: &[FailedCheck], check: &str) -> Status {
    let failed = failed_checks.iter().find(|failed_check| failed_check.check == check);
    failed.map_or(Status::Ok, |failed| failed.status)
}

/// `CRITICAL 3.3`
fn headline(snapshot: &Snapshot) -> String {
    match &snapshot.section {
        Some(section) => format!("{} {section}", snapshot.status),
        None => snapshot.status.to_string(),
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::{MetricValues, SnapshotDetail};

    fn snapshot(status: Status, failed_checks: &[(&str, Status)]) -> Snapshot {
        let failed_check = |(check, status): &(&str, Status)| FailedCheck {
            check: (*check).to_owned(),
            status: *status,
            message: format!("{check} said"),
        };
        Snapshot {
            at: Timestamp::UNIX_EPOCH,
            took: std::time::Duration::ZERO,
            status,
            section: (status != Status::Ok).then(|| "3.3".to_owned()),
            failed_checks: failed_checks.iter().map(failed_check).collect(),
            metrics: MetricValues::default(),
            detail: SnapshotDetail::default(),
        }
    }

    #[test]
    fn only_status_changes_are_printed() {
        use Status::{Critical, Ok, Warning};
        let healthy = snapshot(Ok, &[]);
        let incident = snapshot(Critical, &[("queue.workers", Critical), ("dlq.size", Warning)]);
        let improving = snapshot(Warning, &[("dlq.size", Warning)]);
        let transitions = |before, now| {
            let lines = lines(before, now);
            lines
                .iter()
                .map(|line| line["1970-01-01T00:00:00Z ".len()..].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(transitions(None, &healthy), ["OK"]);
        assert_eq!(
            transitions(None, &improving),
            ["WARNING 3.3", "dlq.size WARNING: dlq.size said"],
            "nothing was OK before"
        );
        assert!(transitions(Some(&healthy), &healthy).is_empty());
        assert_eq!(
            transitions(Some(&healthy), &incident),
            [
                "OK → CRITICAL 3.3",
                "queue.workers OK → CRITICAL: queue.workers said",
                "dlq.size OK → WARNING: dlq.size said",
            ]
        );
        assert_eq!(
            transitions(Some(&incident), &improving),
            ["CRITICAL 3.3 → WARNING 3.3", "queue.workers CRITICAL → OK"]
        );
    }
}
