//! Checks of the jobs table: backlog and workers (runbook section 3.3), dead letters (section 3.4).

mod backlog;
mod clock_skew;
mod dead;
mod given_up;
mod inflow;
mod oldest_due;
mod running;
mod stuck;
mod unknown_states;
mod workers;

pub(crate) use given_up::given_up_reason;

use super::{Check, compare, threshold_text};
use crate::checks::next;
use crate::facts::acknowledged::AcknowledgedDead;
use crate::facts::queue::{Count, Queue};
use crate::facts::{Evidence, Finding, Observed, Status, Threshold};
use crate::text;

/// The facts that these checks evaluate.
pub(crate) type QueueFacts = Observed<Queue>;

/// Checks of section 3.3, in display order.
pub(crate) const BACKLOG: [Check<QueueFacts>; 7] = [
    backlog::CHECK,
    oldest_due::CHECK,
    running::CHECK,
    stuck::CHECK,
    workers::CHECK,
    unknown_states::CHECK,
    clock_skew::CHECK,
];

/// Checks of section 3.4.
pub(crate) const DEAD_LETTERS: [Check<QueueFacts>; 3] =
    [dead::CHECK, inflow::CHECK, given_up::CHECK];

/// Message of checks that need heartbeats if the schema has none.
const NO_HEARTBEATS: &str = "not known: this table has no heartbeats; see ready";

/// Returns the finding of `evaluate`, or UNKNOWN with the reason if the queue could not be read.
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
            .next_step(next::QUEUE),
    }]
}

/// Returns the status of a count. A lower bound that is below the threshold is UNKNOWN, because the
/// exact count may be above it. A count that exceeds its time budget changes no status.
pub(crate) fn count_status(count: &Count, threshold: Threshold) -> Status {
    match count {
        Count::Exact(n) => compare(*n as f64, threshold),
        Count::AtLeast(n) => match compare(*n as f64, threshold) {
            Status::Ok => Status::Unknown,
            status => status,
        },
        Count::NotCounted(_) | Count::BeyondBudget(_) => not_counted_status(count),
    }
}

/// Returns the status of what is not known because these jobs were not counted.
pub(crate) fn not_counted_status(count: &Count) -> Status {
    match count {
        Count::BeyondBudget(_) => Status::Ok,
        _ => Status::Unknown,
    }
}

/// Returns a finding about a count, with status, evidence and threshold.
fn count_finding(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    subject: &str,
    count: &Count,
    threshold: Threshold,
    message: impl FnOnce(&str) -> String,
) -> Finding {
    let formatted = count_text(count);
    let message = match count {
        Count::NotCounted(_) | Count::BeyondBudget(_) => format!("{subject}: {formatted}"),
        _ => message(&formatted),
    };
    let mut finding = check
        .finding(count_status(count, threshold), subject, message)
        .threshold(threshold_text(threshold, "jobs"))
        .next_step(next::QUEUE);
    if let Some(n) = count.at_least() {
        finding.evidence = Some(Evidence::number(n as f64, "jobs", facts.at, facts.source.clone()));
    }
    finding
}

/// Returns where the stuck jobs are: ` on worker-c`, ` on 3 workers`; empty if no worker is known.
fn on_workers(queue: &Queue) -> String {
    let Some(workers) = &queue.workers else { return String::new() };
    let with_stuck = workers.by_worker.iter().filter(|jobs| jobs.stuck > 0);
    let names: Vec<_> = with_stuck.map(|jobs| jobs.worker.as_deref()).collect();
    match names.as_slice() {
        [Some(name)] => format!(" on {name}"),
        [] | [None] => String::new(),
        names => format!(" on {} workers", text::count(names.len() as u64)),
    }
}

/// A formatted count with its noun: `1 job`, `≥ 1,234 jobs`.
fn jobs(count: &str) -> String {
    format!("{count} {}", if count == "1" { "job" } else { "jobs" })
}

/// Returns ` (30 acknowledged)`, or nothing if there are none.
pub(crate) fn acknowledged_text(jobs: u64) -> String {
    match jobs {
        0 => String::new(),
        jobs => format!(" ({} acknowledged)", text::count(jobs)),
    }
}

