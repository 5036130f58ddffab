//! `rls.vanished`: access that was there before. A finding that is gone is good news.

use super::{AccessLevel, access_label, cells, flaws, reach_of, subject};
use crate::checks::Check;
use crate::facts::access::diff::Pair;
use crate::facts::{Finding, Section, Status, Thresholds};

/// The check.
pub const CHECK: Check<Pair> =
    Check { id: "rls.vanished", title: "No access vanished", section: Section::Access, evaluate };

fn evaluate(check: &Check<Pair>, pair: &Pair, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, new) in cells(pair).into_values() {
        let Some(cell) = old else { continue };
        let (before, after) = (reach_of(old), reach_of(new));
        if after < before && before != AccessLevel::Error {
            let message = format!("{}, was {}", access_label(new), cell.predicted);
            findings.push(check.finding(Status::Warning, subject(cell), message));
        }
    }
    let now = flaws(&pair.new);
    for (key, gone) in flaws(&pair.old) {
        if now.contains_key(&key) {
            continue;
        }
        findings.extend(gone.iter().map(|flaw| {
            let message = format!("no longer: {}: {}", flaw.check, flaw.message);
            check.finding(Status::Ok, &flaw.subject, message)
        }));
    }
    findings.extend(unseen(check, pair));
    findings
}

/// A role or schema that nobody looked at this time: what it may do now is not known.
fn unseen(check: &Check<Pair>, pair: &Pair) -> Vec<Finding> {
    let whole = |subject: &&String| subject.starts_with("role ") || subject.starts_with("schema ");
    let missing = pair.old.examined.iter().filter(whole).filter(|s| !pair.new.examined.contains(s));
    let message = "examined before, and not now";
    missing.map(|subject| check.finding(Status::Unknown, subject, message)).collect()
}
