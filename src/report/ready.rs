//! The report of `ready`: the components that the app reports, and those that it does not.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::service::{self, LatencyJson};
use super::{Block, Cell, Column, Document, Provenance, Report, RunbookLink, Table};
use crate::exit::FailOn;
use crate::facts::service::{Component, IgnoredComponent, Readiness, ReportedFlag, ReportedQueue};
use crate::facts::{Finding, Observed, Status};
use crate::suggest::ShellCommand;
use crate::text;

/// `data` of `ready`; null if `/api/readyz` returned no report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReadyJson {
    /// Path of the endpoint.
    endpoint: String,
    /// Format of the report: `canonical`, `flags`, `integrations`, `detailed`, `worker`, `bare`,
    /// `failure`, `other`, `actuator`, `health_json`, `terminus`, `kubernetes` or `rails`.
    shape: &'static str,
    /// Whether the app reports that it is ready; null if it does not report this.
    ok: Option<bool>,
    /// Whether the app failed to build its report.
    fatal: bool,
    /// HTTP status code.
    http_status: u16,
    /// Time that the app reports, unparsed.
    timestamp: Option<String>,
    /// Number of failed requests before the answered one.
    retries: u32,
    /// Latency in milliseconds.
    latency_ms: LatencyJson,
    /// Components of the report, without the ignored ones.
    components: Vec<ComponentJson>,
    /// Components that the context ignores.
    ignored_components: Vec<String>,
    /// Queue metrics of the app; null if it reports none.
    queue: Option<ReportedQueueJson>,
    /// Errors that the app reports.
    errors: Vec<String>,
    /// Unhealthy values outside of components, with their paths.
    unhealthy: Vec<String>,
}

/// A component of a readiness report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ComponentJson {
    name: String,
    /// Whether the component is up; null if the report does not contain this.
    ok: Option<bool>,
    message: Option<String>,
    /// Other fields of the component, as text.
    details: BTreeMap<String, String>,
}

/// Queue metrics of a readiness report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReportedQueueJson {
    /// Number of unfinished jobs.
    length: Option<u64>,
    /// Age of the oldest job as reported, in seconds or milliseconds.
    oldest_job_age_raw: Option<f64>,
    /// Age of the oldest job in seconds; null unless the unit is configured in the context.
    oldest_job_age: Option<f64>,
    /// Whether the app reports a warning about the queue.
    warning: Option<bool>,
}

impl ReadyJson {
    fn new(endpoint: &str, readiness: &Readiness) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            shape: readiness.format.as_str(),
            ok: flag_value(&readiness.ok),
            fatal: readiness.fatal,
            http_status: readiness.exchange.http_status,
            timestamp: readiness.timestamp.clone(),
            retries: readiness.exchange.retries,
            latency_ms: readiness.exchange.latency.into(),
            components: readiness.components.iter().map(Into::into).collect(),
            ignored_components: readiness.ignored.iter().map(|c| c.name.clone()).collect(),
            queue: readiness.queue.as_ref().map(Into::into),
            errors: readiness.errors.clone(),
            unhealthy: readiness.unhealthy.clone(),
        }
    }
}

impl From<&Component> for ComponentJson {
    fn from(component: &Component) -> Self {
        Self {
            name: component.name.clone(),
            ok: flag_value(&component.ok),
            message: component.message.clone(),
            details: component.details.iter().cloned().collect(),
        }
    }
}

impl From<&ReportedQueue> for ReportedQueueJson {
    fn from(queue: &ReportedQueue) -> Self {
        let raw = queue.oldest_job_age;
        Self {
            length: queue.length,
            oldest_job_age_raw: raw,
            oldest_job_age: raw.zip(queue.age_unit).map(|(age, unit)| age * unit),
            warning: flag_value(&queue.warning),
        }
    }
}

fn flag_value(flag: &ReportedFlag) -> Option<bool> {
    match flag {
        ReportedFlag::Is(value) => Some(*value),
        ReportedFlag::Degraded => Some(false),
        ReportedFlag::Absent | ReportedFlag::Malformed(_) => None,
    }
}

