//! The changes between two polls as lines of text, for logs and pipes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::facts::Status;
use crate::facts::snapshot::Snapshot;

/// The statuses of the previous polls.
#[derive(Debug, Default)]
pub(crate) struct Transitions {
    /// Status and section of the previous poll.
    previous: Option<(Status, Option<String>)>,
    /// The checks that are not OK. A check that was not evaluated since is UNKNOWN.
    not_ok: BTreeMap<String, Status>,
}

impl Transitions {
    /// Returns the changes since the previous poll, one per line.
    pub(crate) fn lines(&mut self, now: &Snapshot) -> Vec<String> {
        let at = time(now.at);
        let mut lines = Vec::new();
        let state = (now.status, now.section.clone());
        if self.previous.as_ref() != Some(&state) {
            let previous = self.previous.as_ref().map(|state| format!("{} → ", headline(state)));
            lines.push(format!("{at} {}{}", previous.unwrap_or_default(), headline(&state)));
        }
        for failed in &now.failed_checks {
            let earlier = self.not_ok.insert(failed.check.clone(), failed.status);
            let earlier = earlier.unwrap_or(Status::Ok);
            if earlier != failed.status {
                // Without an earlier poll there is no previous status.
                let previous = self.previous.as_ref().map(|_| format!("{earlier} → "));
                let (check, status) = (&failed.check, failed.status);
                let separator = if failed.message.is_empty() { "" } else { ": " };
                let previous = previous.unwrap_or_default();
                lines.push(format!("{at} {check} {previous}{status}{separator}{}", failed.message));
            }
        }
        lines.extend(self.not_failed(now).into_iter().map(|line| format!("{at} {line}")));
        self.previous = Some(state);
        lines
    }

    /// Returns the lines of checks that do not fail any more: they are OK, or were not evaluated.
    fn not_failed(&mut self, now: &Snapshot) -> Vec<String> {
        let mut lines = Vec::new();
        self.not_ok.retain(|check, status| {
            let is_failed = now.failed_checks.iter().any(|failed| failed.check == *check);
            let is_evaluated = now.evaluated.binary_search(check).is_ok();
            match (is_failed, is_evaluated) {
                (true, _) => true,
                (false, true) => {
                    lines.push(format!("{check} {status} → OK"));
                    false
                }
                (false, false) => {
                    if *status != Status::Unknown {
                        lines.push(format!("{check} {status} → UNKNOWN: not evaluated any more"));
                    }
                    *status = Status::Unknown;
                    true
                }
            }
        });
        lines
    }
}

/// Returns status and section, such as `CRITICAL 3.3`.
fn headline((status, section): &(Status, Option<String>)) -> String {
    match section {
        Some(section) => format!("{status} {section}"),
        None => status.to_string(),
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::{FailedCheck, MetricValues, SnapshotDetail};

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
            evaluated: ["dlq.size", "queue.workers"].map(str::to_owned).to_vec(),
            server_time: None,
            server: None,
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
        let transitions = |before: Option<&Snapshot>, now| {
            let mut transitions = Transitions::default();
            before.map(|before| transitions.lines(before));
            let lines = transitions.lines(now);
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

    #[test]
    fn check_that_is_not_evaluated_is_unknown_until_it_is() {
        use Status::{Critical, Ok};
        let failing = snapshot(Critical, &[("dlq.size", Critical)]);
        let mut silent = snapshot(Critical, &[]);
        silent.evaluated = vec!["queue.workers".to_owned()];
        let healthy = snapshot(Ok, &[]);
        let mut transitions = Transitions::default();
        let mut lines =
            |now| transitions.lines(now).join("; ").replace("1970-01-01T00:00:00Z ", "");
        assert_eq!(lines(&failing), "CRITICAL 3.3; dlq.size CRITICAL: dlq.size said");
        assert_eq!(lines(&silent), "dlq.size CRITICAL → UNKNOWN: not evaluated any more");
        assert_eq!(lines(&silent), "");
        assert_eq!(lines(&healthy), "CRITICAL 3.3 → OK; dlq.size UNKNOWN → OK");
        // The healthy counterpart: it was evaluated all the time.
        let mut transitions = Transitions::default();
        transitions.lines(&failing);
        let lines = transitions.lines(&healthy).join("; ");
        assert!(lines.ends_with("dlq.size CRITICAL → OK"), "{lines}");
    }
}
