//! `rls.appeared`: access and findings that only the new report contains.

use super::{access_label, access_level, cells, findings_by_check, subject};
use crate::checks::Check;
use crate::facts::access::SERVICE_ROLE;
use crate::facts::access::diff::{AccessLevel, EarlierAccess, EarlierExpectation, ReportPair};
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for more access or new findings in the new report.
pub(crate) const CHECK: Check<ReportPair> =
    Check { id: "rls.appeared", title: "No access appeared", section: Section::Access, evaluate };

fn evaluate(check: &Check<ReportPair>, pair: &ReportPair, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, new) in cells(pair).into_values() {
        let Some(cell) = new else { continue };
        let (before, after) = (access_level(old), access_level(new));
        if after > before && after != AccessLevel::Error && before != AccessLevel::Error {
            let message = format!("{}, was {}", cell.computed, access_label(old));
            findings.push(check.finding(cell_status(cell), subject(cell), message));
        }
    }
    let known = findings_by_check(&pair.old);
    for (key, appeared) in findings_by_check(&pair.new) {
        if known.contains_key(&key) {
            continue;
        }
        findings.extend(appeared.iter().map(|finding| {
            let message = format!("{}: {}", finding.check, finding.message);
            check.finding(finding.status, &finding.subject, message)
        }));
    }
    findings
}

/// Returns WARNING for access that the contract expects and for the service role, which reaches every
/// table by design; otherwise CRITICAL.
fn cell_status(cell: &EarlierAccess) -> Status {
    let expected = cell.expected == EarlierExpectation::Allowed;
    if expected || cell.role == SERVICE_ROLE { Status::Warning } else { Status::Critical }
}