/// Builds the report, also if the app did not answer.
pub(crate) fn report(
    observed: &Observed<Readiness>,
    findings: Vec<Finding>,
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let document = document(observed, &findings, from);
    let data = observed.value().map(|readiness| ReadyJson::new(&observed.source, readiness));
    let mut report = Report::from_findings("ready", findings, fail_on, data, document);
    service::record_coverage(&mut report, &observed.source, observed.error());
    if let Some(readiness) = observed.value() {
        let unknown = report.findings.iter();
        let unknown =
            unknown.filter(|f| matches!(f.status, Status::Unknown | Status::Skipped { .. }));
        report.not_examined.extend(unknown.map(|f| (f.subject.clone(), f.message.clone())));
        report
            .not_examined
            .extend(readiness.ignored.iter().map(|c| (c.name.clone(), IGNORED.to_owned())));
        report.summary.push(("ok", flag_value(&readiness.ok).into()));
        report.summary.push(("shape", readiness.format.as_str().into()));
    }
    report
}

fn document(observed: &Observed<Readiness>, findings: &[Finding], from: &Provenance) -> Document {
    let mut document = Document::default();
    let status = Status::worst(findings.iter().map(|finding| finding.status));
    document.headline(status, describe_readiness(status, findings, observed));
    document.push(service::title("readiness", &observed.source, from));
    let ignored = observed.value().map_or(&[][..], |readiness| &readiness.ignored);
    document.push(Block::Table(table(findings, ignored)));
    if let Some(readiness) = observed.value() {
        document.note(describe_response(readiness));
        if let Some(note) = readiness.note() {
            document.note(note);
        }
    }
    service::add_hint(&mut document, observed.error());
    document.next_steps_for(findings, &ShellCommand::new("ready"));
    document
}

/// Returns the HTTP status, the latency and the server's clock as text.
fn describe_response(readiness: &Readiness) -> String {
    let status = service::status(readiness.exchange);
    let first_byte = service::millis(readiness.exchange.latency.first_byte);
    match &readiness.timestamp {
        Some(time) => format!("{status} in {first_byte}; clock of the app: {time}"),
        None => format!("{status} in {first_byte}"),
    }
}

/// Returns the headline.
fn describe_readiness(
    status: Status,
    findings: &[Finding],
    observed: &Observed<Readiness>,
) -> String {
    let subjects = |matches: fn(Status) -> bool| {
        let findings = findings.iter().filter(|f| matches(f.status));
        findings.map(|f| f.subject.as_str()).collect::<Vec<_>>().join(", ")
    };
    let overall = findings.iter().find(|finding| finding.check == "ready.ok");
    match status {
        // Some servers behind a load balancer may fail.
        Status::Ok => match observed.value().map_or(0, |readiness| readiness.exchange.retries) {
            0 => "ready, all components are ok".to_owned(),
            n => {
                let retries = text::plural(n.into(), "retry", "retries");
                format!("ready, all components are ok (after {retries})")
            }
        },
        // The status that the app itself reports comes before those of its components.
        _ if overall.is_some_and(|overall| overall.status.worse(status) == overall.status) => {
            overall.map_or_else(String::new, |overall| overall.message.clone())
        }
        Status::Warning => {
            format!("ready, but with warnings: {}", subjects(|s| s == Status::Warning))
        }
        Status::Critical => format!("not ready, failing: {}", subjects(|s| s == Status::Critical)),
        Status::Unknown | Status::Skipped { .. } => {
            format!("no status reported for: {}", subjects(|s| s == Status::Unknown))
        }
    }
}

/// Why an ignored component was not evaluated.
const IGNORED: &str = "ignored (ignored_components in the context)";

fn table(findings: &[Finding], ignored: &[IgnoredComponent]) -> Table {
    let mut table = Table::new(vec![
        Column::text("component"),
        Column::text("status"),
        Column::prose("detail"),
        Column::text("runbook"),
    ]);
    // The agreement check has a row only if it is not OK.
    let is_hidden = |f: &&Finding| f.check == "ready.agreement" && f.status == Status::Ok;
    for finding in findings.iter().filter(|f| !is_hidden(f)) {
        let section = match finding.status {
            Status::Ok => Cell::plain(""),
            _ => Cell::muted(finding.section.number())
                .with_link(RunbookLink::Section(finding.section)),
        };
        table.row(vec![
            Cell::plain(&finding.subject),
            Cell::status(finding.status),
            Cell::plain(&finding.message),
            section,
        ]);
    }
    for component in ignored {
        let reported = component.reported.as_deref().unwrap_or("not reported");
        table.row(vec![
            Cell::plain(&component.name),
            Cell::muted("ignored"),
            Cell::plain(format!("{reported} (ignored_components in the context)")),
            Cell::plain(""),
        ]);
    }
    table
}
