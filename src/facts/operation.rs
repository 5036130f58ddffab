//! An operation: one requeue or undo, found again by its id.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Names an operation and carries where its events begin: `rq-20260131T040000Z-e1234-9f3a`.
///
/// Events have no index on anything but their primary key, so that an id which carries the newest
/// event seen just before the first write finds its own events without a scan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OperationId {
    /// When it began, by the server's clock.
    pub at: Timestamp,
    /// The newest event before it; none where event ids do not grow or there are no events.
    pub after: Option<i64>,
    /// Tells operations of the same second apart.
    pub tag: String,
}

const TIME: &str = "%Y%m%dT%H%M%SZ";

impl OperationId {
    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
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
        Self::parse(&text).ok_or_else(|| format!("\"{text}\" is no operation id"))
    }
}

/// `reason` of the events of a requeue, as the worker's own helper writes it.
pub const REQUEUED: &str = "requeued_from_dead_letter";
/// `reason` of the events of an undo.
pub const UNDONE: &str = "requeue_undone";
/// `reason` of the events of a rescue.
pub const RESCUED: &str = "rescued_from_silent_worker";

/// Instead of the state of an operation's job: a later undo took it back.
pub const STATE_UNDONE: &str = "undone";
/// Instead of its state: a later operation has it.
pub const STATE_CHANGED_SINCE: &str = "moved on";

/// What an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationType {
    /// Dead → waiting.
    Requeue,
    /// The way back.
    Undo,
    /// In progress under a silent worker → waiting, or dead.
    Rescue,
}

impl OperationType {
    /// The deed of an event by its `reason`.
    #[must_use]
    pub fn from_reason(reason: Option<&str>) -> Self {
        match reason {
            Some(UNDONE) => Self::Undo,
            Some(RESCUED) => Self::Rescue,
            _ => Self::Requeue,
        }
    }

    /// The word for machines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requeue => "requeue",
            Self::Undo => "undo",
            Self::Rescue => "rescue",
        }
    }

    /// What was done to its jobs.
    #[must_use]
    pub fn past_tense(self) -> &'static str {
        match self {
            Self::Requeue => "requeued",
            Self::Undo => "put back",
            Self::Rescue => "rescued",
        }
    }
}

/// Why, of an operation that somebody resumed: the first reason, and who went on for which one.
#[must_use]
pub fn reasons(first: (&str, Option<&str>), later: (&str, Option<&str>)) -> Option<String> {
    const MARK: &str = "resumed";
    let ((began, first), (who, later)) = (first, later);
    let own = first.and_then(|first| first.split(&format!("; {MARK}")).next());
    // A record keeps the beginning of a long one: that is nothing new.
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

/// Who does it and why: written into every event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Login name on this machine.
    pub actor: String,
    /// This machine.
    pub host: String,
    /// Why, in the operator's words.
    pub reason: Option<String>,
}

impl Author {
    /// `user@host`
    #[must_use]
    pub fn who(&self) -> String {
        format!("{}@{}", self.actor, self.host)
    }

    /// Goes on with what another one began. Whoever gives no reason goes on for the same one.
    #[must_use]
    pub fn resumes(self, earlier: Self) -> Self {
        Self { reason: self.reason.or(earlier.reason), ..self }
    }
}

/// An operation as a list shows it. Texts come from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Its id.
    pub operation: String,
    /// What it is.
    pub deed: OperationType,
    /// Who.
    pub actor: Option<String>,
    /// Where.
    pub host: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Seconds since its last event, by the server's clock.
    pub age: f64,
    /// Jobs that it wrote.
    pub jobs: u64,
    /// What is left of it, where this machine knows that it was interrupted.
    pub unfinished: Option<Unfinished>,
    /// Those jobs by their state now, most first; what a later operation took or moved is told as that.
    pub now: Vec<(String, u64)>,
}

/// A requeue that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Jobs that it was to write.
    pub planned: u64,
    /// The flags with which it would go on as it began.
    pub flags: String,
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
