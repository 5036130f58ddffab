//! What the queue holds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number of jobs, and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Count {
    /// Counted.
    Exact(u64),
    /// A part was counted; there may be more.
    AtLeast(u64),
    /// Not counted, and why.
    NotCounted(String),
}

impl Count {
    /// The number, exact or a lower bound.
    #[must_use]
    pub fn at_least(&self) -> Option<u64> {
        match self {
            Self::Exact(n) | Self::AtLeast(n) => Some(*n),
            Self::NotCounted(_) => None,
        }
    }

    /// Whether the number is the whole truth.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exact(_))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(n) => write!(f, "{n}"),
            Self::AtLeast(n) => write!(f, "≥ {n}"),
            Self::NotCounted(why) => write!(f, "not counted: {why}"),
        }
    }
}

/// The figures of one kind of job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct KindCounts {
    /// The kind, as the row says it.
    pub kind: String,
    /// Waiting and due.
    pub due: u64,
    /// Waiting for a later time.
    pub scheduled: u64,
    /// In progress.
    pub in_progress: u64,
    /// Failed, to be tried again.
    pub failed: u64,
    /// Dead.
    pub dead: u64,
    /// Seconds since its oldest due job became due; `None` when none is due.
    #[serde(default)]
    pub oldest_due_age: Option<f64>,
}

/// Who works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workers {
    /// Distinct holders of jobs whose heartbeat is younger than the window.
    pub beating: Count,
    /// Seconds since the youngest heartbeat of a job in progress; `None` when nothing is in
    /// progress or no heartbeat is kept.
    pub last_beat_age: Option<f64>,
}

/// What the queue holds. Ages are by the database server's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Only jobs of this kind were counted.
    pub kind: Option<String>,
    /// Waiting and due.
    pub due: Count,
    /// Waiting for a later time.
    pub scheduled: Count,
    /// In progress.
    pub in_progress: Count,
    /// Failed, to be tried again.
    pub failed: Count,
    /// Dead; `None` where the schema has no dead letters.
    pub dead: Option<Count>,
    /// Rows whose state this tool does not know.
    pub other: Count,
    /// Seconds since the oldest due job became due; `None` when nothing is due.
    pub oldest_due_age: Option<f64>,
    /// In progress without a sign of life for [`crate::facts::Limits::stuck_after`]; `None` where
    /// the schema keeps neither heartbeats nor lock times.
    pub stuck: Option<Count>,
    /// Who works; `None` as above.
    pub workers: Option<Workers>,
    /// Died within the last hour; `None` where the schema has no dead letters.
    #[serde(rename = "died_last_hour")]
    pub dead_lettered_last_hour: Option<Count>,
    /// By kind, busiest first.
    pub by_kind: Vec<KindCounts>,
    /// Why `by_kind` does not hold every figure, where it does not.
    pub by_kind_missing: Option<String>,
    /// The server's clock at the reading, RFC 3339 UTC.
    pub server_time: String,
}

impl Queue {
    /// Everything waiting, due or scheduled.
    #[must_use]
    pub fn waiting(&self) -> Count {
        match (&self.due, &self.scheduled) {
            (Count::Exact(a), Count::Exact(b)) => Count::Exact(a + b),
            (a, b) => match (a.at_least(), b.at_least()) {
                (None, None) => a.clone(),
                (a, b) => Count::AtLeast(a.unwrap_or(0) + b.unwrap_or(0)),
            },
        }
    }

    /// Whether nothing is due and nothing in progress: silence is not sickness then.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.due == Count::Exact(0) && self.in_progress == Count::Exact(0)
    }
}
