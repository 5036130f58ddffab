//! `queue.clock_skew`: times of the past that lie in the future.

use jiff::{SignedDuration, Timestamp};

use super::{Check, QueueFacts, text};
use crate::facts::queue::{FutureTimes, Queue};
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check that no heartbeat, lock, time of death or creation lies in the future. Such a heartbeat counts as none, and such
/// a death is not recent. If the column has no time zone, the zone may be wrong, and with it the count of due jobs:
/// UNKNOWN. Without such a time there is no finding.
pub(crate) const CHECK: Check<QueueFacts> = Check {
    id: "queue.clock_skew",
    title: "clocks of workers and database",
    section: Section::Backlog,
    evaluate,
};

fn evaluate(
    check: &Check<QueueFacts>,
    facts: &QueueFacts,
    _thresholds: &Thresholds,
) -> Vec<Finding> {
    // The other checks report a queue that could not be read.
    let Ok(queue) = &facts.result else { return vec![] };
    let Some(times) = &queue.future_times else { return vec![] };
    let is_other_zone = times.zone.is_some() && times.seconds.is_some();
    let status = if is_other_zone { Status::Unknown } else { Status::Warning };
    let list = if times.dead == times.jobs { "dlq list" } else { "jobs list --state running" };
    let mut finding =
        check.finding(status, "clock skew", message(queue, times)).next(ShellCommand::new(list));
    finding.evidence = times
        .seconds
        .map(|seconds| Evidence::number(seconds.round(), "s", facts.at, facts.source.clone()));
    vec![finding]
}

fn message(queue: &Queue, times: &FutureTimes) -> String {
    let jobs = text::plural(times.jobs, "job has", "jobs have");
    let ahead = match times.seconds {
        Some(seconds) => format!("up to {} in the future", text::age(seconds)),
        None => "that are infinite".to_owned(),
    };
    if let (Some(zone), Some(_)) = (&times.zone, times.seconds) {
        return format!(
            "{jobs} times {ahead}: their columns have no time zone, and {zone} is not the zone in which they are written"
        );
    }
    let named = match times.dead {
        0 => "heartbeats or locks",
        dead if dead == times.jobs => "dead-letter times",
        _ => "heartbeats, locks or dead-letter times",
    };
    match times.seconds {
        Some(seconds) => format!("{jobs} {named} {ahead}: {}", clocks(queue, seconds)),
        None => format!("{jobs} {named} {ahead}"),
    }
}

/// Both clocks, to the second.
fn clocks(queue: &Queue, seconds_ahead: f64) -> String {
    let database = &queue.server_time;
    let ahead = SignedDuration::try_from_secs_f64(seconds_ahead).ok();
    let worker = database.parse::<Timestamp>().ok().zip(ahead);
    match worker.and_then(|(database, ahead)| database.checked_add(ahead).ok()) {
        Some(worker) => {
            format!("the database's clock shows {database}, a worker's at least {worker:.0}")
        }
        None => format!("the database's clock shows {database}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{idle, observed};
    use super::*;

    fn status(times: Option<FutureTimes>) -> Option<Status> {
        let mut queue = idle();
        queue.future_times = times;
        let findings = CHECK.run(&observed(Ok(queue)), &Thresholds::default());
        findings.first().map(|finding| finding.status)
    }

    #[test]
    fn future_time_is_a_warning_and_without_a_zone_unknown() {
        let times = |zone: Option<&str>| FutureTimes {
            jobs: 2,
            dead: 0,
            seconds: Some(3600.0),
            zone: zone.map(str::to_owned),
        };
        assert_eq!(status(None), None);
        assert_eq!(status(Some(times(None))), Some(Status::Warning));
        assert_eq!(status(Some(times(Some("UTC")))), Some(Status::Unknown));
    }

    #[test]
    fn message_says_which_times_are_ahead() {
        let text =
            |dead, seconds| message(&idle(), &FutureTimes { jobs: 2, dead, seconds, zone: None });
        assert!(text(0, Some(60.0)).starts_with("2 jobs have heartbeats or locks up to 1m 00s"));
        assert!(
            text(1, Some(60.0)).starts_with("2 jobs have heartbeats, locks or dead-letter times")
        );
        assert_eq!(text(2, None), "2 jobs have dead-letter times that are infinite");
    }
}
