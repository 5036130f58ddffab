//! Meaning of the values of the state column.

use serde::{Deserialize, Serialize};

/// Role of a state value in the lifecycle of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Lifecycle {
    /// Not yet claimed.
    #[serde(rename = "Waiting")]
    Queued,
    /// Claimed by a worker.
    #[serde(rename = "InProgress")]
    Claimed,
    /// Completed without error.
    Finished,
    /// Failed, and will be retried.
    Failed,
    /// Dead letter.
    Dead,
    /// Ended by an operator or the app.
    Canceled,
    /// Not claimable until something else ends.
    Blocked,
    /// An unknown value.
    Other,
}

impl Lifecycle {
    /// All roles, in the order of the lifecycle.
    pub(crate) const ALL: [Self; 8] = [
        Self::Queued,
        Self::Claimed,
        Self::Finished,
        Self::Failed,
        Self::Dead,
        Self::Canceled,
        Self::Blocked,
        Self::Other,
    ];

    /// Name of the role in the results of queries.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Claimed => "claimed",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Canceled => "canceled",
            Self::Blocked => "blocked",
            Self::Other => "other",
        }
    }
}

/// Values of the state column, by role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StateNames {
    /// Values of queued jobs.
    pub(crate) queued: Vec<String>,
    /// Values of claimed jobs.
    pub(crate) claimed: Vec<String>,
    /// Values of finished jobs.
    pub(crate) finished: Vec<String>,
    /// Values of failed jobs that will be retried.
    pub(crate) failed: Vec<String>,
    /// Values of dead letters.
    pub(crate) dead: Vec<String>,
    /// Values of canceled jobs.
    #[serde(default)]
    pub(crate) canceled: Vec<String>,
    /// Values of blocked jobs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) blocked: Vec<String>,
    /// Unknown values.
    pub(crate) other: Vec<String>,
}

/// Values of the canonical schema.
pub(crate) const CANONICAL: [&str; 10] = [
    "queued",
    "pending",
    "processing",
    "running",
    "done",
    "completed",
    "succeeded",
    "failed",
    "error",
    "dead_letter",
];

/// Values of the schemas in which `failed` is final.
pub(crate) const FAILED_IS_FINAL: [&str; 4] = ["queued", "running", "succeeded", "failed"];

impl StateNames {
    /// Assigns the allowed values of a state column to roles.
    pub(crate) fn new(values: &[impl AsRef<str>]) -> Self {
        let mut names = Self::default();
        let mut values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        values.dedup();
        for value in values {
            names.add(role_of(value), value);
        }
        names
    }

    /// Whether these are [`FAILED_IS_FINAL`], perhaps with states that say nothing about retries. In a column `status`,
    /// `failed` means dead letter then, unless workers claim failed jobs.
    pub(crate) fn may_have_final_failures(&self, live: &str) -> bool {
        let values = self.all();
        let has = |word: &&str| values.iter().any(|value| value.eq_ignore_ascii_case(word));
        let is_extra = |value: &&str| {
            FAILED_IS_FINAL.iter().any(|word| word.eq_ignore_ascii_case(value))
                || matches!(self.role(value), Lifecycle::Canceled | Lifecycle::Other)
        };
        live == "status" && FAILED_IS_FINAL.iter().all(has) && values.iter().all(is_extra)
    }

    /// The same values, with those of failed jobs as dead letters.
    pub(crate) fn with_final_failures(mut self) -> Self {
        self.dead.append(&mut self.failed);
        self
    }

    /// Gives a value a role.
    pub(crate) fn add(&mut self, role: Lifecycle, value: &str) {
        let list = match role {
            Lifecycle::Queued => &mut self.queued,
            Lifecycle::Claimed => &mut self.claimed,
            Lifecycle::Finished => &mut self.finished,
            Lifecycle::Failed => &mut self.failed,
            Lifecycle::Dead => &mut self.dead,
            Lifecycle::Canceled => &mut self.canceled,
            Lifecycle::Blocked => &mut self.blocked,
            Lifecycle::Other => &mut self.other,
        };
        list.push(value.to_owned());
    }

