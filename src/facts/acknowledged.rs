//! Acknowledged groups: dead letters that somebody is responsible for until a date, and that do not count until then.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Dead letters that are classified at most, the newest first. Of more, none is subtracted.
pub(crate) const MAX_CLASSIFIED: u64 = 10_000;

/// An entry of `[[acknowledged]]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acknowledgement {
    /// The group.
    pub(crate) group: String,
    /// Who is responsible.
    pub(crate) owner: String,
    /// Why it is acknowledged.
    pub(crate) reason: String,
    /// The last day on which it holds, in UTC.
    pub(crate) expires: Date,
    /// The most dead letters of the group for which it holds.
    pub(crate) max_jobs: u64,
    /// The context that it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
}

/// An acknowledged group with its dead letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcknowledgedGroup {
    /// Its entry in the configuration.
    #[serde(flatten)]
    pub(crate) entry: Acknowledgement,
    /// Its dead letters.
    pub(crate) jobs: u64,
    /// Those dead-lettered in the last hour.
    pub(crate) last_hour: u64,
    /// Those dead-lettered in the hour before.
    pub(crate) hour_before: u64,
    /// Whether it holds on the day on which it was read.
    pub(crate) is_current: bool,
}

impl AcknowledgedGroup {
    /// Returns whether its dead letters do not count: before the end of its last day, and up to its number of jobs.
    pub(crate) fn holds(&self) -> bool {
        self.is_current && self.jobs <= self.entry.max_jobs
    }
}

/// Seconds of an hour.
const HOUR: f64 = 3600.0;

/// The dead letters by group, as of one time. Polls reuse it.
#[derive(Debug, Clone)]
pub(crate) struct Classification {
    /// When they were read.
    pub(crate) at: Timestamp,
    /// The seconds since each dead letter of a group was dead-lettered, at that time; infinite if not known.
    pub(crate) ages: HashMap<String, Vec<f64>>,
}

impl Classification {
    /// Returns the number of dead letters of a group, and of those the ones of the last hour and of the hour before, as
    /// they are this many seconds after it was read.
    pub(crate) fn of_group(&self, group: &str, elapsed: f64) -> (u64, u64, u64) {
        let ages = self.ages.get(group).map(Vec::as_slice).unwrap_or_default();
        let between = |from: f64, to: f64| {
            ages.iter().filter(|age| (from..to).contains(&(**age + elapsed))).count() as u64
        };
        (ages.len() as u64, between(f64::MIN, HOUR), between(HOUR, 2.0 * HOUR))
    }

    /// Returns whether the number of dead letters is still the same, and those of the last hour are the ones that it
    /// expects this many seconds later. A new dead letter changes one of both, unless another one of the last hour left
    /// since; then the groups are wrong until the classification is too old to be reused.
    pub(crate) fn agrees_with(&self, dead: u64, last_hour: u64, elapsed: f64) -> bool {
        let groups = self.ages.keys().map(|group| self.of_group(group, elapsed));
        let sum = groups.fold((0, 0), |(all, recent), group| (all + group.0, recent + group.1));
        sum == (dead, last_hour)
    }
}

/// The acknowledged groups among the dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcknowledgedDead {
    /// The groups of the entries.
    pub(crate) groups: Vec<AcknowledgedGroup>,
    /// Why nothing is subtracted, if that is so.
    pub(crate) not_applied: Option<String>,
    /// How many seconds ago the dead letters were classified; 0 if now.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) classified_seconds_ago: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(seconds: &u64) -> bool {
    *seconds == 0
}

impl AcknowledgedDead {
    /// Returns the number of dead letters that do not count.
    pub(crate) fn jobs(&self) -> u64 {
        self.sum(|group| group.jobs)
    }

    /// Returns the number of those that were dead-lettered in the last hour.
    pub(crate) fn last_hour(&self) -> u64 {
        self.sum(|group| group.last_hour)
    }

    /// Returns the number of those that were dead-lettered in the hour before.
    pub(crate) fn hour_before(&self) -> u64 {
        self.sum(|group| group.hour_before)
    }

    /// Returns whether the dead letters of one of these groups do not count.
    pub(crate) fn holds(&self, group: &AcknowledgedGroup) -> bool {
        self.not_applied.is_none() && group.holds()
    }

    /// Returns the entry for a group.
    pub(crate) fn group(&self, group: &str) -> Option<&AcknowledgedGroup> {
        self.groups.iter().find(|acknowledged| acknowledged.entry.group == group)
    }

    /// Returns the ids of the groups whose dead letters do not count.
    pub(crate) fn held_groups(&self) -> Vec<String> {
        let held = self.groups.iter().filter(|group| self.holds(group));
        held.map(|group| group.entry.group.clone()).collect()
    }

    fn sum(&self, number: impl Fn(&AcknowledgedGroup) -> u64) -> u64 {
        self.groups.iter().filter(|group| self.holds(group)).map(number).sum()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn group(jobs: u64, max_jobs: u64) -> AcknowledgedGroup {
        let entry = Acknowledgement {
            group: "v2-3f9a2c1b07".to_owned(),
            owner: "ann".to_owned(),
            reason: "the vendor knows".to_owned(),
            expires: jiff::civil::date(2026, 12, 15),
            max_jobs,
            context: None,
        };
        AcknowledgedGroup { entry, jobs, last_hour: 1, hour_before: 0, is_current: true }
    }

    #[test]
    fn group_counts_again_after_its_date_and_beyond_its_number() {
        let acknowledged = |group| AcknowledgedDead { groups: vec![group], ..Default::default() };
        assert_eq!(acknowledged(group(10, 10)).jobs(), 10);
        assert_eq!(acknowledged(group(11, 10)).jobs(), 0);
        let expired = AcknowledgedGroup { is_current: false, ..group(10, 10) };
        assert_eq!(acknowledged(expired).jobs(), 0);
        let mut too_many = acknowledged(group(10, 10));
        too_many.not_applied = Some("more than 10,000 dead letters".to_owned());
        assert_eq!((too_many.jobs(), too_many.last_hour()), (0, 0));
    }

    #[test]
    fn classification_ages_and_notices_new_dead_letters() {
        let ages = HashMap::from([
            ("a".to_owned(), vec![10.0, 3_590.0, f64::INFINITY]),
            ("b".to_owned(), vec![7_195.0]),
        ]);
        let classification = Classification { at: Timestamp::UNIX_EPOCH, ages };
        assert_eq!(classification.of_group("a", 0.0), (3, 2, 0));
        assert_eq!(classification.of_group("a", 20.0), (3, 1, 1));
        assert_eq!(classification.of_group("b", 0.0), (1, 0, 1));
        assert_eq!(classification.of_group("b", 20.0), (1, 0, 0));
        assert_eq!(classification.of_group("c", 0.0), (0, 0, 0));
        assert!(classification.agrees_with(4, 2, 0.0) && classification.agrees_with(4, 1, 20.0));
        assert!(!classification.agrees_with(5, 1, 20.0), "another dead letter");
        assert!(!classification.agrees_with(4, 2, 20.0), "a new one instead of an old one");
    }
}
