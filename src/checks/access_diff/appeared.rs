//! `rls.appeared`: access, or a finding on it, that was not there before.

use super::{AccessLevel, access_label, cells, flaws, reach_of, severity, subject};
use crate::checks::Check;
use crate::facts::access::SERVICE_ROLE;
use crate::facts::access::diff::{EarlierAccess, Pair};
use crate::facts::{Finding, Section, Status, Thresholds};

/// The check.
pub const CHECK: Check<Pair> =
    Check { id: "rls.appeared", title: "No access appeared", section: Section::Access, evaluate };

fn evaluate(check: &Check<Pair>, pair: &Pair, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, new) in cells(pair).into_values() {
        let Some(cell) = new else { continue };
        let (before, after) = (reach_of(old), reach_of(new));
        if after > before && after != AccessLevel::Error && before != AccessLevel::Error {
            let message = format!("{}, was {}", cell.predicted, access_label(old));
            findings.push(check.finding(status(cell), subject(cell), message));
        }
    }
    let known = flaws(&pair.old);
    for (key, appeared) in flaws(&pair.new) {
        if known.contains_key(&key) {
            continue;
        }
        findings.extend(appeared.iter().map(|flaw| {
            let message = format!("{}: {}", flaw.check, flaw.message);
            check.finding(severity(flaw), &flaw.subject, message)
        }));
    }
    findings
}

/// What the contract declares was reviewed there; the service's own role reaches every table by design.
fn status(cell: &EarlierAccess) -> Status {
    let declared = cell.declared.as_ref().is_some_and(|declared| declared != "deny");
    if declared || cell.role == SERVICE_ROLE { Status::Warning } else { Status::Critical }
}
