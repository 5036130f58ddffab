//! Jobs by what is going on with them: the lines of a list.

/// What is going on with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// Waits, and may be claimed.
    Due,
    /// Waits for its time.
    Scheduled,
    /// In the hands of a worker, alive or not.
    Running,
    /// In the hands of a worker that fell silent.
    Stuck,
    /// Failed, and will be tried again, where the schema has a state for that.
    Failed,
    /// Came to a good end.
    Finished,
    /// Given up.
    Dead,
}

impl JobState {
    /// Each of them.
    pub const ALL: [Self; 7] = [
        Self::Due,
        Self::Scheduled,
        Self::Running,
        Self::Stuck,
        Self::Failed,
        Self::Finished,
        Self::Dead,
    ];

    /// The word for people and machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Scheduled => "scheduled",
            Self::Running => "running",
            Self::Stuck => "stuck",
            Self::Failed => "failed",
            Self::Finished => "finished",
            Self::Dead => "dead",
        }
    }

    /// In which order they are listed.
    #[must_use]
    pub fn order(self) -> &'static str {
        match self {
            Self::Due => "the one that waits longest first",
            Self::Scheduled => "the next one first",
            Self::Running | Self::Stuck => "the longest silence first",
            Self::Failed | Self::Finished | Self::Dead => "the latest change first",
        }
    }
}

/// A job as a list shows it. Texts come from outside; ages are seconds by the server's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct JobLine {
    /// Its id, a uuid or a number.
    pub id: String,
    /// What it is to do.
    pub kind: Option<String>,
    /// Who holds it.
    pub worker: Option<String>,
    /// Attempts made.
    pub attempts: Option<i64>,
    /// Attempts allowed.
    pub max_attempts: Option<i64>,
    /// Since it became due; negative: until then.
    pub due_age: Option<f64>,
    /// Since the holder's last sign of life.
    pub life_age: Option<f64>,
    /// Since it was last changed.
    pub changed_age: Option<f64>,
}
