//! `rls.vanished`: access and findings that only the old report contains.

use super::{access_label, access_level, cells, findings_by_check, subject};
use crate::checks::Check;
use crate::facts::access::diff::{AccessLevel, ReportPair};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for less access (WARNING) and for findings that are gone (OK).
pub(crate) const CHECK: Check<ReportPair> =
    Check { id: "rls.vanished", title: "No access vanished", section: Section::Access, evaluate };

fn evaluate(check: &Check<ReportPair>, pair: &ReportPair, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, new) in cells(pair).into_values() {
        let Some(cell) = old else { continue };
        let (before, after) = (access_level(old), access_level(new));
        if after < before && before != AccessLevel::Error {
            let message = format!("{}, was {}", access_label(new), cell.computed);
            findings.push(check.finding(Status::Warning, subject(cell), message));
        }
    }
    let now = findings_by_check(&pair.new);
    for (key, vanished) in findings_by_check(&pair.old) {
        if now.contains_key(&key) {
            continue;
        }
        findings.extend(vanished.iter().map(|finding| {
            let message = format!("no longer: {}: {}", finding.check, finding.message);
            check.finding(Status::Ok, &finding.subject, message)
        }));
    }
    findings.extend(no_longer_examined(check, pair));
    findings
}

/// Returns UNKNOWN for roles and schemas that only the old report examined.
fn no_longer_examined(check: &Check<ReportPair>, pair: &ReportPair) -> Vec<Finding> {
    let now = &pair.new.roles_and_schemas;
    let missing = pair.old.roles_and_schemas.iter().filter(|subject| !now.contains(subject));
    let message = "examined before, not examined now";
    missing.map(|subject| check.finding(Status::Unknown, subject, message)).collect()
}
