//! The area table is complete: every check is in exactly one area.

use std::collections::BTreeSet;

use crate::checks::{access, app_tests, cross, environment, flow, queue, server, service};
use crate::facts::Section;
use crate::triage::areas::AREAS;

fn registered_ids() -> BTreeSet<&'static str> {
    let queue = queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS).map(|check| check.id);
    let ids = queue
        .chain(service::HEALTH.iter().map(|check| check.id))
        .chain(service::READINESS.iter().map(|check| check.id))
        .chain(access::ACCESS.iter().map(|check| check.id))
        .chain(access::AUDIT.iter().map(|check| check.id))
        .chain(access::APP.iter().map(|check| check.id))
        .chain(server::SERVER.iter().map(|check| check.id))
        .chain(flow::FLOW.iter().map(|check| check.id))
        .chain(flow::FAILURES.iter().map(|check| check.id))
        .chain(cross::CROSS.iter().map(|check| check.id));
    ids.chain([server::REACHABLE.id, environment::TEMPLATE.id, app_tests::CHECK.id]).collect()
}

#[test]
fn every_check_is_in_exactly_one_area() {
    let ids: Vec<&str> = AREAS.iter().flat_map(|area| area.checks).copied().collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(distinct.len(), ids.len(), "a check stands twice");
    assert_eq!(distinct, registered_ids());
}

#[test]
fn each_check_is_in_the_area_of_its_section() {
    let section_of =
        |id: &str| AREAS.iter().find(|area| area.checks.contains(&id)).unwrap().section;
    for check in &cross::CROSS {
        assert_eq!(section_of(check.id), check.section, "{}", check.id);
    }
    for check in &server::SERVER {
        assert_eq!(section_of(check.id), check.section, "{}", check.id);
    }
    for check in service::READINESS {
        assert_eq!(section_of(check.id), check.section, "{}", check.id);
    }
    for check in queue::BACKLOG.iter().chain(&queue::DEAD_LETTERS) {
        assert_eq!(section_of(check.id), check.section, "{}", check.id);
    }
}

#[test]
fn areas_follow_the_runbook_and_redirect_only_forward() {
    assert_eq!(AREAS.map(|area| area.section), Section::ALL);
    for (index, area) in AREAS.iter().enumerate() {
        for redirect in area.redirects {
            let target = AREAS.iter().position(|area| area.section == redirect.to).unwrap();
            assert!(target > index, "{:?} leads back", area.section);
            assert!(redirect.only.iter().all(|id| area.checks.contains(id)));
            assert!(redirect.because.iter().all(|id| AREAS[target].checks.contains(id)));
        }
    }
}
