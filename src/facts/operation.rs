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

/// The reason of an operation, and its resumes by other operators or for other reasons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    /// The reason of its start.
    pub first: Option<String>,
    /// The resumes, in the order in which they were seen.
    pub resumes: Vec<Resume>,
}

/// A resume of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// `user@host`, if it is not the operator who started the operation.
    pub by: Option<String>,
    /// The reason, if it is a new one.
    pub reason: Option<String>,
}

impl Reasons {
    /// Returns the reasons of an operation that was started by the first operator and last written by the second one.
    pub(crate) fn of(first: (&str, Option<&str>), last: (&str, Option<&str>)) -> Self {
        let mut reasons = Self { first: first.1.map(str::to_owned), resumes: vec![] };
        reasons.add(first.0, last);
        reasons
    }

    /// Adds a write by an operator, unless it belongs to the start or to a known resume.
    pub(crate) fn add(&mut self, starter: &str, (who, reason): (&str, Option<&str>)) {
        // A record contains only the start of a long reason, which is then not a new one.
        let is_new =
            |later: &&str| !self.first.as_deref().is_some_and(|first| first.starts_with(later));
        let reason = reason.filter(is_new).map(str::to_owned);
        let by = (who != starter).then(|| who.to_owned());
        if by.is_some() || reason.is_some() {
            self.add_resume(Resume { by, reason });
        }
    }

    /// Adds another record of the same operation, which has an operator of its own.
    pub(crate) fn merge(&mut self, starter: &str, who: &str, other: &Self) {
        self.add(starter, (who, other.first.as_deref()));
        for resume in &other.resumes {
            self.add_resume(resume.clone());
        }
    }

    fn add_resume(&mut self, resume: Resume) {
        if !self.resumes.contains(&resume) {
            self.resumes.push(resume);
        }
    }

    /// Formats them: `the token was renewed; resumed by bob@desk: the network was back`.
    pub(crate) fn text(&self) -> Option<String> {
        let resume = |resume: &Resume| {
            let by = resume.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            let reason = resume.reason.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
            format!("resumed{by}{reason}")
        };
        let parts: Vec<_> =
            self.first.iter().cloned().chain(self.resumes.iter().map(resume)).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
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
        let text = |first, last| Reasons::of((ada, first), last).text();
        assert_eq!(text(Some("a"), (ada, Some("a"))).as_deref(), Some("a"));
        assert_eq!(text(None, (ada, None)), None);
        assert_eq!(text(Some("a"), (ada, Some("b"))).as_deref(), Some("a; resumed: b"));
        assert_eq!(text(None, (bob, None)).as_deref(), Some("resumed by bob@desk"));
        assert_eq!(text(Some("a long one"), (ada, Some("a lon"))).as_deref(), Some("a long one"));
        let by_bob = Reasons::of((ada, Some("a")), (bob, Some("b")));
        assert_eq!(by_bob.text().as_deref(), Some("a; resumed by bob@desk: b"));
        let mut again = by_bob.clone();
        again.add(ada, (bob, Some("b")));
        again.merge(ada, bob, &Reasons { first: Some("b".into()), resumes: vec![] });
        again.merge(ada, ada, &by_bob);
        assert_eq!(again, by_bob, "seen again and again");
        let same = Reasons::of((ada, Some("a")), (bob, Some("a")));
        assert_eq!(same.text().as_deref(), Some("a; resumed by bob@desk"));
    }

    #[test]
    fn reason_that_reads_like_a_resume_is_one_reason() {
        let first = Reasons { first: Some("was paused; resumed now".into()), resumes: vec![] };
        let mut again = first.clone();
        again.merge("ada@desk", "ada@desk", &first);
        assert_eq!(again, first);
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
