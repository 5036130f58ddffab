//! `rls.changed`: access and findings that both reports contain with different details.

use std::collections::BTreeMap;

use super::{access_level, cells, findings_by_check, subject};
use crate::checks::Check;
use crate::facts::access::diff::{AccessLevel, ReportPair};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check for changed row conditions and changed findings. A person has to decide whether the new
/// condition allows more or fewer rows.
pub(crate) const CHECK: Check<ReportPair> = Check {
    id: "rls.changed",
    title: "No access changed its conditions",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<ReportPair>, pair: &ReportPair, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, new) in cells(pair).into_values() {
        let (Some(before), Some(after)) = (old, new) else { continue };
        let (old_level, new_level) = (access_level(old), access_level(new));
        let error_changed = (old_level == AccessLevel::Error) != (new_level == AccessLevel::Error);
        let condition_changed = old_level == new_level
            && old_level != AccessLevel::Nothing
            && before.computed != after.computed;
        if error_changed || condition_changed {
            let message = format!("{}, was {}", after.computed, before.computed);
            findings.push(check.finding(Status::Warning, subject(after), message));
        }
    }
    findings.extend(changed_helpers(check, pair));
    let known = findings_by_check(&pair.old);
    for (key, now) in findings_by_check(&pair.new) {
        let Some(before) = known.get(&key).filter(|before| **before != now) else { continue };
        let changed = now.iter().filter(|finding| !before.contains(*finding));
        findings.extend(changed.map(|finding| {
            let message = format!("{} reads otherwise: {}", finding.check, finding.message);
            check.finding(finding.status, &finding.subject, message)
        }));
    }
    findings
}

/// Returns a WARNING for each helper function whose definition changed, with the cells that it decides.
fn changed_helpers(check: &Check<ReportPair>, pair: &ReportPair) -> Vec<Finding> {
    let mut changed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (old, new) in cells(pair).into_values() {
        let (Some(before), Some(after)) = (old, new) else { continue };
        let (Some(known), Some(now)) = (&before.helpers, &after.helpers) else { continue };
        for helper in now.iter().filter(|helper| !known.contains(helper)) {
            if known.iter().any(|known| known.signature == helper.signature) {
                changed.entry(&helper.signature).or_default().push(subject(after));
            }
        }
    }
    let finding = |(signature, cells): (&str, Vec<String>)| {
        let message =
            format!("the definition of this helper changed; it is used by {}", some_of(&cells, 4));
        check.finding(Status::Warning, signature, message)
    };
    changed.into_iter().map(finding).collect()
}
