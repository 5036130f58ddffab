//! Lines of a job listing.

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum JobState {
    /// Queued, and its run time has come.
    Due,
    /// Queued, and its run time is in the future.
    Scheduled,
    /// Claimed by a worker, with or without a recent heartbeat.
    Running,
    /// Claimed, without a recent heartbeat.
    Stuck,
    /// Failed, and will be retried, if the schema has a state for that.
    Failed,
    /// Completed without error.
    Finished,
    /// Dead letter.
    Dead,
}

impl JobState {
    /// All states.
    pub(crate) const ALL: [Self; 7] = [
        Self::Due,
        Self::Scheduled,
        Self::Running,
        Self::Stuck,
        Self::Failed,
        Self::Finished,
        Self::Dead,
    ];

    /// Name in output and JSON.
    #[must_use]
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Order of the listing.
    #[must_use]
    pub(crate) fn order(self) -> &'static str {
        match self {
            Self::Due => "the one that waits longest first",
            Self::Scheduled => "the next one first",
            Self::Running | Self::Stuck => "the longest silence first",
            Self::Failed | Self::Finished | Self::Dead => "the latest change first",
        }
    }
}

/// A job in a listing. Texts are untrusted; ages are in seconds, by the clock of the database server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobLine {
    /// Id, a uuid or a number.
    pub(crate) id: String,
    /// Kind of job.
    pub(crate) kind: Option<String>,
    /// Worker that locked it.
    pub(crate) worker: Option<String>,
    /// Number of failed attempts.
    pub(crate) attempts: Option<i64>,
    /// Maximum number of attempts.
    pub(crate) max_attempts: Option<i64>,
    /// Time since it became due; negative until then.
    pub(crate) due_age: Option<f64>,
    /// Time since the last heartbeat.
    pub(crate) life_age: Option<f64>,
    /// Time since its last change.
    pub(crate) changed_age: Option<f64>,
}
