//! The area table is complete: every check is in exactly one area.

use crate::checks::registry::TRIAGE;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::facts::test_run::{TestEnd, TestRun};
use crate::facts::triage::TriageFacts;
use crate::facts::{Section, SourceErrorKind, Thresholds};
use crate::triage::areas::AREAS;
use crate::triage::{findings, testing};

#[test]
fn every_check_is_in_exactly_one_area() {
    let mut ids: Vec<&str> = AREAS.iter().flat_map(|area| area.checks()).collect();
    let mut registered: Vec<&str> = TRIAGE.iter().map(|check| check.id).collect();
    ids.sort_unstable();
    registered.sort_unstable();
    assert_eq!(ids, registered);
    for check in TRIAGE.iter() {
        let area = AREAS.iter().find(|area| area.checks().any(|id| id == check.id)).unwrap();
        assert_eq!(area.section, check.section, "{}", check.id);
    }
}

#[test]
fn areas_follow_the_runbook_and_redirect_only_forward() {
    assert_eq!(AREAS.map(|area| area.section), Section::ALL);
    for (index, area) in AREAS.iter().enumerate() {
        for redirect in area.redirects {
            let target = AREAS.iter().position(|area| area.section == redirect.to).unwrap();
            assert!(target > index, "{:?} leads back", area.section);
            assert!(redirect.only.iter().all(|id| area.checks().any(|known| known == *id)));
            assert!(
                redirect.because.iter().all(|id| AREAS[target].checks().any(|known| known == *id))
            );
        }
    }
}

#[test]
fn every_registered_check_of_triage_runs() {
    let complete = TriageFacts {
        environment: Some(testing::checkout(true)),
        tests: vec![TestRun { script: "test:core", end: TestEnd::Code(1), took: Duration::ZERO }],
        access: Some(testing::audit()),
        ..testing::healthy()
    };
    // Checks of what could not be read are skipped.
    let without_jobs =
        TriageFacts { queue: None, flow: None, failures: None, ..testing::healthy() };
    let (mut down, mut refused) = (testing::healthy(), testing::healthy());
    testing::failed(&mut down.health, SourceErrorKind::Refused);
    testing::failed(&mut down.readiness, SourceErrorKind::Refused);
    if let Ok(report) = &mut refused.readiness.result {
        report.errors.push("permission denied for table jobs".to_owned());
    }
    let findings = [complete, without_jobs, down, refused]
        .map(|facts| findings::all(&facts, &Thresholds::default()));
    let run: BTreeSet<_> = findings.iter().flatten().map(|finding| finding.check).collect();
    let registered: BTreeSet<_> = TRIAGE.iter().map(|check| check.id).collect();
    assert_eq!(run, registered);
}
