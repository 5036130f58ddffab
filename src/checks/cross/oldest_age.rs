//! `cross.oldest_age`: the age of the oldest job in readyz compared with the database, and its unit.

use super::{Check, TriageFacts};
use crate::checks::next;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::text;

/// Check that the reported age matches the database in seconds or milliseconds, or in the unit that the
/// context sets. Versions of the app differ in the unit, and the report does not contain it.
pub(crate) const CHECK: Check<TriageFacts> = Check {
    id: "cross.oldest_age",
    title: "oldestJobAge matches the database",
    section: Section::Backlog,
    evaluate,
};

/// Seconds by which two reads may differ.
const TOLERANCE_SECONDS: f64 = 60.0;
/// The share of the age by which two reads may differ, in addition to [`TOLERANCE_SECONDS`].
const TOLERANCE_SHARE: f64 = 0.25;
/// Name and length in seconds of each possible unit.
const UNITS: [(&str, f64); 2] = [("s", 1.0), ("ms", 1e-3)];

/// The plausible ages in seconds: from the age of the oldest due job to that of the oldest unfinished
/// job. Versions of the app differ in which of the two they report.
struct Range {
    youngest: f64,
    oldest: f64,
}

impl Range {
    fn contains(&self, age: f64) -> bool {
        let tolerance = |age: f64| TOLERANCE_SECONDS + age * TOLERANCE_SHARE;
        age >= self.youngest - tolerance(self.youngest)
            && age <= self.oldest + tolerance(self.oldest)
    }
}

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    let queue = facts.readiness.value().and_then(|report| report.queue.as_ref());
    let Some((raw, configured)) = queue.and_then(|q| Some((q.oldest_job_age?, q.age_unit))) else {
        return vec![];
    };
    let Some(range) = range(facts) else { return vec![] };
    let matching: Vec<&str> =
        matching_units(&range, raw, configured).map(|(name, _)| name).collect();
    let (oldest, reported) = (text::age(range.oldest), text::count(raw.max(0.0) as u64));
    let (status, message) = match matching.as_slice() {
        [] => {
            let unit = match configured {
                Some(1.0) => "in s",
                Some(_) => "in ms",
                None => "in s or ms",
            };
            let message = format!(
                "oldestJobAge {reported} matches no job {unit}: the oldest unfinished job is \
                 {oldest} old; trust the database"
            );
            (Status::Warning, message)
        }
        [unit] if configured.is_none() => {
            (Status::Ok, format!("oldestJobAge {reported} is in {unit}, as the database shows"))
        }
        _ => (Status::Ok, format!("oldestJobAge {reported} matches the database")),
    };
    let finding = check.finding(status, "oldest age", message).evidence(Evidence::number(
        range.oldest.round(),
        "s",
        facts.readiness.at,
        facts.queue.as_ref().map_or_else(String::new, |queue| queue.source.clone()),
    ));
    vec![if status == Status::Ok { finding } else { finding.next_step(next::QUEUE) }]
}

/// The unit of the reported age, inferred from the ages in the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum AgeUnitMatch {
    /// The length of the only matching unit, in seconds. No unit is configured.
    Unit(f64),
    /// The age matches no job in any unit, so it is not shown.
    NoJobs,
}

/// Infers the unit of the reported age. `None` if the database has no ages to compare with, if both
/// units match, or if the configured unit matches.
pub(crate) fn matched_unit(facts: &TriageFacts) -> Option<AgeUnitMatch> {
    let queue = facts.readiness.value()?.queue.as_ref()?;
    let (range, raw) = (range(facts)?, queue.oldest_job_age?);
    match matching_units(&range, raw, queue.age_unit).collect::<Vec<_>>().as_slice() {
        [] => Some(AgeUnitMatch::NoJobs),
        [(_, unit)] if queue.age_unit.is_none() => Some(AgeUnitMatch::Unit(*unit)),
        _ => None,
    }
}

/// Returns the units in which an age is plausible: of the configured unit, or of all if none is set.
fn matching_units(
    range: &Range,
    raw: f64,
    configured: Option<f64>,
) -> impl Iterator<Item = (&'static str, f64)> {
    let units = UNITS
        .iter()
        .filter(move |(_, unit)| configured.is_none_or(|configured| configured == *unit));
    units.filter(move |(_, unit)| range.contains(raw * unit)).copied()
}

/// Returns the plausible ages, or `None` if the database has no ages. Without unfinished jobs, both
/// ends are zero.
fn range(facts: &TriageFacts) -> Option<Range> {
    let queue = facts.queue.as_ref()?.value()?;
    let trend = facts.flow.as_ref()?.value()?;
    let youngest = queue.oldest_due_age.unwrap_or(0.0).max(0.0);
    let oldest = match trend.oldest_unfinished_age {
        Some(age) => age.max(youngest),
        None if queue.is_idle() && queue.by_kind_missing.is_none() => youngest,
        None => return None,
    };
    (youngest.is_finite() && oldest.is_finite()).then_some(Range { youngest, oldest })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, reported_queue, with_readiness};
    use super::*;

    /// Returns facts with an oldest due job of 10 minutes and an oldest unfinished job of 2 hours.
    fn facts(raw: f64, age_unit: Option<f64>) -> TriageFacts {
        let mut facts = with_readiness(|report| {
            reported_queue(report).oldest_job_age = Some(raw);
            reported_queue(report).age_unit = age_unit;
        });
        facts.queue.as_mut().unwrap().result.as_mut().unwrap().oldest_due_age = Some(600.0);
        facts.flow.as_mut().unwrap().result.as_mut().unwrap().oldest_unfinished_age = Some(7_200.0);
        facts
    }

    #[test]
    fn age_unit_is_inferred_from_the_database() {
        for (raw, unit) in [(7_190.0, "is in s"), (7_190_000.0, "is in ms"), (650.0, "is in s")] {
            let finding = evaluate(&CHECK, &facts(raw, None)).unwrap();
            assert_eq!(finding.status, Status::Ok, "{finding:?}");
            assert!(finding.message.contains(unit), "{finding:?}");
        }
        assert_eq!(matched_unit(&facts(7_190_000.0, None)), Some(AgeUnitMatch::Unit(1e-3)));
        assert_eq!(matched_unit(&facts(90_000.0, None)), Some(AgeUnitMatch::NoJobs));
        assert_eq!(matched_unit(&facts(7_190_000.0, Some(1e-3))), None, "it is stated");
        // An age of zero matches both units.
        let mut idle = facts(0.0, None);
        idle.queue.as_mut().unwrap().result.as_mut().unwrap().oldest_due_age = None;
        assert_eq!(matched_unit(&idle), None);
    }

    #[test]
    fn age_that_matches_no_job_is_a_warning_to_trust_the_database() {
        for (raw, unit) in [(90_000.0, None), (7_190_000.0, Some(1.0)), (7_190.0, Some(1e-3))] {
            let finding = evaluate(&CHECK, &facts(raw, unit)).unwrap();
            assert_eq!(finding.status, Status::Warning, "{finding:?}");
            let says = "the oldest unfinished job is 2h 00m old; trust the database";
            assert!(finding.message.ends_with(says), "{finding:?}");
        }
    }
}
