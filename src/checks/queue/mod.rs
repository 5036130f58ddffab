//! Is the queue sick? Sections 3.3 and 3.4 of the runbook.

mod backlog;
mod dead;
mod inflow;
mod oldest_due;
mod running;
mod stuck;
mod workers;

use super::{Check, compare, limit_text};
use crate::facts::queue::{Count, Queue};
use crate::facts::{Evidence, Finding, Observed, Status, Threshold};
use crate::text;

/// What these checks judge.
pub type QueueFacts = Observed<Queue>;

/// Checks of section 3.3, in the order in which they are shown.
pub const BACKLOG: [Check<QueueFacts>; 5] =
    [backlog::CHECK, oldest_due::CHECK, running::CHECK, stuck::CHECK, workers::CHECK];

/// Checks of section 3.4.
pub const DEAD_LETTERS: [Check<QueueFacts>; 2] = [dead::CHECK, inflow::CHECK];

/// What is said of signs of life where the schema keeps none: a gap of the schema, not of this look.
const NO_LIFE: &str = "not observable: this schema keeps no heartbeats; see cliplyctl ready";

/// Runs a judgement on the queue, or says why it was not read.
fn queue_finding(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    subject: &str,
    evaluate: impl FnOnce(&Queue) -> Finding,
) -> Vec<Finding> {
    vec![match &facts.result {
        Ok(queue) => evaluate(queue),
        Err(error) => check
            .finding(Status::Unknown, subject, format!("not read: {error}"))
            .next("cliplyctl queue"),
    }]
}

/// Holds a count against a limit. A lower bound that stays below the limit is UNKNOWN.
#[must_use]
pub fn count_status(count: &Count, limit: Threshold) -> Status {
    match count {
        Count::Exact(n) => compare(*n as f64, limit),
        Count::AtLeast(n) => match compare(*n as f64, limit) {
            Status::Ok => Status::Unknown,
            verdict => verdict,
        },
        Count::NotCounted(_) => Status::Unknown,
    }
}

/// A finding about a count: verdict, evidence and threshold filled in.
fn count_finding(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    subject: &str,
    count: &Count,
    limit: Threshold,
    sentence: impl FnOnce(&str) -> String,
) -> Finding {
    let words = count_text(count);
    let message = match count {
        Count::NotCounted(_) => format!("{subject}: {words}"),
        _ => sentence(&words),
    };
    let mut finding = check
        .finding(count_status(count, limit), subject, message)
        .threshold(limit_text(limit, "jobs"))
        .next("cliplyctl queue");
    if let Some(n) = count.at_least() {
        finding.evidence = Some(Evidence::number(n as f64, "jobs", facts.at, facts.source.clone()));
    }
    finding
}

/// `1,234`, `≥ 1,234` or `not counted: …`
#[must_use]
pub fn count_text(count: &Count) -> String {
    match count {
        Count::Exact(n) => text::count(*n),
        Count::AtLeast(n) => format!("≥ {}", text::count(*n)),
        Count::NotCounted(why) => format!("not counted: {why}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::facts::queue::Workers;
    use crate::facts::{SourceError, SourceErrorKind, Thresholds};

    /// A queue in which nothing is wrong and nothing to do.
    pub(crate) fn idle() -> Queue {
        Queue {
            kind: None,
            due: Count::Exact(0),
            scheduled: Count::Exact(0),
            in_progress: Count::Exact(0),
            failed: Count::Exact(0),
            dead: Some(Count::Exact(0)),
            other: Count::Exact(0),
            oldest_due_age: None,
            stuck: Some(Count::Exact(0)),
            workers: Some(Workers { beating: Count::Exact(0), last_beat_age: None }),
            dead_lettered_last_hour: Some(Count::Exact(0)),
            by_kind: vec![],
            by_kind_missing: None,
            server_time: "2026-01-01T00:00:00Z".into(),
        }
    }

    pub(crate) fn observed(result: Result<Queue, SourceError>) -> QueueFacts {
        Observed {
            source: "public.jobs".into(),
            at: Timestamp::UNIX_EPOCH,
            took: Duration::ZERO,
            result,
        }
    }

    pub(crate) fn evaluate(check: &Check<QueueFacts>, queue: Queue) -> Finding {
        let mut findings = check.run(&observed(Ok(queue)), &Thresholds::default());
        assert_eq!(findings.len(), 1);
        findings.remove(0)
    }

    #[test]
    fn idle_queue_is_ok_in_every_check() {
        for check in BACKLOG.iter().chain(&DEAD_LETTERS) {
            assert_eq!(evaluate(check, idle()).status, Status::Ok, "{}", check.id);
        }
    }

    #[test]
    fn unreadable_queue_is_unknown_in_every_check() {
        let error = SourceError::new(SourceErrorKind::Timeout, "no answer");
        for check in BACKLOG.iter().chain(&DEAD_LETTERS) {
            let findings = check.run(&observed(Err(error.clone())), &Thresholds::default());
            assert_eq!(findings[0].status, Status::Unknown, "{}", check.id);
            assert!(findings[0].message.contains("no answer"));
        }
    }

    #[test]
    fn lower_bound_below_the_threshold_is_unknown() {
        let limit = Threshold::new(10.0, 100.0);
        assert_eq!(count_status(&Count::AtLeast(9), limit), Status::Unknown);
        assert_eq!(count_status(&Count::AtLeast(10), limit), Status::Warning);
        assert_eq!(count_status(&Count::NotCounted("x".into()), limit), Status::Unknown);
    }
}
