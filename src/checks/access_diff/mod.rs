//! Comparison of two audit reports: access and findings that appeared, vanished or changed.

mod appeared;
mod changed;
mod vanished;

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::facts::Status;
use crate::facts::access::diff::{AccessReport, EarlierAccess, EarlierFinding, ReportPair};

/// The checks of this family.
pub(crate) const ALL: [Check<ReportPair>; 3] = [appeared::CHECK, vanished::CHECK, changed::CHECK];

/// How many rows a cell of `rls matrix` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AccessLevel {
    Nothing,
    Rows,
    Everything,
    Error,
}

/// Parses the text of a cell of `rls matrix`.
fn parse_level(computed: &str) -> AccessLevel {
    match computed {
        "every row" => AccessLevel::Everything,
        text if text.starts_with("denied") || text.starts_with("no row") => AccessLevel::Nothing,
        text if text.starts_with("fails") => AccessLevel::Error,
        _ => AccessLevel::Rows,
    }
}

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
    cell.map_or(AccessLevel::Nothing, |cell| parse_level(&cell.computed))
}

fn access_label(cell: Option<&EarlierAccess>) -> &str {
    cell.map_or("not there", |cell| &cell.computed)
}

fn subject(cell: &EarlierAccess) -> String {
    format!("{} {} {}", cell.table, cell.role, cell.command)
}

/// Returns the findings of a report by check and subject.
fn findings_by_check(report: &AccessReport) -> BTreeMap<(&str, &str), BTreeSet<&EarlierFinding>> {
    let mut by_check: BTreeMap<(&str, &str), BTreeSet<&EarlierFinding>> = BTreeMap::new();
    for finding in &report.findings {
        by_check.entry((&finding.check, &finding.subject)).or_default().insert(finding);
    }
    by_check
}

fn status(finding: &EarlierFinding) -> Status {
    match finding.status.as_str() {
        "critical" => Status::Critical,
        "warning" => Status::Warning,
        _ => Status::Unknown,
    }
}

#[cfg(test)]
mod tests;
