//! Comparison of two audit reports: access and findings that appeared, vanished or changed.

mod appeared;
mod changed;
mod vanished;

use std::collections::BTreeMap;

use super::Check;
use crate::facts::access::diff::{
    AccessLevel, AccessReport, EarlierAccess, EarlierFinding, ReportPair,
};

/// The checks of this family.
pub(crate) const ALL: [Check<ReportPair>; 3] = [appeared::CHECK, vanished::CHECK, changed::CHECK];

/// The old and the new cell; either may be missing.
type CellPair<'a> = (Option<&'a EarlierAccess>, Option<&'a EarlierAccess>);

/// Pairs the cells of both reports by table, role and command.
fn cells(pair: &ReportPair) -> BTreeMap<(&str, &str, &str), CellPair<'_>> {
    fn key(cell: &EarlierAccess) -> (&str, &str, &str) {
        (&cell.table, &cell.role, &cell.command)
    }
    let mut pairs: BTreeMap<(&str, &str, &str), CellPair<'_>> = BTreeMap::new();
    pair.old.cells.iter().for_each(|cell| pairs.entry(key(cell)).or_default().0 = Some(cell));
    pair.new.cells.iter().for_each(|cell| pairs.entry(key(cell)).or_default().1 = Some(cell));
    pairs
}

/// Returns the access level of a cell. A missing cell allows nothing.
fn access_level(cell: Option<&EarlierAccess>) -> AccessLevel {
    cell.map_or(AccessLevel::Nothing, |cell| cell.level)
}

fn access_label(cell: Option<&EarlierAccess>) -> &str {
    cell.map_or("not there", |cell| &cell.computed)
}

fn subject(cell: &EarlierAccess) -> String {
    format!("{} {} {}", cell.table, cell.role, cell.command)
}

/// Returns the findings of a report by check and subject.
fn findings_by_check(report: &AccessReport) -> BTreeMap<(&str, &str), Vec<&EarlierFinding>> {
    let mut by_check: BTreeMap<(&str, &str), Vec<&EarlierFinding>> = BTreeMap::new();
    for finding in &report.findings {
        by_check.entry((&finding.check, &finding.subject)).or_default().push(finding);
    }
    // Reports are compared as sets.
    for findings in by_check.values_mut() {
        findings.sort_by_key(|finding| (finding.status.as_str(), &finding.message));
        findings.dedup();
    }
    by_check
}

#[cfg(test)]
mod tests;
