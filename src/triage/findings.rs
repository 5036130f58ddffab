//! Runs every check. What depends on a failed one is skipped and says by what; the rest still runs.

use crate::checks::cross::oldest_age::{self, AgeUnitMatch};
use crate::checks::{Check, access, app_tests, cross, environment, flow, queue, server, service};
use crate::facts::service::Readiness;
use crate::facts::triage::TriageFacts;
use crate::facts::{Finding, Observed, Status, Thresholds};

/// Every finding, in no particular order: the tree sorts them.
pub fn all(facts: &TriageFacts, limits: &Thresholds) -> Vec<Finding> {
    let mut findings = app(facts, limits);
    findings.extend(database(facts, limits));
    findings.extend(cross::CROSS.iter().flat_map(|check| check.run(facts, limits)));
    findings.extend(template(facts, limits));
    findings.extend(app_tests::CHECK.run(facts, limits));
    findings
}

/// What the app says of itself. An app that answers nowhere blocks its readiness.
fn app(facts: &TriageFacts, limits: &Thresholds) -> Vec<Finding> {
    let checks = service::HEALTH.iter();
    let mut findings: Vec<_> = checks.flat_map(|check| check.run(&facts.health, limits)).collect();
    let down = facts.health.result.is_err() && facts.readiness.result.is_err();
    let readiness = dated(facts);
    for check in service::READINESS {
        if down {
            findings.push(blocked(check, service::HEALTH[0].id));
        } else {
            findings.extend(check.run(&readiness, limits));
        }
    }
    findings.extend(access::APP.iter().flat_map(|check| check.run(&facts.readiness, limits)));
    findings
}

/// The readiness report, with its oldest age as the database understands it. An age that is no job's is
/// the matter of `cross.oldest_age` alone.
fn dated(facts: &TriageFacts) -> Observed<Readiness> {
    let mut readiness = facts.readiness.clone();
    if let Ok(Readiness { queue: Some(queue), .. }) = &mut readiness.result {
        match oldest_age::matched_unit(facts) {
            Some(AgeUnitMatch::Unit(unit)) => queue.age_unit = Some(unit),
            Some(AgeUnitMatch::NoJobs) => queue.oldest_job_age = None,
            None => {}
        }
    }
    readiness
}

/// What SQL tells. No way to the database blocks all of it; no sight of jobs, what is read of jobs.
fn database(facts: &TriageFacts, limits: &Thresholds) -> Vec<Finding> {
    let mut findings = server::REACHABLE.run(facts, limits);
    let away = server::obstacle(facts).is_some();
    if away {
        findings.extend(access::ACCESS.iter().map(|check| blocked(check, server::REACHABLE.id)));
    } else {
        findings.extend(access::ACCESS.iter().flat_map(|check| check.run(&facts.layout, limits)));
    }
    let by = if away { server::REACHABLE.id } else { access::ACCESS[0].id };
    for check in &server::SERVER {
        if away {
            findings.push(blocked(check, by));
        } else {
            findings.extend(check.run(&facts.server, limits));
        }
    }
    for check in queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS) {
        findings.extend(unless_blocked(check, facts.queue.as_ref(), by, limits));
    }
    for check in &flow::FLOW {
        findings.extend(unless_blocked(check, facts.flow.as_ref(), by, limits));
    }
    for check in &flow::FAILURES {
        match &facts.failures {
            // Events without an order: nothing to look at, and nothing that stood in the way.
            None if facts.layout.result.is_ok() => {}
            failures => findings.extend(unless_blocked(check, failures.as_ref(), by, limits)),
        }
    }
    findings
}

fn unless_blocked<T>(
    check: &Check<Observed<T>>,
    seen: Option<&Observed<T>>,
    by: &'static str,
    limits: &Thresholds,
) -> Vec<Finding> {
    match seen {
        Some(seen) => check.run(seen, limits),
        None => vec![blocked(check, by)],
    }
}

/// Whether the template of this checkout has drifted. What a copy of it would lack in quality is for
/// `env check` to say: here it would only distract.
fn template(facts: &TriageFacts, limits: &Thresholds) -> Vec<Finding> {
    let check = environment::TEMPLATE;
    let findings = match facts.environment.as_ref().map(|observed| &observed.result) {
        None => Vec::new(),
        Some(Ok(environment)) => check.run(environment, limits),
        Some(Err(error)) => {
            vec![check.finding(Status::Unknown, check.title, error.to_string())]
        }
    };
    findings.into_iter().map(|f| f.next("cliplyctl env check")).collect()
}

/// What depends on a failed check is not attempted, and says so.
fn blocked<F>(check: &Check<F>, by: &'static str) -> Finding {
    check.finding(
        Status::Skipped { blocked_by: by },
        check.title,
        format!("not attempted: blocked by {by}"),
    )
}
