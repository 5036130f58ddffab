//! Acknowledged groups: dead letters that somebody is responsible for until a date, and that do not count until then.

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

/// The acknowledged groups among the dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AcknowledgedDead {
    /// The groups of the entries.
    pub(crate) groups: Vec<AcknowledgedGroup>,
    /// Why nothing is subtracted, if that is so.
    pub(crate) not_applied: Option<String>,
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
        let acknowledged = |group| AcknowledgedDead { groups: vec![group], not_applied: None };
        assert_eq!(acknowledged(group(10, 10)).jobs(), 10);
        assert_eq!(acknowledged(group(11, 10)).jobs(), 0);
        let expired = AcknowledgedGroup { is_current: false, ..group(10, 10) };
        assert_eq!(acknowledged(expired).jobs(), 0);
        let mut too_many = acknowledged(group(10, 10));
        too_many.not_applied = Some("more than 10,000 dead letters".to_owned());
        assert_eq!((too_many.jobs(), too_many.last_hour()), (0, 0));
    }
}
