//! The arguments of `watch`, `record` and `history`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};

use super::filter::{TimeArg, parse_time};
use super::old_names;
use super::spec::Spec;
use crate::render::Format;
use crate::settings::duration;

pub(super) const WATCH: Spec = Spec::listing(
    "watch",
    &[
        ("watch", "dashboard, updated every 15s"),
        ("-c prod watch --every 5s", "shorter interval"),
        ("watch --plain", "one line per change, for logs and pipes"),
    ],
)
.with_formats(&[Format::Table]);

pub(super) const RECORD: Spec = Spec::listing(
    "record",
    &[
        ("record", "record one snapshot, for example from cron"),
        ("-c prod record --every 30s --listen 9187", "record continuously, with /metrics"),
    ],
);

pub(super) const HISTORY: Spec = Spec::listing(
    "history",
    &[
        ("history", "the last 24 hours"),
        ("history --since 7d --html incident.html", "write a page for the post-mortem"),
        ("history --since 2026-01-31T04:00:00Z -o csv", "one row per snapshot"),
    ],
)
.with_formats(&[Format::Table, Format::Json, Format::Markdown, Format::Csv]);

pub(super) const HISTORY_SYSTEMS: Spec = Spec::listing(
    "history systems",
    &[
        ("history systems", "the recorded systems with their ids"),
        ("history systems -o json", "the same for a script"),
    ],
);

pub(super) const HISTORY_SYSTEMS_RENAME: Spec = Spec::listing(
    "history systems rename",
    &[
        ("history systems rename db.example:5432/app prod", "a name instead of the address"),
        ("history systems rename 2 staging", "by id"),
    ],
);

pub(super) const HISTORY_SYSTEMS_JOIN: Spec = Spec::listing(
    "history systems join",
    &[
        ("history systems join 2 1", "continue a system after its database was replaced"),
        ("history systems join old-prod prod --yes", "without the prompt"),
    ],
);

/// The shortest interval between two polls.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// Interval between polls; grows if the database is slow
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = interval)]
    pub(crate) every: Duration,
    /// Print changes, one per line, for logs and pipes
    #[arg(long)]
    pub(crate) plain: bool,
    /// Do not record snapshots
    #[arg(long)]
    pub(crate) no_record: bool,
}

/// The arguments of `record`.
#[derive(Debug, Args)]
pub struct Record {
    /// Record at this interval until stopped, and print changes
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    pub(crate) every: Option<Duration>,
    /// Delete snapshots older than this
    #[arg(long, alias = old_names::of("retain"), value_name = "DURATION", default_value = "30d", value_parser = duration::parse_long)]
    pub(crate) retain: Duration,
    /// Serve /metrics for Prometheus on a local port or an address
    #[arg(long, value_name = "PORT|ADDRESS", value_parser = address, requires = "every")]
    pub(crate) listen: Option<SocketAddr>,
}

/// The arguments of `history`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct History {
    /// What to do with the recorded systems instead.
    #[command(subcommand)]
    pub(crate) command: Option<HistoryCommand>,
    /// Start: a duration ago (24h, 7d) or a time (2026-01-31T04:00:00Z)
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_time)]
    pub(crate) since: TimeArg,
    /// Write an HTML page with charts instead; - writes it to stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
    /// Show this recorded system: an id, name, address or context (see history systems)
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) system: Option<String>,
}

impl History {
    /// Returns the spec of the command.
    pub(super) fn spec(&self) -> &'static Spec {
        match &self.command {
            None => &HISTORY,
            Some(HistoryCommand::Systems(systems)) => match systems.command {
                None => &HISTORY_SYSTEMS,
                Some(SystemsCommand::Rename { .. }) => &HISTORY_SYSTEMS_RENAME,
                Some(SystemsCommand::Join(_)) => &HISTORY_SYSTEMS_JOIN,
            },
        }
    }
}

/// The commands below `history`.
#[derive(Debug, Subcommand)]
pub(crate) enum HistoryCommand {
    /// List the recorded systems; rename or join them
    Systems(HistorySystems),
}

/// The arguments of `history systems`.
#[derive(Debug, Args)]
pub(crate) struct HistorySystems {
    /// The change; without one they are listed.
    #[command(subcommand)]
    pub(crate) command: Option<SystemsCommand>,
}

/// The changes of recorded systems.
#[derive(Debug, Subcommand)]
pub(crate) enum SystemsCommand {
    /// Rename a recorded system
    Rename {
        /// Id, name, address or context of the system
        #[arg(value_name = "SYSTEM")]
        system: String,
        /// The new name
        #[arg(value_name = "NAME", value_parser = system_name)]
        name: String,
    },
    /// Move all snapshots of one system to another
    Join(SystemsJoin),
}

/// The arguments of `history systems join`.
#[derive(Debug, Args)]
pub(crate) struct SystemsJoin {
    /// Id, name, address or context of the system that ends
    #[arg(value_name = "FROM")]
    pub(crate) from: String,
    /// Id, name, address or context of the system that continues
    #[arg(value_name = "INTO")]
    pub(crate) into: String,
    /// Skip the confirmation prompt
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Parses the name of a system, which must not be read as an id.
fn system_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("expected a name on one line".to_owned());
    }
    if name.chars().all(|c| c.is_ascii_digit()) {
        return Err("a name of digits is an id".to_owned());
    }
    Ok(name.to_owned())
}

/// Parses an interval of at least one second.
fn interval(text: &str) -> Result<Duration, String> {
    let every = duration::parse(text)?;
    if every < MIN_INTERVAL { Err("expected at least 1s".to_owned()) } else { Ok(every) }
}

/// Parses an address. A port without an address is bound to localhost.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse().map_err(|_| {
        "expected a port such as 9187 (this machine only) or an address such as 0.0.0.0:9187"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_without_an_address_binds_to_localhost() {
        for text in ["9187", ":9187", "127.0.0.1:9187"] {
            assert_eq!(address(text).map(|a| a.to_string()), Ok("127.0.0.1:9187".to_owned()));
        }
        assert!(address("0.0.0.0:9187").is_ok_and(|address| !address.ip().is_loopback()));
        assert!(address("everywhere").is_err());
    }

    #[test]
    fn system_name_of_digits_is_rejected() {
        assert_eq!(system_name(" prod eu ").as_deref(), Ok("prod eu"));
        for text in ["", "  ", "12", "a\nb", "\u{1b}[31m"] {
            assert!(system_name(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn interval_below_one_second_is_rejected() {
        assert!(interval("1s").is_ok() && interval("500ms").is_err());
    }
}
