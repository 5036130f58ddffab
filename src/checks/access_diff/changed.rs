//! `rls.changed`: the same access under other conditions. Whether that is more or less, a person must say.

use super::{AccessLevel, cells, flaws, reach_of, severity, subject};
use crate::checks::Check;
use crate::facts::access::diff::Pair;
use crate::facts::{Finding, Section, Status, Thresholds};

/// The check.
pub const CHECK: Check<Pair> = Check {
    id: "rls.changed",
    title: "No access changed its conditions",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Pair>, pair: &Pair, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (old, new) in cells(pair).into_values() {
        let (Some(before), Some(after)) = (old, new) else { continue };
        let (was, is) = (reach_of(old), reach_of(new));
        let broke_or_mended = (was == AccessLevel::Error) != (is == AccessLevel::Error);
        let otherwise =
            was == is && was != AccessLevel::Nothing && before.predicted != after.predicted;
        if broke_or_mended || otherwise {
            let message = format!("{}, was {}", after.predicted, before.predicted);
            findings.push(check.finding(Status::Warning, subject(after), message));
        }
    }
    let known = flaws(&pair.old);
    for (key, now) in flaws(&pair.new) {
        let Some(before) = known.get(&key).filter(|before| **before != now) else { continue };
        let news = now.iter().filter(|flaw| !before.contains(*flaw));
        findings.extend(news.map(|flaw| {
            let message = format!("{} reads otherwise: {}", flaw.check, flaw.message);
            check.finding(severity(flaw), &flaw.subject, message)
        }));
    }
    findings
}
