//! `-o nagios`: one status line with performance data, then the findings that are not OK, as
//! described in the monitoring plugins guidelines.
//!
//! Performance data is `'label'=value[UOM];warning;critical;minimum;`. The guidelines only define
//! units of time, so counts have none. Their thresholds mean "above", those of this tool "at or
//! above".

use std::collections::BTreeSet;

use crate::exit::ExitCode;
use crate::facts::{Finding, Value};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};

/// The maximum number of detail lines: agents truncate long outputs.
const MAX_DETAILS: usize = 20;

/// Renders the status line and the details.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let command = report.command.to_uppercase();
    let mut text = format!("{command} {}: {}", status(report), plain(&report.one_line_summary()));
    let parts: Vec<_> = report
        .parts(from)
        .into_iter()
        .map(|part| (context_prefix(report, part.1), part.0))
        .collect();
    let data: Vec<_> =
        parts.iter().flat_map(|(prefix, part)| performance(&part.findings, prefix)).collect();
    if !data.is_empty() {
        text.push_str(&format!(" | {}", data.join(" ")));
    }
    text.push('\n');
    let lines: Vec<_> = parts.iter().flat_map(|(prefix, part)| details(part, prefix)).collect();
    lines.iter().take(MAX_DETAILS).for_each(|line| text.push_str(line));
    if lines.len() > MAX_DETAILS {
        text.push_str(&format!("and {} more\n", lines.len() - MAX_DETAILS));
    }
    text
}

/// Returns `prod-eu/` as the prefix of labels if there are several contexts.
fn context_prefix(report: &Report, from: &Provenance) -> String {
    match (report.contexts.is_empty(), &from.context) {
        (false, Some(context)) => format!("{}/", plain(context).replace(['\'', '='], "_")),
        _ => String::new(),
    }
}

/// Returns one line per finding that is not OK; with several contexts also the error of a context
/// that could not be evaluated.
fn details(report: &Report, prefix: &str) -> Vec<String> {
    let finding = |finding: &&Finding| {
        let (label, subject) = (finding.status.label(), plain(&finding.subject));
        format!("{label} {prefix}{} {subject}: {}\n", finding.check, plain(&finding.message))
    };
    let errors = report.errors.iter().filter(|_| !prefix.is_empty() && report.findings.is_empty());
    let errors = errors.map(|error| format!("UNKNOWN {prefix} {}\n", plain(&error.message)));
    report.problems().iter().map(finding).chain(errors).collect()
}

/// Returns the status of the exit code, which is what the monitoring system uses: `--fail-on` may
/// lower it.
fn status(report: &Report) -> &'static str {
    match report.exit {
        ExitCode::Ok => "OK",
        ExitCode::Warning => "WARNING",
        ExitCode::Critical => "CRITICAL",
        _ => "UNKNOWN",
    }
}

/// Returns one line without the bar that starts performance data.
fn plain(text: &str) -> String {
    sanitize::line(text).replace('|', "/")
}

/// Returns the performance data of every number, each label once.
fn performance(findings: &[Finding], prefix: &str) -> Vec<String> {
    let mut labels = BTreeSet::new();
    let mut data = Vec::new();
    for finding in findings {
        let Some(evidence) = &finding.evidence else { continue };
        let Value::Number(value) = evidence.value else { continue };
        let value = (value * 1e3).round() / 1e3;
        if value.is_finite() && labels.insert(finding.check) {
            let unit = evidence.unit.filter(|unit| ["s", "ms", "%"].contains(unit)).unwrap_or("");
            let threshold = finding.threshold.map(|threshold| threshold.threshold);
            let format_limit =
                |limit: Option<f64>| limit.map(|value| value.to_string()).unwrap_or_default();
            let warning = format_limit(threshold.and_then(|threshold| threshold.warning));
            let critical = format_limit(threshold.and_then(|threshold| threshold.critical));
            data.push(format!("'{prefix}{}'={value}{unit};{warning};{critical};0;", finding.check));
        }
    }
    data
}
