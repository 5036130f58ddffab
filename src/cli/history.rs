//! The arguments of `watch`, `record` and `history`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::filter::{TimeArg, parse_time};
use super::old_names;
use crate::settings::duration;

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
pub struct History {
    /// Start: a duration ago (24h, 7d) or a time (2026-01-31T04:00:00Z)
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_time)]
    pub(crate) since: TimeArg,
    /// Write an HTML page with charts instead
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
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
    fn interval_below_one_second_is_rejected() {
        assert!(interval("1s").is_ok() && interval("500ms").is_err());
    }
}
