//! `-o nagios`: one status line with performance data, then what is not OK, as the
//! monitoring-plugins guidelines have it.
//!
//! Performance data is `'label'=value[UOM];warning;critical;minimum;`. The guidelines know units of
//! time, so that counts have none; their limits speak of "above", ours of "at or above".

use std::collections::BTreeSet;

use crate::exit::ExitCode;
use crate::facts::{Finding, Value};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};

/// Lines of details: agents cut long outputs anywhere.
const DETAILS: usize = 20;

/// The status line and the details.
#[must_use]
pub fn render(report: &Report, from: &Provenance) -> String {
    let command = report.command.to_uppercase();
    let mut text = format!("{command} {}: {}", status(report), plain(&report.one_line_summary()));
    let parts: Vec<_> =
        report.parts(from).into_iter().map(|part| (subject_of(report, part.1), part.0)).collect();
    let data: Vec<_> =
        parts.iter().flat_map(|(whose, part)| performance(&part.findings, whose)).collect();
    if !data.is_empty() {
        text.push_str(&format!(" | {}", data.join(" ")));
    }
    text.push('\n');
    let lines: Vec<_> = parts.iter().flat_map(|(whose, part)| details(part, whose)).collect();
    lines.iter().take(DETAILS).for_each(|line| text.push_str(line));
    if lines.len() > DETAILS {
        text.push_str(&format!("and {} more\n", lines.len() - DETAILS));
    }
    text
}

/// `prod-eu/` in front of what belongs to one of several contexts.
fn subject_of(report: &Report, from: &Provenance) -> String {
    match (report.contexts.is_empty(), &from.context) {
        (false, Some(context)) => format!("{}/", plain(context).replace(['\'', '='], "_")),
        _ => String::new(),
    }
}

/// What is not OK, one line each; of several contexts also why one could not be asked.
fn details(report: &Report, whose: &str) -> Vec<String> {
    let finding = |finding: &&Finding| {
        let (label, subject) = (finding.status.label(), plain(&finding.subject));
        format!("{label} {whose}{} {subject}: {}\n", finding.check, plain(&finding.message))
    };
    let errors = report.errors.iter().filter(|_| !whose.is_empty() && report.findings.is_empty());
    let errors = errors.map(|error| format!("UNKNOWN {whose} {}\n", plain(&error.message)));
    report.problems().iter().map(finding).chain(errors).collect()
}

/// The word of the exit code, which is what the monitoring goes by: `--fail-on` may forgive.
fn status(report: &Report) -> &'static str {
    match report.exit {
        ExitCode::Ok => "OK",
        ExitCode::Warning => "WARNING",
        ExitCode::Critical => "CRITICAL",
        _ => "UNKNOWN",
    }
}

/// One line without the bar that begins performance data.
fn plain(text: &str) -> String {
    sanitize::line(text).replace('|', "/")
}

/// Every number that was read, each label once.
fn performance(findings: &[Finding], whose: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut data = Vec::new();
    for finding in findings {
        let Some(evidence) = &finding.evidence else { continue };
        let Value::Number(value) = evidence.value else { continue };
        let value = (value * 1e3).round() / 1e3;
        if value.is_finite() && seen.insert(finding.check) {
            let unit = evidence.unit.filter(|unit| ["s", "ms", "%"].contains(unit)).unwrap_or("");
            let limit = finding.threshold.map(|threshold| threshold.limit);
            let side = |side: Option<f64>| side.map(|value| value.to_string()).unwrap_or_default();
            let warning = side(limit.and_then(|limit| limit.warning));
            let critical = side(limit.and_then(|limit| limit.critical));
            data.push(format!("'{whose}{}'={value}{unit};{warning};{critical};0;", finding.check));
        }
    }
    data
}
