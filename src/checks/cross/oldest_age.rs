//! `cross.oldest_age`: readyz's age of the oldest job, and in which unit it is.

use super::{Check, TriageFacts};
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::text;

/// WARNING when readyz's age fits the database in neither seconds nor milliseconds, or not in the
/// unit that the context states. Versions of the app differ in the unit, and the value does not
/// tell.
pub const CHECK: Check<TriageFacts> = Check {
    id: "cross.oldest_age",
    title: "readyz's oldest age fits the database",
    section: Section::Backlog,
    evaluate,
};

/// Seconds by which two looks may differ, whatever the age.
const SLACK: f64 = 60.0;
/// Part of the age by which they may differ besides.
const MOVING: f64 = 0.25;
/// The units, by seconds in one.
const UNITS: [(&str, f64); 2] = [("s", 1.0), ("ms", 1e-3)];

/// Between the oldest due job and the oldest job that is not finished, as the database has them.
/// Builders of the report differ in which of the two they mean.
struct Range {
    youngest: f64,
    oldest: f64,
}

impl Range {
    fn holds(&self, age: f64) -> bool {
        let slack = |age: f64| SLACK + age * MOVING;
        age >= self.youngest - slack(self.youngest) && age <= self.oldest + slack(self.oldest)
    }
}

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    let queue = facts.readiness.value().and_then(|report| report.queue.as_ref());
    let Some((raw, stated)) = queue.and_then(|q| Some((q.oldest_job_age?, q.age_unit))) else {
        return vec![];
    };
    let Some(range) = range(facts) else { return vec![] };
    let fitting: Vec<&str> = fitting(&range, raw, stated).map(|(name, _)| name).collect();
    let (oldest, said) = (text::age(range.oldest), text::count(raw.max(0.0) as u64));
    let (verdict, message) = match fitting.as_slice() {
        [] => {
            let unit = match stated {
                Some(1.0) => "in s",
                Some(_) => "in ms",
                None => "in s or ms",
            };
            let message = format!(
                "readyz says the oldest job is {said} old, which {unit} fits no job: the oldest \
                 unfinished one is {oldest} old; trust the database"
            );
            (Status::Warning, message)
        }
        [unit] if stated.is_none() => {
            (Status::Ok, format!("readyz's oldest age, {said}, is in {unit} by the database"))
        }
        _ => (Status::Ok, format!("readyz's oldest age, {said}, fits the database")),
    };
    let finding = check.finding(verdict, "oldest age", message).evidence(Evidence::number(
        range.oldest.round(),
        "s",
        facts.readiness.at,
        "public.jobs",
    ));
    vec![if verdict == Status::Ok { finding } else { finding.next("cliplyctl queue") }]
}

/// What the ages in the database tell of readyz's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AgeUnitMatch {
    /// Seconds in its unit, which nobody stated.
    Unit(f64),
    /// It is no job's age, in no unit: not to be repeated.
    NoJobs,
}

/// Compares them; none where the database did not tell or both units fit.
#[must_use]
pub fn matched_unit(facts: &TriageFacts) -> Option<AgeUnitMatch> {
    let queue = facts.readiness.value()?.queue.as_ref()?;
    let (range, raw) = (range(facts)?, queue.oldest_job_age?);
    match fitting(&range, raw, queue.age_unit).collect::<Vec<_>>().as_slice() {
        [] => Some(AgeUnitMatch::NoJobs),
        [(_, unit)] if queue.age_unit.is_none() => Some(AgeUnitMatch::Unit(*unit)),
        _ => None,
    }
}

/// The units in which an age fits the database, of the one that is stated or of all.
fn fitting(
    range: &Range,
    raw: f64,
    stated: Option<f64>,
) -> impl Iterator<Item = (&'static str, f64)> {
    let units = UNITS.iter().filter(move |(_, unit)| stated.is_none_or(|stated| stated == *unit));
    units.filter(move |(_, unit)| range.holds(raw * unit)).copied()
}

/// `None` where the database did not tell; where nothing is unfinished, every age is zero.
fn range(facts: &TriageFacts) -> Option<Range> {
    let queue = facts.queue.as_ref()?.value()?;
    let flow = facts.flow.as_ref()?.value()?;
    let youngest = queue.oldest_due_age.unwrap_or(0.0).max(0.0);
    let oldest = match flow.oldest_unfinished_age {
        Some(age) => age.max(youngest),
        None if queue.is_idle() && queue.by_kind_missing.is_none() => youngest,
        None => return None,
    };
    (youngest.is_finite() && oldest.is_finite()).then_some(Range { youngest, oldest })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, queue_of, with};
    use super::*;

    /// The oldest due job waits 10 minutes, the oldest unfinished one is 2 hours old.
    fn facts(raw: f64, age_unit: Option<f64>) -> TriageFacts {
        let mut facts = with(|report| {
            queue_of(report).oldest_job_age = Some(raw);
            queue_of(report).age_unit = age_unit;
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
        // No age at all may be in either.
        let mut idle = facts(0.0, None);
        idle.queue.as_mut().unwrap().result.as_mut().unwrap().oldest_due_age = None;
        assert_eq!(matched_unit(&idle), None);
    }

    #[test]
    fn age_that_matches_no_job_is_a_warning_to_trust_the_database() {
        for (raw, unit) in [(90_000.0, None), (7_190_000.0, Some(1.0)), (7_190.0, Some(1e-3))] {
            let finding = evaluate(&CHECK, &facts(raw, unit)).unwrap();
            assert_eq!(finding.status, Status::Warning, "{finding:?}");
            let says = "the oldest unfinished one is 2h 00m old; trust the database";
            assert!(finding.message.ends_with(says), "{finding:?}");
        }
    }
}
