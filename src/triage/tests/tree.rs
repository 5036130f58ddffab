//! The table is complete: every check has its place, and places have checks.

use std::collections::BTreeSet;

use crate::checks::{access, app_tests, cross, environment, flow, queue, server, service};
use crate::facts::Section;
use crate::triage::areas::AREAS;

fn known() -> BTreeSet<&'static str> {
    let queue = queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS).map(|check| check.id);
    let ids = queue
        .chain(service::HEALTH.iter().map(|check| check.id))
        .chain(service::READINESS.iter().map(|check| check.id))
        .chain(access::ACCESS.iter().map(|check| check.id))
        .chain(access::APP.iter().map(|check| check.id))
        .chain(server::SERVER.iter().map(|check| check.id))
        .chain(flow::FLOW.iter().map(|check| check.id))
        .chain(flow::FAILURES.iter().map(|check| check.id))
        .chain(cross::CROSS.iter().map(|check| check.id));
    ids.chain([server::REACHABLE.id, environment::TEMPLATE.id, app_tests::CHECK.id]).collect()
}

#[test]
fn every_check_is_in_exactly_one_area() {
    let places: Vec<&str> = AREAS.iter().flat_map(|branch| branch.checks).copied().collect();
    let once: BTreeSet<&str> = places.iter().copied().collect();
    assert_eq!(once.len(), places.len(), "a check stands twice");
    assert_eq!(once, known());
}

#[test]
fn each_check_is_in_the_area_of_its_section() {
    let of = |id: &str| AREAS.iter().find(|branch| branch.checks.contains(&id)).unwrap().section;
    for check in &cross::CROSS {
        assert_eq!(of(check.id), check.section, "{}", check.id);
    }
    for check in &server::SERVER {
        assert_eq!(of(check.id), check.section, "{}", check.id);
    }
    for check in service::READINESS {
        assert_eq!(of(check.id), check.section, "{}", check.id);
    }
    for check in queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS) {
        assert_eq!(of(check.id), check.section, "{}", check.id);
    }
}

#[test]
fn areas_follow_the_runbook_and_redirect_only_forward() {
    assert_eq!(AREAS.map(|branch| branch.section), Section::ALL);
    for (place, branch) in AREAS.iter().enumerate() {
        for detour in branch.redirects {
            let to = AREAS.iter().position(|branch| branch.section == detour.to).unwrap();
            assert!(to > place, "{:?} leads back", branch.section);
            assert!(detour.only.iter().all(|id| branch.checks.contains(id)));
            assert!(detour.because.iter().all(|id| AREAS[to].checks.contains(id)));
        }
    }
}
