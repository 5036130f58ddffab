use super::ALL;
use crate::facts::access::diff::{
    AccessLevel, AccessReport, EarlierAccess, EarlierExpectation, EarlierFinding, ReportPair,
};
use crate::facts::{Status, Thresholds};

use AccessLevel::{Error, Everything, Nothing, Rows};
use EarlierExpectation::{Allowed, Denied, NotNamed};

fn cell(role: &str, level: AccessLevel, expected: EarlierExpectation) -> EarlierAccess {
    EarlierAccess {
        table: "public.jobs".to_owned(),
        role: role.to_owned(),
        command: "SELECT".to_owned(),
        expected,
        level,
        computed: format!("{level:?}"),
        helpers: None,
    }
}

fn found(old: Vec<EarlierAccess>, new: Vec<EarlierAccess>) -> Vec<(&'static str, Status)> {
    let report = |cells| AccessReport { cells, ..AccessReport::default() };
    evaluate(&ReportPair { old: report(old), new: report(new) })
}

fn evaluate(pair: &ReportPair) -> Vec<(&'static str, Status)> {
    let findings = ALL.iter().flat_map(|check| check.run(pair, &Thresholds::default()));
    findings.map(|finding| (finding.check, finding.status)).collect()
}

#[test]
fn new_access_is_critical_unless_expected() {
    let nothing = || vec![cell("anon", Nothing, NotNamed)];
    assert_eq!(found(nothing(), nothing()), []);
    let all = |expected| vec![cell("anon", Everything, expected)];
    assert_eq!(found(nothing(), all(NotNamed)), [("rls.appeared", Status::Critical)]);
    assert_eq!(found(vec![], all(Denied)), [("rls.appeared", Status::Critical)]);
    assert_eq!(found(nothing(), all(Allowed)), [("rls.appeared", Status::Warning)]);
    let service = vec![cell("service_role", Everything, NotNamed)];
    assert_eq!(found(vec![], service), [("rls.appeared", Status::Warning)]);
    let some = vec![cell("anon", Rows, NotNamed)];
    assert_eq!(found(some, all(NotNamed)), [("rls.appeared", Status::Critical)]);
}

#[test]
fn lost_or_changed_access_is_a_warning() {
    let rows = |filter: &str| {
        vec![EarlierAccess { computed: filter.to_owned(), ..cell("anon", Rows, NotNamed) }]
    };
    let vanished = [("rls.vanished", Status::Warning)];
    assert_eq!(found(rows("a"), vec![cell("anon", Nothing, NotNamed)]), vanished);
    assert_eq!(found(rows("a"), vec![]), vanished);
    assert_eq!(found(rows("a"), rows("b")), [("rls.changed", Status::Warning)]);
    let fails = || vec![cell("anon", Error, NotNamed)];
    assert_eq!(found(rows("a"), fails()), [("rls.changed", Status::Warning)]);
    assert_eq!(found(fails(), rows("a")), [("rls.changed", Status::Warning)]);
}

#[test]
fn audit_findings_are_compared_by_check_and_subject() {
    let finding = |status, message: &str| EarlierFinding {
        check: "rls.off".to_owned(),
        subject: "public.t".to_owned(),
        status,
        message: message.to_owned(),
    };
    let report = |flaws: Vec<EarlierFinding>, roles: &[&str]| AccessReport {
        findings: flaws,
        roles_and_schemas: roles.iter().map(|s| (*s).to_owned()).collect(),
        ..AccessReport::default()
    };
    let pair = |old, new| ReportPair { old, new };
    let rls_off = || vec![finding(Status::Critical, "off")];
    let none = || report(vec![], &[]);
    assert_eq!(
        evaluate(&pair(none(), report(rls_off(), &[]))),
        [("rls.appeared", Status::Critical)]
    );
    assert_eq!(evaluate(&pair(report(rls_off(), &[]), none())), [("rls.vanished", Status::Ok)]);
    let worse = report(vec![finding(Status::Critical, "off, and granted")], &[]);
    assert_eq!(evaluate(&pair(report(rls_off(), &[]), worse)), [("rls.changed", Status::Critical)]);
    let examined = report(vec![], &["role anon"]);
    assert_eq!(evaluate(&pair(examined, none())), [("rls.vanished", Status::Unknown)]);
}
