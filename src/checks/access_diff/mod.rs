//! What became of access between two reports: pure comparison.

mod appeared;
mod changed;
mod vanished;

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::facts::Verdict;
use crate::facts::access::diff::{CellThen, FlawThen, Pair, Snapshot};

/// Every comparison.
pub const ALL: [Check<Pair>; 3] = [appeared::CHECK, vanished::CHECK, changed::CHECK];

/// How much a prediction lets through, by the words of `rls matrix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nothing,
    Rows,
    Everything,
    Error,
}

fn reach(predicted: &str) -> Reach {
    match predicted {
        "every row" => Reach::Everything,
        text if text.starts_with("denied") || text.starts_with("no row") => Reach::Nothing,
        text if text.starts_with("fails") => Reach::Error,
        _ => Reach::Rows,
    }
}

/// A cell then and now; either may be missing.
type Cells<'a> = (Option<&'a CellThen>, Option<&'a CellThen>);

/// Cells side by side, by table, role and command.
fn cells(pair: &Pair) -> BTreeMap<(&str, &str, &str), Cells<'_>> {
    fn key(cell: &CellThen) -> (&str, &str, &str) {
        (&cell.table, &cell.role, &cell.command)
    }
    let mut both: BTreeMap<(&str, &str, &str), Cells<'_>> = BTreeMap::new();
    pair.old.cells.iter().for_each(|cell| both.entry(key(cell)).or_default().0 = Some(cell));
    pair.new.cells.iter().for_each(|cell| both.entry(key(cell)).or_default().1 = Some(cell));
    both
}

/// How much a cell lets through; one that is not there lets nothing through.
fn reach_of(cell: Option<&CellThen>) -> Reach {
    cell.map_or(Reach::Nothing, |cell| reach(&cell.predicted))
}

fn words(cell: Option<&CellThen>) -> &str {
    cell.map_or("not there", |cell| &cell.predicted)
}

fn subject(cell: &CellThen) -> String {
    format!("{} {} {}", cell.table, cell.role, cell.command)
}

/// The findings of an audit by check and subject.
fn flaws(snapshot: &Snapshot) -> BTreeMap<(&str, &str), BTreeSet<&FlawThen>> {
    let mut all: BTreeMap<(&str, &str), BTreeSet<&FlawThen>> = BTreeMap::new();
    for flaw in &snapshot.flaws {
        all.entry((&flaw.check, &flaw.subject)).or_default().insert(flaw);
    }
    all
}

fn severity(flaw: &FlawThen) -> Verdict {
    match flaw.severity.as_str() {
        "critical" => Verdict::Critical,
        "warning" => Verdict::Warning,
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests;
