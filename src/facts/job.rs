//! One job with all its columns and events.

use crate::fingerprint::Fingerprint;
use crate::queue::Lifecycle;

/// A job. Texts are untrusted; ages are in seconds, by the clock of the database server.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Id, a uuid or a number.
    pub id: String,
    /// Kind of job.
    pub kind: Option<String>,
    /// Workspace of the job.
    pub workspace: Option<String>,
    /// Value of the column that the worker maintains.
    pub state: String,
    /// Meaning of that value.
    pub role: Lifecycle,
    /// Value of the other state column, which is not maintained, if it exists.
    pub other_state: Option<String>,
    /// Number of failed attempts.
    pub attempts: Option<i64>,
    /// Maximum number of attempts.
    pub max_attempts: Option<i64>,
    /// Time since it became due; negative until then.
    pub due_age: Option<f64>,
    /// Worker that locked it.
    pub locked_by: Option<String>,
    /// Time since it was locked.
    pub locked_age: Option<f64>,
    /// Whether the schema has a heartbeat or lock time.
    pub has_heartbeats: bool,
    /// Time since the last heartbeat.
    pub life_age: Option<f64>,
    /// Time since it was inserted.
    pub created_age: Option<f64>,
    /// Time since its last change.
    pub updated_age: Option<f64>,
    /// Last error as text, redacted.
    pub last_error: Option<String>,
    /// Last error from the other column, as JSON or text; redacted when it is shown.
    pub error: Option<String>,
    /// Input as JSON text.
    pub payload: Option<String>,
    /// Output as JSON text.
    pub result: Option<String>,
    /// Cause of its last failure.
    pub cause: Fingerprint,
    /// Events of the job.
    pub timeline: Timeline,
}

/// Events of a job, newest first, and how far back they were searched.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Events that were found.
    pub events: Vec<TimelineEvent>,
    /// Description of the search, in one sentence.
    pub searched: String,
    /// Whether there are no events before these.
    pub complete: bool,
}

/// An event of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEvent {
    /// Name of the event.
    pub stage: String,
    /// Details as JSON text.
    pub data: Option<String>,
    /// Age in seconds.
    pub age: Option<f64>,
    /// The requeue that it records, if any.
    pub requeued: Option<Requeued>,
    /// The operation that it undoes, if any.
    pub undoes: Option<String>,
}

/// A requeue of a dead letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Requeued {
    /// Id of the operation; `None` if the helper function of the worker did it.
    pub operation: Option<String>,
    /// Login name of the operator.
    pub actor: Option<String>,
    /// Machine of the operator.
    pub host: Option<String>,
    /// Reason given by the operator.
    pub why: Option<String>,
    /// Group id before the requeue, if the event records it.
    pub died_of: Option<String>,
}