    /// The values with a role.
    pub(crate) fn values(&self, role: Lifecycle) -> &[String] {
        match role {
            Lifecycle::Queued => &self.queued,
            Lifecycle::Claimed => &self.claimed,
            Lifecycle::Finished => &self.finished,
            Lifecycle::Failed => &self.failed,
            Lifecycle::Dead => &self.dead,
            Lifecycle::Canceled => &self.canceled,
            Lifecycle::Blocked => &self.blocked,
            Lifecycle::Other => &self.other,
        }
    }

    /// The role of a value.
    pub(crate) fn role(&self, value: &str) -> Lifecycle {
        let known =
            Lifecycle::ALL.into_iter().find(|role| self.values(*role).iter().any(|v| v == value));
        known.unwrap_or(Lifecycle::Other)
    }

    /// The values with a known meaning.
    pub(crate) fn known(&self) -> Vec<String> {
        let roles = Lifecycle::ALL.into_iter().filter(|role| *role != Lifecycle::Other);
        roles.flat_map(|role| self.values(role)).cloned().collect()
    }

    /// All values, ordered by role.
    pub(crate) fn all(&self) -> Vec<&str> {
        Lifecycle::ALL.iter().flat_map(|role| self.values(*role)).map(String::as_str).collect()
    }
}

/// Words with a known meaning, in lower case.
///
/// A word that has another meaning in some queue (`expired`, `parked`, `retry`) is none of them.
pub(crate) const WORDS: [(&str, Lifecycle); 25] = [
    ("queued", Lifecycle::Queued),
    ("pending", Lifecycle::Queued),
    ("processing", Lifecycle::Claimed),
    ("running", Lifecycle::Claimed),
    ("done", Lifecycle::Finished),
    ("completed", Lifecycle::Finished),
    ("succeeded", Lifecycle::Finished),
    ("complete", Lifecycle::Finished),
    ("finished", Lifecycle::Finished),
    ("success", Lifecycle::Finished),
    ("successful", Lifecycle::Finished),
    ("failed", Lifecycle::Failed),
    ("error", Lifecycle::Failed),
    ("dead_letter", Lifecycle::Dead),
    ("dead", Lifecycle::Dead),
    ("dead-letter", Lifecycle::Dead),
    ("deadletter", Lifecycle::Dead),
    ("dead_lettered", Lifecycle::Dead),
    ("discarded", Lifecycle::Dead),
    ("exhausted", Lifecycle::Dead),
    ("buried", Lifecycle::Dead),
    ("abandoned", Lifecycle::Dead),
    ("gave_up", Lifecycle::Dead),
    ("canceled", Lifecycle::Canceled),
    ("cancelled", Lifecycle::Canceled),
];

/// The role of a value, in any letter case.
pub(crate) fn role_of(value: &str) -> Lifecycle {
    let known = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(value));
    known.map_or(Lifecycle::Other, |(_, role)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_states_include_dead_letter() {
        let v = StateNames::new(&CANONICAL);
        assert_eq!(v.queued, ["queued", "pending"]);
        assert_eq!(v.failed, ["failed", "error"]);
        assert_eq!(v.dead, ["dead_letter"]);
        assert!(v.other.is_empty());
    }

    #[test]
    fn failed_is_a_dead_state_only_if_final() {
        let names = StateNames::new(&FAILED_IS_FINAL);
        assert!(names.may_have_final_failures("status") && !names.may_have_final_failures("state"));
        assert_eq!(names.with_final_failures().dead, ["failed"]);
        for words in [
            &["queued", "processing", "done", "failed"][..],
            &["pending", "processing", "failed", "completed"],
            &["queued", "running", "succeeded", "failed", "dead"],
        ] {
            assert!(!StateNames::new(words).may_have_final_failures("status"), "{words:?}");
        }
    }

    #[test]
    fn unknown_state_is_kept_separately() {
        let v = StateNames::new(&["queued", "paused"]);
        assert_eq!(v.other, ["paused"]);
        assert_eq!(v.role("paused"), Lifecycle::Other);
    }
}
