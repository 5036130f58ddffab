//! `-o nagios`: one status line with performance data, then what is not OK, as the
//! monitoring-plugins guidelines have it.
//!
//! Performance data is `'label'=value[UOM];warning;critical;minimum;`. The guidelines know units of
//! time, so that counts have none; their limits speak of "above", ours of "at or above".

use std::collections::BTreeSet;

use super::{sanitise, short};
use crate::exit::ExitCode;
use crate::facts::{Finding, Value};
use crate::report::Report;

/// Lines of details: agents cut long outputs anywhere.
const DETAILS: usize = 20;

/// The status line and the details.
#[must_use]
pub fn render(report: &Report) -> String {
    let command = report.command.to_uppercase();
    let mut text = format!("{command} {}: {}", status(report), plain(&short::sentence(report)));
    let data = performance(&report.findings);
    if !data.is_empty() {
        text.push_str(&format!(" | {}", data.join(" ")));
    }
    text.push('\n');
    let bad = report.bad();
    for finding in bad.iter().take(DETAILS) {
        let (label, message) = (finding.verdict.label(), plain(&finding.message));
        text.push_str(&format!(
            "{label} {} {}: {message}\n",
            finding.check,
            plain(&finding.subject)
        ));
    }
    if bad.len() > DETAILS {
        text.push_str(&format!("and {} more\n", bad.len() - DETAILS));
    }
    text
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
    sanitise::line(text).replace('|', "/")
}

/// Every number that was read, each label once.
fn performance(findings: &[Finding]) -> Vec<String> {
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
            data.push(format!("'{}'={value}{unit};{warning};{critical};0;", finding.check));
        }
    }
    data
}
