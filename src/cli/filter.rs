//! The filters of the `dlq` commands, shared by listing and writing.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use crate::facts::selection::Selection;
use crate::settings::duration;

/// The filters of dead letters. A dead letter is selected if it matches all of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArgs {
    /// Only jobs of this kind; repeatable
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<String>,
    /// Only jobs of this queue of a package such as River; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) queue: Vec<String>,
    /// Only jobs of this workspace
    #[arg(long, value_name = "ID")]
    pub(crate) workspace: Option<String>,
    /// Only jobs whose error contains this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    pub(crate) error: Option<String>,
    /// Only jobs of this group of `dlq groups` (id or unique prefix)
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Only jobs dead since this duration ago (2h) or time (2026-01-31T04:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) since: Option<TimeArg>,
    /// Only jobs dead-lettered before this duration ago or time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<TimeArg>,
}

/// A point in time, absolute or as a duration before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeArg {
    /// This long before now.
    Ago(Duration),
    /// This time.
    At(Timestamp),
}

impl TimeArg {
    /// Returns the time, with durations counted back from `now`.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(duration) => now.checked_sub(duration).unwrap_or(Timestamp::MIN),
        }
    }
}

impl FilterArgs {
    /// Returns the selection, with durations counted back from `now`, the time of the server.
    pub(crate) fn selection(&self, now: Timestamp) -> Selection {
        let at = |time: TimeArg| time.at(now);
        Selection {
            kinds: self.kind.clone(),
            queues: self.queue.clone(),
            workspace: self.workspace.clone(),
            error: self.error.clone(),
            group: self.group.clone(),
            since: self.since.map(at),
            until: self.until.map(at),
        }
    }
}

/// Parses a duration, a date (UTC) or a timestamp.
pub(crate) fn parse_time(text: &str) -> Result<TimeArg, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(TimeArg::At(time));
    }
    if text.len() == "2026-01-31".len()
        && let Ok(midnight) = format!("{text}T00:00:00Z").parse::<Timestamp>()
    {
        return Ok(TimeArg::At(midnight));
    }
    duration::parse_long(text).map(TimeArg::Ago).map_err(|_| {
        "expected a duration such as 2h or 7d, a date such as 2026-01-31 (UTC), or a time with its \
         zone such as 2026-01-31T04:00:00Z"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_argument_is_a_duration_or_a_timestamp() {
        assert_eq!(parse_time("2h"), Ok(TimeArg::Ago(Duration::from_secs(7_200))));
        assert!(matches!(parse_time("2026-01-31T04:00:00Z"), Ok(TimeArg::At(_))));
        assert_eq!(parse_time("2d"), Ok(TimeArg::Ago(Duration::from_secs(172_800))));
        assert_eq!(parse_time("2026-01-31"), parse_time("2026-01-31T00:00:00Z"));
        assert!(parse_time("yesterday").is_err() && parse_time("2026-01-31T04:00:00").is_err());
    }
}
