//! Triage: runs all checks and finds the runbook section that applies.
//!
//! `areas` is the runbook as a table, `findings` runs every check, `section` makes the [`Diagnosis`],
//! `coverage` lists what is not examined.

mod area_line;
pub(crate) mod areas;
mod coverage;
mod findings;
mod section;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use area_line::AuditNote;
pub(crate) use area_line::{AreaResult, without_beginnings};
use areas::AREAS;
pub(crate) use areas::label;
pub use coverage::{AUDIT, OTHER_ROLES, not_examined};
pub use section::{Diagnosis, RuledOut, headline, section};

pub(crate) use crate::facts::triage::TriageFacts;
use crate::facts::{Section, Thresholds};

/// Evaluates all checks and sorts the findings into areas. An area without findings (the
/// environment, outside of a checkout) is left out.
pub(crate) fn evaluate(facts: &TriageFacts, thresholds: &Thresholds) -> Vec<AreaResult> {
    let findings = findings::all(facts, thresholds);
    let results = AREAS.iter().map(|area| AreaResult {
        section: area.section,
        area: area.name,
        findings: area
            .checks()
            .flat_map(|id| findings.iter().filter(move |finding| finding.check == id))
            .cloned()
            .collect(),
        audit: (area.section == Section::Access).then(|| AuditNote::of(facts)).flatten(),
    });
    results.filter(|result| !result.findings.is_empty()).collect()
}
