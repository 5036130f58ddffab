//! `queue.clock_skew`: times of the past that lie in the future.

use jiff::{SignedDuration, Timestamp};

use super::{Check, QueueFacts, text};
use crate::facts::queue::{FutureTimes, Queue};
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check that no heartbeat, lock or creation lies in the future. Such a heartbeat counts as none. If the column has
/// no time zone, the zone may be wrong, and with it the count of due jobs: UNKNOWN. Without such a time there is
/// no finding.
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
    let status = if times.zone.is_some() { Status::Unknown } else { Status::Warning };
    let mut finding = check
        .finding(status, "clock skew", message(queue, times))
        .next(ShellCommand::new("jobs list --state running"));
    finding.evidence =
        Some(Evidence::number(times.seconds.round(), "s", facts.at, facts.source.clone()));
    vec![finding]
}

fn message(queue: &Queue, times: &FutureTimes) -> String {
    let jobs = text::plural(times.jobs, "job has", "jobs have");
    let ahead = text::age(times.seconds);
    match &times.zone {
        Some(zone) => format!(
            "{jobs} times up to {ahead} in the future: their columns have no time zone, and {zone} is not the \
             zone in which they are written"
        ),
        None => format!(
            "{jobs} heartbeats or locks up to {ahead} in the future: {}",
            clocks(queue, times)
        ),
    }
}

/// Both clocks, to the second.
fn clocks(queue: &Queue, times: &FutureTimes) -> String {
    let database = &queue.server_time;
    let ahead = SignedDuration::try_from_secs_f64(times.seconds).ok();
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
            seconds: 3600.0,
            zone: zone.map(str::to_owned),
        };
        assert_eq!(status(None), None);
        assert_eq!(status(Some(times(None))), Some(Status::Warning));
        assert_eq!(status(Some(times(Some("UTC")))), Some(Status::Unknown));
    }
}
