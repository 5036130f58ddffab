//! The common parts of the reports of `health` and `ready`.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Document, Provenance, Report};
use crate::facts::SourceError;
use crate::facts::service::{Exchange, Latency};
use crate::suggest::CommandText;
use crate::text;

/// Latency of a request by phase, in milliseconds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LatencyJson {
    /// Name resolution; null if the host is an IP address.
    dns: Option<f64>,
    /// Connection, including TLS.
    connect: Option<f64>,
    /// Time from the start to the response head.
    pub(crate) first_byte: f64,
    /// Time from the start to the last byte.
    total: f64,
}

impl From<Latency> for LatencyJson {
    fn from(latency: Latency) -> Self {
        Self {
            dns: latency.dns.map(to_millis),
            connect: latency.connect.map(to_millis),
            first_byte: to_millis(latency.first_byte),
            total: to_millis(latency.total),
        }
    }
}

/// Converts a duration to milliseconds, rounded to a thousandth.
fn to_millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Formats a latency: `12 ms`.
pub(crate) fn millis(duration: Duration) -> String {
    text::millis(duration.as_secs_f64() * 1e3)
}

/// Builds the title: `health · prod · https://api.example.com/api/healthz`.
pub(crate) fn title(subject: &str, path: &str, from: &Provenance) -> Block {
    let mut cells = vec![Cell::strong(subject)];
    cells.extend(from.context.as_ref().map(Cell::plain));
    let base = from.base_url.as_deref().unwrap_or_default();
    cells.push(Cell::muted(format!("{base}{path}")));
    Block::Title(cells)
}

/// Returns the HTTP status and the number of retries: `HTTP 200 after 1 retry`.
pub(crate) fn status(exchange: Exchange) -> String {
    match exchange.retries {
        0 => format!("HTTP {}", exchange.http_status),
        n => format!(
            "HTTP {} after {}",
            exchange.http_status,
            text::plural(n.into(), "retry", "retries")
        ),
    }
}

/// Adds the hint of a failed source, if it has one.
pub(crate) fn add_hint(document: &mut Document, error: Option<&SourceError>) {
    if let Some(hint) = error.and_then(|error| error.hint.as_ref()) {
        document.note(CommandText::from("Hint: ").append(hint.clone()));
    }
}

/// Records whether the source was examined, and the error if it was not.
pub(crate) fn record_coverage(report: &mut Report, source: &str, error: Option<&SourceError>) {
    match error {
        None => report.examined.push(source.to_owned()),
        Some(error) => {
            report.not_examined.push((source.to_owned(), error.message.clone()));
            report.errors.push(error.clone().into());
        }
    }
}
