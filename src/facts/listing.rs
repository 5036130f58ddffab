//! The order of a listing, and the position where a page starts.

use std::fmt;

use jiff::Timestamp;

use super::dead_letter::DeadLetter;
use super::job_id::JobId;
use crate::queue::IdType;

/// The order of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Most recently changed first, by index.
    #[default]
    Updated,
    /// Least recently changed first, by index.
    Oldest,
    /// Most recently dead-lettered first; reads every dead letter that matches.
    DeadSince,
}

impl Order {
    /// Value on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Oldest => "oldest",
            Self::DeadSince => "dead-since",
        }
    }
}

/// The time before all others, in PostgreSQL.
const NO_TIME: &str = "-infinity";
/// The time after all others, in PostgreSQL.
const FOREVER: &str = "infinity";

/// Start of a page: the position after a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Order of the listing.
    pub(crate) order: Order,
    /// When the job was last changed or dead-lettered, depending on the order: RFC 3339 UTC or an infinity.
    pub(crate) at: String,
    /// Id of the job.
    pub(crate) id: JobId,
}

impl Cursor {
    /// The cursor after a job; `None` if its id is not valid.
    pub(crate) fn behind(job: &DeadLetter, order: Order) -> Option<Self> {
        let dead_since =
            || job.dead_since.map_or_else(|| NO_TIME.to_owned(), |since| since.at.to_string());
        let at = if order == Order::DeadSince { dead_since() } else { job.changed.clone() };
        Some(Self { order, at, id: JobId::parse_any(&job.id)? })
    }

    /// Parses a cursor of this order, with an id of this type.
    ///
    /// # Errors
    /// A description of what is invalid.
    pub fn parse(text: &str, order: Order, ids: IdType) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not a cursor");
        let (written, rest) = match text.split_once('/') {
            Some(("oldest", rest)) => (Order::Oldest, rest),
            Some(("dead-since", rest)) => (Order::DeadSince, rest),
            Some(_) => return Err(wrong()),
            None => (Order::Updated, text),
        };
        let (at, id) = rest.rsplit_once('~').ok_or_else(wrong)?;
        let time = at == NO_TIME || at == FOREVER || at.parse::<Timestamp>().is_ok();
        let any = JobId::parse_any(id).filter(|_| time).ok_or_else(wrong)?;
        let id = JobId::parse(id, ids).ok_or_else(|| {
            format!(
                "the cursor names job {any}, but job ids in this database are of type {}",
                ids.sql()
            )
        })?;
        if written != order {
            let (written, order) = (written.as_str(), order.as_str());
            return Err(format!("the cursor belongs to --sort {written}, not to --sort {order}"));
        }
        Ok(Self { order, at: at.to_owned(), id })
    }
}

/// The form of the command line: `2026-01-31T04:00:00.000001Z~42`, after the order unless that is the default.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.order != Order::default() {
            write!(f, "{}/", self.order.as_str())?;
        }
        write!(f, "{}~{}", self.at, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0a9f0000-0000-4000-8000-00000000abcd";

    #[test]
    fn cursor_round_trips_in_every_order() {
        for (order, text) in [
            (Order::Updated, format!("2026-01-02T03:04:05.000001Z~{UUID}")),
            (Order::Oldest, format!("oldest/-infinity~{UUID}")),
            (Order::DeadSince, format!("dead-since/2026-01-02T03:04:05.123Z~{UUID}")),
        ] {
            let cursor = Cursor::parse(&text, order, IdType::Uuid).unwrap();
            assert_eq!(cursor.to_string(), text);
        }
    }

    #[test]
    fn invalid_cursor_is_rejected_with_the_reason() {
        let wrong = |text: &str| Cursor::parse(text, Order::Updated, IdType::Uuid).unwrap_err();
        let quoted = format!("2026-01-02T03:04:05Z~{UUID}' or '1'='1");
        for bad in ["", "x", "2026~", "~1", "2026-01-02T03:04:05Z~1~x", &quoted, "new/2026~1"] {
            assert!(wrong(bad).contains("is not a cursor"), "{bad}");
        }
        assert!(wrong("2026-01-02T03:04:05Z~42").contains("of type uuid"));
        assert!(
            wrong(&format!("dead-since/2026-01-02T03:04:05Z~{UUID}")).contains("--sort dead-since")
        );
    }
}
