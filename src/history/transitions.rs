//! What changed between two looks, one line each: for logs and pipes.

use jiff::Timestamp;

use crate::facts::Status;
use crate::facts::snapshot::{FailedCheck, Snapshot};

/// The lines; the first look of all says how things are.
#[must_use]
pub fn lines(before: Option<&Snapshot>, now: &Snapshot) -> Vec<String> {
    let at = time(now.at);
    let mut lines = Vec::new();
    let state = |snapshot: &Snapshot| (snapshot.status, snapshot.section.clone());
    if before.is_none_or(|before| state(before) != state(now)) {
        let was = before.map(|before| format!("{} → ", headline(before))).unwrap_or_default();
        lines.push(format!("{at} {was}{}", headline(now)));
    }
    let empty = Vec::new();
    let earlier = before.map_or(&empty, |before| &before.failed_checks);
    for trouble in &now.failed_checks {
        let was = status_of(earlier, &trouble.check);
        if was != trouble.status {
            let (check, verdict) = (&trouble.check, trouble.status);
            // At the first look nothing is known of before: it was not OK, it was not seen.
            let was = before.map(|_| format!("{was} → ")).unwrap_or_default();
            let said = if trouble.message.is_empty() { "" } else { ": " };
            lines.push(format!("{at} {check} {was}{verdict}{said}{}", trouble.message));
        }
    }
    for trouble in earlier {
        if status_of(&now.failed_checks, &trouble.check) == Status::Ok {
            lines.push(format!("{at} {} {} → OK", trouble.check, trouble.status));
        }
    }
    lines
}

fn status_of(bad: &[FailedCheck], check: &str) -> Status {
    bad.iter().find(|trouble| trouble.check == check).map_or(Status::Ok, |t| t.status)
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

    fn snapshot(verdict: Status, bad: &[(&str, Status)]) -> Snapshot {
        let trouble = |(check, verdict): &(&str, Status)| FailedCheck {
            check: (*check).to_owned(),
            status: *verdict,
            message: format!("{check} said"),
        };
        Snapshot {
            at: Timestamp::UNIX_EPOCH,
            took: std::time::Duration::ZERO,
            status: verdict,
            section: (verdict != Status::Ok).then(|| "3.3".to_owned()),
            failed_checks: bad.iter().map(trouble).collect(),
            metrics: MetricValues::default(),
            detail: SnapshotDetail::default(),
        }
    }

    #[test]
    fn only_status_changes_are_printed() {
        use Status::{Critical, Ok, Warning};
        let well = snapshot(Ok, &[]);
        let sick = snapshot(Critical, &[("queue.workers", Critical), ("dlq.size", Warning)]);
        let better = snapshot(Warning, &[("dlq.size", Warning)]);
        let said = |before, now| {
            let lines = lines(before, now);
            lines
                .iter()
                .map(|line| line["1970-01-01T00:00:00Z ".len()..].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(said(None, &well), ["OK"]);
        assert_eq!(
            said(None, &better),
            ["WARNING 3.3", "dlq.size WARNING: dlq.size said"],
            "nothing was OK before"
        );
        assert!(said(Some(&well), &well).is_empty());
        assert_eq!(
            said(Some(&well), &sick),
            [
                "OK → CRITICAL 3.3",
                "queue.workers OK → CRITICAL: queue.workers said",
                "dlq.size OK → WARNING: dlq.size said",
            ]
        );
        assert_eq!(
            said(Some(&sick), &better),
            ["CRITICAL 3.3 → WARNING 3.3", "queue.workers CRITICAL → OK"]
        );
    }
}
