//! The runbook's quick checklist (section 5) as pure judgement: facts in, steps out.
//!
//! `tree` is the runbook as a table, `findings` runs every check, `section` finds the one that
//! applies, `coverage` says what nobody looked at.

mod area_line;
pub mod areas;
mod coverage;
mod findings;
mod section;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use area_line::AreaResult;
use areas::AREAS;
pub use coverage::{AUDIT, OTHER_ROLES, not_observed};
pub use section::{Diagnosis, RuledOut, section, why};

use crate::facts::Thresholds;
pub use crate::facts::triage::TriageFacts;

/// Judges everything and sorts the findings into the checklist. A question to which nothing was
/// looked at by design (the environment, outside of a checkout) is left out.
#[must_use]
pub fn evaluate(facts: &TriageFacts, limits: &Thresholds) -> Vec<AreaResult> {
    let findings = findings::all(facts, limits);
    let steps = AREAS.iter().map(|branch| AreaResult {
        section: branch.section,
        area: branch.name,
        findings: branch
            .checks
            .iter()
            .flat_map(|id| findings.iter().filter(move |finding| finding.check == *id))
            .cloned()
            .collect(),
    });
    steps.filter(|step| !step.findings.is_empty()).collect()
}
