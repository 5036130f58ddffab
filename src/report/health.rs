//! The report of `health`: availability and latency of the app.

use schemars::JsonSchema;
use serde::Serialize;

use super::service::{self, LatencyJson};
use super::{Block, Cell, Document, Provenance, Report};
use crate::exit::FailOn;
use crate::facts::service::Health;
use crate::facts::{Finding, Observed, Status};
use crate::suggest::ShellCommand;

/// `data` of `health`; null if `/api/healthz` returned no report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HealthJson {
    /// Whether the app reports that it is up.
    ok: bool,
    /// HTTP status code.
    http_status: u16,
    /// Service name that the app reports.
    service: Option<String>,
    /// Time that the app reports, unparsed.
    ts: Option<String>,
    /// Error that the app reports.
    error: Option<String>,
    /// Number of failed requests before the answered one.
    retries: u32,
    /// Latency in milliseconds.
    latency_ms: LatencyJson,
}

impl From<&Health> for HealthJson {
    fn from(health: &Health) -> Self {
        Self {
            ok: health.ok,
            http_status: health.exchange.http_status,
            service: health.service.clone(),
            ts: health.ts.clone(),
            error: health.error.clone(),
            retries: health.exchange.retries,
            latency_ms: health.exchange.latency.into(),
        }
    }
}

/// Builds the report, also if the app did not answer.
pub(crate) fn report(
    observed: &Observed<Health>,
    findings: Vec<Finding>,
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let document = document(observed, &findings, from);
    let data = observed.value().map(HealthJson::from);
    let mut summary = Vec::new();
    if let Some(health) = &data {
        summary.push(("http_status", health.http_status.into()));
        summary.push(("first_byte_ms", health.latency_ms.first_byte.into()));
    }
    let mut report = Report::from_findings("health", findings, fail_on, data, document);
    service::record_coverage(&mut report, &observed.source, observed.error());
    report.summary.extend(summary);
    report
}

fn document(observed: &Observed<Health>, findings: &[Finding], from: &Provenance) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|finding| finding.status));
    let headline = findings.first().map_or("", |finding| &finding.message);
    document.headline(status, headline);
    document.push(service::title("health", &observed.source, from));
    if let Some(health) = observed.value() {
        document.push(Block::Pairs(pairs(health)));
    }
    service::add_hint(&mut document, observed.error());
    document.next_steps_for(findings, &ShellCommand::new("health"));
    document
}

fn pairs(health: &Health) -> Vec<(&'static str, Cell)> {
    let latency = health.exchange.latency;
    let time = |duration| Cell::plain(service::millis(duration));
    let mut pairs = vec![("answer", Cell::plain(service::status(health.exchange)))];
    pairs.extend(health.service.as_deref().map(|name| ("service", Cell::plain(name))));
    pairs.extend(health.ts.as_deref().map(|ts| ("its clock", Cell::plain(ts))));
    pairs.extend(latency.dns.map(|dns| ("dns", time(dns))));
    pairs.extend(latency.connect.map(|connect| ("connect", time(connect))));
    pairs.push(("first byte", time(latency.first_byte)));
    pairs.push(("total", time(latency.total)));
    pairs
}
