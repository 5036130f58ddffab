//! `cross.worker`: the worker component of readyz compared with the heartbeats.

use super::{Check, TriageFacts};
use crate::checks::compare;
use crate::checks::next;
use crate::facts::queue::Count;
use crate::facts::service::ReportedFlag;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::text;

/// Check that readyz and the heartbeats agree. A difference is a WARNING, and the heartbeats are right:
/// one version of the app has a hard-coded `checks.worker.ok`.
pub(crate) const CHECK: Check<TriageFacts> = Check {
    id: "cross.worker",
    title: "the worker component matches the heartbeats",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(
    check: &Check<TriageFacts>,
    facts: &TriageFacts,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let component = facts.readiness.value().and_then(|report| report.component("worker"));
    let Some(ReportedFlag::Is(reported)) = component.map(|component| component.ok.clone()) else {
        return vec![];
    };
    let Some(queue) = facts.queue.as_ref().and_then(|queue| queue.value()) else { return vec![] };
    let Some(workers) = queue.observable_workers() else { return vec![] };
    // Without claimed jobs there are no heartbeats to compare with readyz.
    let Some(age) = workers.heartbeat_age else { return vec![] };
    let active = workers.active.at_least().map(|n| {
        let active = text::plural(n, "active worker", "active workers");
        format!("{active}, last heartbeat")
    });
    let active = active.unwrap_or_else(|| "a heartbeat".to_owned());
    let unresponsive = compare(age, thresholds.heartbeat_age) != Status::Ok;
    let ago = text::age(age);
    let (status, message) = match (reported, unresponsive) {
        (true, true) => (
            Status::Warning,
            format!(
                "readyz reports worker: true, but the last heartbeat was {ago} ago; trust the heartbeats"
            ),
        ),
        (false, false) if workers.active != Count::Exact(0) => (
            Status::Warning,
            format!(
                "readyz reports worker: false, but the database shows {active} {ago} ago; trust the \
                 heartbeats",
            ),
        ),
        _ => (Status::Ok, format!("readyz reports worker: {reported}, last heartbeat {ago} ago")),
    };
    let source = facts.queue.as_ref().map_or("", |queue| queue.source.as_str());
    let finding = check.finding(status, "worker", message).evidence(Evidence::number(
        age.round(),
        "s",
        facts.readiness.at,
        source,
    ));
    vec![if status == Status::Ok { finding } else { finding.next_step(next::QUEUE) }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, with_readiness};
    use super::*;
    use crate::facts::queue::{Queue, Workers};
    use crate::triage::testing::healthy;

    fn set_heartbeat_age(facts: &mut TriageFacts, age: Option<f64>) {
        let queue: &mut Queue = facts.queue.as_mut().unwrap().result.as_mut().unwrap();
        queue.workers = Some(Workers {
            is_observable: true,
            active: Count::Exact(0),
            heartbeat_age: age,
            by_worker: vec![],
            more: 0,
        });
    }

    #[test]
    fn heartbeats_are_trusted_over_the_readiness_report() {
        let reported_down =
            with_readiness(|report| report.components[1].ok = ReportedFlag::Is(false));
        let finding = evaluate(&CHECK, &reported_down).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("the database shows 1 active worker"), "{finding:?}");

        let mut reported_up = healthy();
        set_heartbeat_age(&mut reported_up, Some(700.0));
        let finding = evaluate(&CHECK, &reported_up).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("11m 40s ago; trust the heartbeats"), "{finding:?}");
    }

    #[test]
    fn idle_system_yields_no_worker_finding() {
        let mut idle = healthy();
        set_heartbeat_age(&mut idle, None);
        assert_eq!(evaluate(&CHECK, &idle), None);
    }
}
