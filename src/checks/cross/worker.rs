//! `cross.worker`: readyz's word on the workers against their heartbeats.

use super::{Check, TriageFacts};
use crate::checks::compare;
use crate::facts::queue::Count;
use crate::facts::service::ReportedFlag;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::text;

/// WARNING when they differ. Heartbeats are what workers do; `checks.worker.ok` is known to be
/// hard-coded in one version of the app.
pub const CHECK: Check<TriageFacts> = Check {
    id: "cross.worker",
    title: "readyz and the heartbeats agree on the workers",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, limits: &Thresholds) -> Vec<Finding> {
    let said = facts.readiness.value().and_then(|report| report.component("worker"));
    let Some(ReportedFlag::Is(said)) = said.map(|component| component.ok.clone()) else {
        return vec![];
    };
    let Some(queue) = facts.queue.as_ref().and_then(|queue| queue.value()) else { return vec![] };
    let Some(workers) = &queue.workers else { return vec![] };
    // With nothing in progress nobody beats: idle is not sick, and nothing to hold against readyz.
    let Some(age) = workers.last_beat_age else { return vec![] };
    let beating = workers.beating.at_least().unwrap_or(0);
    let silent = compare(age, limits.heartbeat_age) != Status::Ok;
    let ago = text::age(age);
    let (verdict, message) = match (said, silent) {
        (true, true) => (
            Status::Warning,
            format!(
                "readyz says worker: true, yet the last heartbeat is {ago} old; trust the heartbeats"
            ),
        ),
        (false, false) if workers.beating != Count::Exact(0) => (
            Status::Warning,
            format!(
                "readyz says worker: false, yet {} in the database, the last {ago} ago; trust the \
                 heartbeats",
                text::plural(beating, "worker beats", "workers beat"),
            ),
        ),
        _ => (Status::Ok, format!("readyz says worker: {said}, the last heartbeat is {ago} old")),
    };
    let source = facts.queue.as_ref().map_or("", |queue| queue.source.as_str());
    let finding = check.finding(verdict, "worker", message).evidence(Evidence::number(
        age.round(),
        "s",
        facts.readiness.at,
        source,
    ));
    vec![if verdict == Status::Ok { finding } else { finding.next("cliplyctl queue") }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, with};
    use super::*;
    use crate::facts::queue::{Queue, Workers};
    use crate::triage::testing::healthy;

    fn silent_for(facts: &mut TriageFacts, age: Option<f64>) {
        let queue: &mut Queue = facts.queue.as_mut().unwrap().result.as_mut().unwrap();
        queue.workers = Some(Workers { beating: Count::Exact(0), last_beat_age: age });
    }

    #[test]
    fn heartbeats_are_trusted_over_the_readiness_report() {
        let denied = with(|report| report.components[1].ok = ReportedFlag::Is(false));
        let finding = evaluate(&CHECK, &denied).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("1 worker beats in the database"), "{finding:?}");

        let mut claimed = healthy();
        silent_for(&mut claimed, Some(700.0));
        let finding = evaluate(&CHECK, &claimed).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("11m 40s old; trust the heartbeats"), "{finding:?}");
    }

    #[test]
    fn idle_system_yields_no_worker_finding() {
        let mut idle = healthy();
        silent_for(&mut idle, None);
        assert_eq!(evaluate(&CHECK, &idle), None);
    }
}
