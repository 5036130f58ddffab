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
    ///
    /// `failed` means dead letter only for [`FAILED_IS_FINAL`] in a column `status`. In all other schemas it is
    /// retried, or the schema has no dead letters.
    pub(crate) fn new(live: &str, values: &[impl AsRef<str>]) -> Self {
        let mut values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        values.dedup();
        let has = |word: &&str| values.iter().any(|value| value.eq_ignore_ascii_case(word));
        // A state that says nothing about retries beside those of the schema changes nothing.
        let is_extra = |value: &&str| {
            FAILED_IS_FINAL.iter().any(|word| word.eq_ignore_ascii_case(value))
                || matches!(role_of(value), Lifecycle::Canceled | Lifecycle::Other)
        };
        let failed_is_final =
            live == "status" && FAILED_IS_FINAL.iter().all(has) && values.iter().all(is_extra);
        Self::with_final_failures(failed_is_final, &values)
    }

    /// Assigns values to roles; `failed` means dead letter if `failed_is_final` is set.
    pub(crate) fn with_final_failures(failed_is_final: bool, values: &[&str]) -> Self {
        let mut vocabulary = Self::default();
        for &value in values {
            let role = match role_of(value) {
                Lifecycle::Failed if failed_is_final => Lifecycle::Dead,
                role => role,
            };
            vocabulary.add(role, value);
        }
        vocabulary
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
pub(crate) const WORDS: [(&str, Lifecycle); 12] = [
    ("queued", Lifecycle::Queued),
    ("pending", Lifecycle::Queued),
    ("processing", Lifecycle::Claimed),
    ("running", Lifecycle::Claimed),
    ("done", Lifecycle::Finished),
    ("completed", Lifecycle::Finished),
    ("succeeded", Lifecycle::Finished),
    ("failed", Lifecycle::Failed),
    ("error", Lifecycle::Failed),
    ("dead_letter", Lifecycle::Dead),
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
        let v = StateNames::new("state", &CANONICAL);
        assert_eq!(v.queued, ["queued", "pending"]);
        assert_eq!(v.failed, ["failed", "error"]);
        assert_eq!(v.dead, ["dead_letter"]);
        assert!(v.other.is_empty());
    }

    #[test]
    fn failed_is_a_dead_state_only_if_final() {
        assert_eq!(StateNames::new("status", &FAILED_IS_FINAL).dead, ["failed"]);
        assert!(
            StateNames::new("state", &["queued", "processing", "done", "failed"]).dead.is_empty()
        );
        let typed = StateNames::new("status", &["pending", "processing", "failed", "completed"]);
        assert!(typed.dead.is_empty());
    }

    #[test]
    fn unknown_state_is_kept_separately() {
        let v = StateNames::new("state", &["queued", "paused"]);
        assert_eq!(v.other, ["paused"]);
        assert_eq!(v.role("paused"), Lifecycle::Other);
    }
}
