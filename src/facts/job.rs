//! One job in full.

use crate::fingerprint::Fingerprint;
use crate::queue::Lifecycle;

/// A job as its row shows it. Texts come from outside; ages are seconds by the server's clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id, a uuid or a number.
    pub id: String,
    /// What it is to do.
    pub kind: Option<String>,
    /// Its tenant.
    pub workspace: Option<String>,
    /// The value of the column that the worker maintains.
    pub state: String,
    /// What that value means.
    pub role: Lifecycle,
    /// The value of the column that nobody maintains, where there is one.
    pub other_state: Option<String>,
    /// Attempts made.
    pub attempts: Option<i64>,
    /// Attempts allowed.
    pub max_attempts: Option<i64>,
    /// Since it became due; negative: until then.
    pub due_age: Option<f64>,
    /// Who holds it.
    pub locked_by: Option<String>,
    /// Since when.
    pub locked_age: Option<f64>,
    /// Whether this schema keeps signs of life at all (a heartbeat, a time of locking).
    pub keeps_life: bool,
    /// Since the holder's last sign of life.
    pub life_age: Option<f64>,
    /// Since it was inserted.
    pub created_age: Option<f64>,
    /// Since it was last changed.
    pub updated_age: Option<f64>,
    /// The last failure as text, masked.
    pub last_error: Option<String>,
    /// The last failure as the row keeps it in its other column: JSON or text, masked where it is shown.
    pub error: Option<String>,
    /// Its input as JSON text.
    pub payload: Option<String>,
    /// Its output as JSON text.
    pub result: Option<String>,
    /// What it failed of last.
    pub cause: Fingerprint,
    /// What happened to it.
    pub timeline: Timeline,
}

/// The events of a job, newest first, and how far back they were looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// The events that were found.
    pub events: Vec<TimelineEvent>,
    /// How they were looked for, in one sentence.
    pub looked: String,
    /// Whether events before these may exist.
    pub complete: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEvent {
    /// What happened.
    pub stage: String,
    /// The details as JSON text.
    pub data: Option<String>,
    /// Seconds ago.
    pub age: Option<f64>,
    /// Where it put a dead job back into the queue.
    pub requeued: Option<Requeued>,
    /// The operation that it takes back.
    pub undoes: Option<String>,
}

/// A dead job went back into the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Requeued {
    /// The operation; none where the worker's own helper did it.
    pub operation: Option<String>,
    /// Who.
    pub actor: Option<String>,
    /// Where.
    pub host: Option<String>,
    /// Why, in the operator's words.
    pub why: Option<String>,
    /// What it had died of: a fingerprint's hash, where the event tells.
    pub died_of: Option<String>,
}
