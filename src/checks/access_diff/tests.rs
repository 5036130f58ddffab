use super::ALL;
use crate::facts::access::diff::{AccessReport, EarlierAccess, EarlierFinding, ReportPair};
use crate::facts::{Status, Thresholds};

fn cell(role: &str, predicted: &str, declared: Option<&str>) -> EarlierAccess {
    EarlierAccess {
        table: "public.jobs".to_owned(),
        role: role.to_owned(),
        command: "SELECT".to_owned(),
        expected: declared.map(str::to_owned),
        computed: predicted.to_owned(),
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
    let nothing = || vec![cell("anon", "denied: no grant", None)];
    assert_eq!(found(nothing(), nothing()), []);
    let all = |declared| vec![cell("anon", "every row", declared)];
    assert_eq!(found(nothing(), all(None)), [("rls.appeared", Status::Critical)]);
    assert_eq!(found(vec![], all(Some("deny"))), [("rls.appeared", Status::Critical)]);
    assert_eq!(found(nothing(), all(Some("all"))), [("rls.appeared", Status::Warning)]);
    let service = vec![cell("service_role", "every row", None)];
    assert_eq!(found(vec![], service), [("rls.appeared", Status::Warning)]);
    let some = vec![cell("anon", "rows where owner", None)];
    assert_eq!(found(some, all(None)), [("rls.appeared", Status::Critical)]);
}

#[test]
fn lost_or_changed_access_is_a_warning() {
    let rows = |filter: &str| vec![cell("anon", &format!("rows where {filter}"), None)];
    let vanished = [("rls.vanished", Status::Warning)];
    assert_eq!(
        found(rows("a"), vec![cell("anon", "no row: no policy admits any", None)]),
        vanished
    );
    assert_eq!(found(rows("a"), vec![]), vanished);
    assert_eq!(found(rows("a"), rows("b")), [("rls.changed", Status::Warning)]);
    let fails = || vec![cell("anon", "fails: recursion", None)];
    assert_eq!(found(rows("a"), fails()), [("rls.changed", Status::Warning)]);
    assert_eq!(found(fails(), rows("a")), [("rls.changed", Status::Warning)]);
}

#[test]
fn audit_findings_are_compared_by_check_and_subject() {
    let finding = |severity: &str, message: &str| EarlierFinding {
        check: "rls.off".to_owned(),
        subject: "public.t".to_owned(),
        status: severity.to_owned(),
        message: message.to_owned(),
    };
    let report = |flaws: Vec<EarlierFinding>, examined: &[&str]| AccessReport {
        findings: flaws,
        examined: examined.iter().map(|s| (*s).to_owned()).collect(),
        ..AccessReport::default()
    };
    let pair = |old, new| ReportPair { old, new };
    let rls_off = || vec![finding("critical", "off")];
    let none = || report(vec![], &[]);
    assert_eq!(
        evaluate(&pair(none(), report(rls_off(), &[]))),
        [("rls.appeared", Status::Critical)]
    );
    assert_eq!(evaluate(&pair(report(rls_off(), &[]), none())), [("rls.vanished", Status::Ok)]);
    let worse = report(vec![finding("critical", "off, and granted")], &[]);
    assert_eq!(evaluate(&pair(report(rls_off(), &[]), worse)), [("rls.changed", Status::Critical)]);
    let examined = report(vec![], &["role anon", "public.t"]);
    assert_eq!(evaluate(&pair(examined, none())), [("rls.vanished", Status::Unknown)]);
}
