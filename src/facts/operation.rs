//! Operations: recorded requeues, undos and rescues, identified by their ids.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Id of an operation, with the position of its events: `rq-20260131T040000Z-e1234-9f3a`.
///
/// Events have no index except their primary key. Because the id contains the newest event before the
/// first write, the events of the operation are found without a full scan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct OperationId {
    /// When it started, by the clock of the database server.
    pub(crate) at: Timestamp,
    /// Newest event before it; `None` if event ids do not grow or there are no events.
    pub(crate) after: Option<i64>,
    /// Distinguishes operations of the same second.
    pub(crate) tag: String,
}

/// Number of digits of the tag.
const TAG: usize = 6;

const TIME: &str = "%Y%m%dT%H%M%SZ";

impl OperationId {
    /// Parses the form that [`fmt::Display`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("rq-")?.split('-');
        let (at, after, tag) = (parts.next()?, parts.next()?, parts.next()?);
        let at = jiff::civil::DateTime::strptime(TIME, at).ok()?;
        let at = jiff::tz::Offset::UTC.to_timestamp(at).ok()?;
        let after = match after.strip_prefix('e') {
            Some(digits) => Some(digits.parse().ok()?),
            None if after == "t" => None,
            None => return None,
        };
        let plain = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_hexdigit());
        (plain && parts.next().is_none()).then(|| Self { at, after, tag: tag.to_owned() })
    }

    /// Whether the tag is as long as those of new operations, so that the text is not the start of another id.
    pub(crate) fn is_complete(&self) -> bool {
        self.tag.len() >= TAG
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rq-{}-", self.at.strftime(TIME))?;
        match self.after {
            Some(id) => write!(f, "e{id}-{}", self.tag),
            None => write!(f, "t-{}", self.tag),
        }
    }
}

impl From<OperationId> for String {
    fn from(id: OperationId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for OperationId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("\"{text}\" is not an operation id"))
    }
}

/// `reason` of the events of a requeue, as the helper function of the worker writes it.
pub(crate) const REQUEUED: &str = "requeued_from_dead_letter";
/// `reason` of the events of an undo.
pub(crate) const UNDONE: &str = "requeue_undone";
/// `reason` of the events of a rescue.
pub(crate) const RESCUED: &str = "rescued_from_silent_worker";

/// Replaces the state of a job in an operation: a later undo returned it to dead letters.
pub(crate) const STATE_UNDONE: &str = "undone";
/// Replaces the state of a job in an operation: a later operation wrote it.
pub(crate) const STATE_CHANGED_SINCE: &str = "changed since";

/// Replaces the state of a job that no longer exists.
pub(crate) const STATE_DELETED: &str = "deleted";

/// Requeues by the app's own function among the newest events.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct AppRequeues {
    /// Number of jobs.
    pub(crate) jobs: u64,
    /// Seconds since the last one, by the clock of the database server.
    pub(crate) age: f64,
}

/// Type of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OperationType {
    /// Dead letter → queued.
    Requeue,
    /// Reverses a requeue.
    Undo,
    /// Stuck → queued or dead letter.
    Rescue,
}

impl OperationType {
    /// The type of an operation by the `reason` of its events.
    pub(crate) fn from_reason(reason: Option<&str>) -> Self {
        match reason {
            Some(UNDONE) => Self::Undo,
            Some(RESCUED) => Self::Rescue,
            _ => Self::Requeue,
        }
    }

    /// Name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// What it did to its jobs, in the past tense.
    pub(crate) fn past_tense(self) -> &'static str {
        match self {
            Self::Requeue => "requeued",
            Self::Undo => "undone",
            Self::Rescue => "rescued",
        }
    }
}

/// Reason of a resumed operation: the first reason, then the operators who resumed it and their reasons.
pub(crate) fn reasons(first: (&str, Option<&str>), later: (&str, Option<&str>)) -> Option<String> {
    const MARK: &str = "resumed";
    let ((began, first), (who, later)) = (first, later);
    let own = first.and_then(|first| first.split(&format!("; {MARK}")).next());
    // A record contains only the start of a long reason, which is then not a new one.
    let new = later.filter(|later| !own.is_some_and(|own| own.starts_with(later)));
    let new = new.map(|later| format!(": {later}"));
    let by = (who != began).then(|| format!(" by {who}"));
    if new.is_none() && by.is_none() {
        return first.map(str::to_owned);
    }
    let tail = format!("{MARK}{}{}", by.unwrap_or_default(), new.unwrap_or_default());
    match first {
        Some(first) if first.contains(&tail) => Some(first.to_owned()),
        Some(first) => Some(format!("{first}; {tail}")),
        None => Some(tail),
    }
}

