//! Runs every check. Checks that depend on a failed one are skipped and name it; the others still
//! run.

use crate::checks::cross::oldest_age::{self, AgeUnitMatch};
use crate::checks::next;
use crate::checks::{Check, access, app_tests, cross, environment, flow, queue, server, service};
use crate::facts::service::Readiness;
use crate::facts::triage::TriageFacts;
use crate::facts::{Finding, Observed, Status, Thresholds};

/// Returns every finding, in no particular order.
pub(crate) fn all(facts: &TriageFacts, thresholds: &Thresholds) -> Vec<Finding> {
    let mut findings = app(facts, thresholds);
    findings.extend(database(facts, thresholds));
    findings.extend(cross::CROSS.iter().flat_map(|check| check.run(facts, thresholds)));
    findings.extend(template_findings(facts, thresholds));
    findings.extend(app_tests::CHECK.run(facts, thresholds));
    findings
}

/// Evaluates what the app reports. If neither healthz nor readyz answers, the readiness checks are
/// blocked.
fn app(facts: &TriageFacts, thresholds: &Thresholds) -> Vec<Finding> {
    let checks = service::HEALTH.iter();
    let mut findings: Vec<_> =
        checks.flat_map(|check| check.run(&facts.health, thresholds)).collect();
    let down = facts.health.result.is_err() && facts.readiness.result.is_err();
    let readiness = readiness_with_age_unit(facts);
    for check in service::READINESS {
        if down {
            findings.push(blocked_finding(check, service::HEALTH[0].id));
        } else {
            findings.extend(check.run(&readiness, thresholds));
        }
    }
    findings.extend(access::APP.iter().flat_map(|check| check.run(&facts.readiness, thresholds)));
    findings
}

/// Returns the readiness report with its oldest age in the unit that the database confirms. An age
/// that matches no job is left to `cross.oldest_age`.
fn readiness_with_age_unit(facts: &TriageFacts) -> Observed<Readiness> {
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

/// Evaluates the database. If it is unreachable, all of its checks are blocked; if `jobs` is
/// unreadable, those of jobs.
fn database(facts: &TriageFacts, thresholds: &Thresholds) -> Vec<Finding> {
    let mut findings = server::REACHABLE.run(facts, thresholds);
    let is_unreachable = server::obstacle(facts).is_some();
    if is_unreachable {
        findings.extend(
            access::ACCESS.iter().map(|check| blocked_finding(check, server::REACHABLE.id)),
        );
    } else {
        findings
            .extend(access::ACCESS.iter().flat_map(|check| check.run(&facts.layout, thresholds)));
    }
    if let Some(audit) = &facts.access {
        findings.extend(access::AUDIT.iter().flat_map(|check| check.run(audit, thresholds)));
    }
    let blocker = if is_unreachable { server::REACHABLE.id } else { access::ACCESS[0].id };
    for check in &server::SERVER {
        if is_unreachable {
            findings.push(blocked_finding(check, blocker));
        } else {
            findings.extend(check.run(&facts.server, thresholds));
        }
    }
    for check in queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS) {
        findings.extend(run_or_block(check, facts.queue.as_ref(), blocker, thresholds));
    }
    for check in &flow::FLOW {
        findings.extend(run_or_block(check, facts.flow.as_ref(), blocker, thresholds));
    }
    for check in &flow::FAILURES {
        match &facts.failures {
            // Events without an order: the check does not apply, and nothing blocks it.
            None if facts.layout.result.is_ok() => {}
            failures => {
                findings.extend(run_or_block(check, failures.as_ref(), blocker, thresholds))
            }
        }
    }
    findings
}

fn run_or_block<T>(
    check: &Check<Observed<T>>,
    observed: Option<&Observed<T>>,
    blocker: &'static str,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    match observed {
        Some(observed) => check.run(observed, thresholds),
        None => vec![blocked_finding(check, blocker)],
    }
}

/// Checks whether the template of this checkout has drifted. The other checks of the template are
/// left to `env check`.
fn template_findings(facts: &TriageFacts, thresholds: &Thresholds) -> Vec<Finding> {
    let check = environment::TEMPLATE;
    let findings = match facts.environment.as_ref().map(|observed| &observed.result) {
        None => Vec::new(),
        Some(Ok(environment)) => check.run(environment, thresholds),
        Some(Err(error)) => {
            vec![check.finding(Status::Unknown, check.title, error.to_string())]
        }
    };
    findings.into_iter().map(|f| f.next_step(next::ENV_CHECK)).collect()
}

/// Returns the finding of a check that is skipped because `blocker` failed.
fn blocked_finding<F>(check: &Check<F>, blocker: &'static str) -> Finding {
    check.finding(
        Status::Skipped { blocked_by: blocker },
        check.title,
        format!("skipped: blocked by {blocker}"),
    )
}
