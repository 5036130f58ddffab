//! `rls.waiver`: waivers of the contract, which turn findings into notes until they expire.

use super::Check;
use crate::facts::access::Audit;
use crate::facts::access::contract::Waiver;
use crate::facts::{Finding, Section, Status, Thresholds};

/// Check for expired waivers. WARNING.
pub(crate) const CHECK: Check<Audit> =
    Check { id: "rls.waiver", title: "waivers hold", section: Section::Access, evaluate };

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let expired = audit.contract.waivers.iter().filter(|w| !is_active(audit, w));
    let finding = |w: &Waiver| {
        let message = format!("the waiver of {} by {} expired on {}", w.check, w.owner, w.expires);
        check.finding(Status::Warning, &w.subject, message)
    };
    expired.map(finding).collect()
}

/// Sets findings with an active waiver to OK and adds the waiver to their message.
pub(crate) fn apply(audit: &Audit, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|f| f.status != Status::Unknown) {
        let matches = |w: &&Waiver| w.check == finding.check && w.subject == finding.subject;
        if let Some(w) = audit.contract.waivers.iter().filter(|w| is_active(audit, w)).find(matches)
        {
            finding.status = Status::Ok;
            let note = format!(
                "{} (waived by {} until {}: {})",
                finding.message, w.owner, w.expires, w.reason
            );
            finding.message = note;
        }
    }
}

fn is_active(audit: &Audit, waiver: &Waiver) -> bool {
    audit.today <= waiver.expires
}