/// Operator and reason, written into every event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Author {
    /// Login name of the operator.
    pub(crate) actor: String,
    /// Name of the operator's machine.
    pub(crate) host: String,
    /// Reason given by the operator.
    pub(crate) reason: Option<String>,
}

impl Author {
    /// `user@host`
    pub(crate) fn who(&self) -> String {
        format!("{}@{}", self.actor, self.host)
    }

    /// Resumes an operation of another author, with the same reason unless there is a new one.
    #[must_use]
    pub(crate) fn resumes(self, earlier: Self) -> Self {
        Self { reason: self.reason.or(earlier.reason), ..self }
    }
}

/// An operation in a listing. Texts are untrusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OperationSummary {
    /// Id of the operation.
    pub(crate) operation: OperationId,
    /// Type of the operation.
    pub(crate) operation_type: OperationType,
    /// Login name of the operator.
    pub(crate) actor: Option<String>,
    /// Machine of the operator.
    pub(crate) host: Option<String>,
    /// Reason given by the operator.
    pub(crate) reason: Option<String>,
    /// Seconds since its last event, by the clock of the database server.
    pub(crate) age: f64,
    /// Number of jobs that it wrote.
    pub(crate) jobs: u64,
    /// Number of jobs of its plan, if that is recorded.
    pub(crate) planned: Option<u64>,
    /// Process of the operator's machine, if that is recorded.
    pub(crate) pid: Option<String>,
    /// Kind of its jobs, if all have the same.
    pub(crate) kind: Option<String>,
    /// Group of its jobs, if all have the same.
    pub(crate) group: Option<String>,
    /// Whether it is running, and how it ended.
    pub(crate) status: OperationStatus,
    /// Flags that resume it with its original settings, if this machine can resume it.
    pub(crate) resume_flags: Option<Vec<String>>,
    /// Number of those jobs by current state, most frequent first; jobs of later operations have [`STATE_UNDONE`] or
    /// [`STATE_CHANGED_SINCE`].
    pub(crate) now: Vec<(String, u64)>,
}

/// Whether an operation is running, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum OperationStatus {
    /// A process is writing it.
    Running,
    /// It ended before all of its jobs were written: a canary, the database or an undo stopped it.
    Stopped,
    /// Its process ended before all of its jobs were written.
    Interrupted,
    /// It wrote all jobs that could be written.
    Complete,
    /// All of its jobs were returned to dead letters.
    Undone,
}

impl OperationStatus {
    /// Name in output and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resumed_operation_keeps_its_reason_and_adds_the_resumer() {
        let (ada, bob) = ("ada@desk", "bob@desk");
        let again = |first, later| reasons((ada, first), later);
        assert_eq!(again(Some("a"), (ada, Some("a"))).as_deref(), Some("a"));
        assert_eq!(again(None, (ada, None)), None);
        let by = again(Some("a"), (bob, Some("b")));
        assert_eq!(by.as_deref(), Some("a; resumed by bob@desk: b"));
        assert_eq!(again(by.as_deref(), (bob, Some("b"))), by, "seen again and again");
        assert_eq!(again(Some("a"), (ada, Some("b"))).as_deref(), Some("a; resumed: b"));
        let same = again(Some("a"), (bob, Some("a")));
        assert_eq!(same.as_deref(), Some("a; resumed by bob@desk"));
        assert_eq!(again(same.as_deref(), (bob, Some("a"))), same);
        assert_eq!(again(None, (bob, None)).as_deref(), Some("resumed by bob@desk"));
        assert_eq!(again(Some("a long one"), (ada, Some("a lon"))).as_deref(), Some("a long one"));
    }

    #[test]
    fn operation_id_round_trips_and_invalid_ids_are_rejected() {
        for text in ["rq-20260131T040000Z-e1234-9f3a", "rq-20260131T040000Z-t-00ff"] {
            assert_eq!(OperationId::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "rq-", "rq-x-e1-9f", "rq-20260131T040000Z-1-9f", "rq-20260131T040000Z-e1-9f-a"]
        {
            assert_eq!(OperationId::parse(text), None, "{text}");
        }
    }
}