/// Returns ` (30 acknowledged, classified 40s ago)`, or nothing if there are none.
fn classified_text(acknowledged: Option<&AcknowledgedDead>) -> String {
    let jobs = acknowledged.map_or(0, AcknowledgedDead::jobs);
    match acknowledged.map_or(0, |dead| dead.classified_seconds_ago) {
        seconds if jobs > 0 && seconds > 0 => {
            let (jobs, ago) = (text::count(jobs), text::age(seconds as f64));
            format!(" ({jobs} acknowledged, classified {ago} ago)")
        }
        _ => acknowledged_text(jobs),
    }
}

/// Formats a count with its noun: `1 job`, `≥ 1,234 jobs` or `jobs: not counted: …`.
pub(crate) fn count_plural(count: &Count, one: &str, many: &str) -> String {
    match count {
        Count::Exact(1) => format!("1 {one}"),
        Count::Exact(_) | Count::AtLeast(_) => format!("{} {many}", count_text(count)),
        Count::NotCounted(_) | Count::BeyondBudget(_) => format!("{many}: {}", count_text(count)),
    }
}

/// Formats a count: `1,234`, `≥ 1,234` or `not counted: …`.
pub(crate) fn count_text(count: &Count) -> String {
    match count {
        Count::Exact(n) => text::count(*n),
        Count::AtLeast(n) => format!("≥ {}", text::count(*n)),
        Count::NotCounted(reason) | Count::BeyondBudget(reason) => format!("not counted: {reason}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::facts::queue::Workers;
    use crate::facts::{SourceError, SourceErrorKind, Thresholds};

    /// Returns a queue without jobs, workers or problems.
    pub(crate) fn idle() -> Queue {
        Queue {
            acknowledged: None,
            kind: None,
            due: Count::Exact(0),
            scheduled: Count::Exact(0),
            claimed: Count::Exact(0),
            failed: Count::Exact(0),
            given_up: None,
            dead: Some(Count::Exact(0)),
            canceled: None,
            blocked: None,
            unknowable: vec![],
            pauses_unknown: false,
            is_rescue_refused: false,
            other: Count::Exact(0),
            unknown_states: vec![],
            future_times: None,
            held_up_age: None,
            oldest_due_age: None,
            stuck: Some(Count::Exact(0)),
            stuck_rule: None,
            owner: None,
            workers: Some(Workers {
                is_observable: true,
                active: Count::Exact(0),
                heartbeat_age: None,
                by_worker: vec![],
                more: 0,
            }),
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
            let findings = check.run(&observed(Ok(idle())), &Thresholds::default());
            assert!(findings.iter().all(|f| f.status == Status::Ok), "{}", check.id);
        }
    }

    #[test]
    fn unreadable_queue_is_unknown_in_every_check() {
        let error = SourceError::new(SourceErrorKind::Timeout, "no answer");
        // Those without a finding if there is nothing to report leave an unreadable queue to the others.
        let silent = [unknown_states::CHECK.id, clock_skew::CHECK.id, given_up::CHECK.id];
        let checks = BACKLOG.iter().chain(&DEAD_LETTERS);
        for check in checks.filter(|check| !silent.contains(&check.id)) {
            let findings = check.run(&observed(Err(error.clone())), &Thresholds::default());
            assert_eq!(findings[0].status, Status::Unknown, "{}", check.id);
            assert!(findings[0].message.contains("no answer"));
        }
    }

    #[test]
    fn lower_bound_below_the_threshold_is_unknown() {
        let threshold = Threshold::new(10.0, 100.0);
        assert_eq!(count_status(&Count::AtLeast(9), threshold), Status::Unknown);
        assert_eq!(count_status(&Count::AtLeast(10), threshold), Status::Warning);
        assert_eq!(count_status(&Count::NotCounted("x".into()), threshold), Status::Unknown);
        assert_eq!(count_status(&Count::BeyondBudget("x".into()), threshold), Status::Ok);
    }
}
