//! What became of access between two reports: pure comparison.

mod appeared;
mod changed;
mod vanished;

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::facts::Status;
use crate::facts::access::diff::{AccessReport, EarlierAccess, EarlierFinding, Pair};

/// Every comparison.
pub const ALL: [Check<Pair>; 3] = [appeared::CHECK, vanished::CHECK, changed::CHECK];

/// How much a prediction lets through, by the words of `rls matrix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum AccessLevel {
    Nothing,
    Rows,
    Everything,
    Error,
}

fn reach(predicted: &str) -> AccessLevel {
    match predicted {
        "every row" => AccessLevel::Everything,
        text if text.starts_with("denied") || text.starts_with("no row") => AccessLevel::Nothing,
        text if text.starts_with("fails") => AccessLevel::Error,
        _ => AccessLevel::Rows,
    }
}

/// A cell then and now; either may be missing.
type Cells<'a> = (Option<&'a EarlierAccess>, Option<&'a EarlierAccess>);

/// Cells side by side, by table, role and command.
fn cells(pair: &Pair) -> BTreeMap<(&str, &str, &str), Cells<'_>> {
    fn key(cell: &EarlierAccess) -> (&str, &str, &str) {
        (&cell.table, &cell.role, &cell.command)
    }
    let mut both: BTreeMap<(&str, &str, &str), Cells<'_>> = BTreeMap::new();
    pair.old.cells.iter().for_each(|cell| both.entry(key(cell)).or_default().0 = Some(cell));
    pair.new.cells.iter().for_each(|cell| both.entry(key(cell)).or_default().1 = Some(cell));
    both
}

/// How much a cell lets through; one that is not there lets nothing through.
fn reach_of(cell: Option<&EarlierAccess>) -> AccessLevel {
    cell.map_or(AccessLevel::Nothing, |cell| reach(&cell.predicted))
}

fn access_label(cell: Option<&EarlierAccess>) -> &str {
    cell.map_or("not there", |cell| &cell.predicted)
}

fn subject(cell: &EarlierAccess) -> String {
    format!("{} {} {}", cell.table, cell.role, cell.command)
}

/// The findings of an audit by check and subject.
fn flaws(snapshot: &AccessReport) -> BTreeMap<(&str, &str), BTreeSet<&EarlierFinding>> {
    let mut all: BTreeMap<(&str, &str), BTreeSet<&EarlierFinding>> = BTreeMap::new();
    for flaw in &snapshot.flaws {
        all.entry((&flaw.check, &flaw.subject)).or_default().insert(flaw);
    }
    all
}

fn severity(flaw: &EarlierFinding) -> Status {
    match flaw.severity.as_str() {
        "critical" => Status::Critical,
        "warning" => Status::Warning,
        _ => Status::Unknown,
    }
}

#[cfg(test)]
mod tests;
