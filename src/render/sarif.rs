//! `-o sarif`: SARIF 2.1.0 for code scanning.
//!
//! A finding about a line of a file has a physical location, one about a table or function a
//! logical location.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::checks::registry;
use crate::facts::{Finding, Status};
use crate::redact::sanitize;
use crate::report::{Provenance, Report};
use crate::suggest::ShellCommand;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Renders one run per context. Checks that are OK are results of kind `pass`.
pub(crate) fn render(report: &Report, from: &Provenance) -> String {
    let runs: Vec<_> = report.parts(from).into_iter().map(|(part, from)| run(part, from)).collect();
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": runs });
    sanitize::json(format!("{log:#}\n"))
}

fn run(report: &Report, from: &Provenance) -> Value {
    let checks: BTreeSet<&str> = report.findings.iter().map(|finding| finding.check).collect();
    let checks: Vec<&str> = checks.into_iter().collect();
    let results: Vec<_> =
        report.findings.iter().map(|finding| result(report, &checks, finding)).collect();
    let notifications: Vec<_> = report
        .errors
        .iter()
        .map(|error| json!({ "level": "error", "message": { "text": error.message } }))
        .collect();
    json!({
        "tool": { "driver": {
            "name": "cliplyctl",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": checks.iter().map(|id| rule(id)).collect::<Vec<_>>(),
        }},
        "automationDetails": { "id": category(report, from) },
        "invocations": [{
            "executionSuccessful": report.errors.is_empty(),
            "exitCode": report.exit.code(),
            "startTimeUtc": from.started_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "toolExecutionNotifications": notifications,
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
    })
}

/// Returns the category of a run, by command and context. A new run replaces the earlier one of its
/// category.
fn category(report: &Report, from: &Provenance) -> String {
    let command = report.command.replace(' ', "-");
    match &from.context {
        Some(context) => format!("cliplyctl/{command}/{context}/"),
        None => format!("cliplyctl/{command}/"),
    }
}

fn rule(id: &str) -> Value {
    let title = registry::title(id).unwrap_or(id);
    json!({
        "id": id,
        "shortDescription": { "text": title },
        "help": { "text": format!("Runbook: {}", ShellCommand::new("runbook").arg(id)) },
    })
}

fn result(report: &Report, checks: &[&str], finding: &Finding) -> Value {
    let (kind, level) = kind(report, finding);
    let mut result = json!({
        "ruleId": finding.check,
        "ruleIndex": checks.iter().position(|id| *id == finding.check),
        "kind": kind,
        "level": level,
        "message": { "text": format!("{}: {}", finding.subject, finding.message) },
        "locations": [location(finding)],
        "partialFingerprints": {
            "checkAndSubject/v1": format!("{} {}", finding.check, finding.subject)
        },
        "properties": { "status": finding.status.as_str() },
    });
    if let Some(fix) = &finding.suggested_fix {
        result["properties"]["suggested_fix"] = fix.as_str().into();
    }
    if let Some(next) = finding.next_command() {
        result["properties"]["next"] = next.to_string().into();
    }
    result
}

/// Returns kind and level. UNKNOWN is an error, because it must not look like a success; a finding
/// below `--fail-on` is a note.
fn kind(report: &Report, finding: &Finding) -> (&'static str, &'static str) {
    match finding.status {
        Status::Ok => ("pass", "none"),
        Status::Skipped { .. } => ("notApplicable", "none"),
        _ if !report.is_failure(finding) => ("fail", "note"),
        Status::Warning => ("fail", "warning"),
        Status::Critical | Status::Unknown => ("fail", "error"),
    }
}

fn location(finding: &Finding) -> Value {
    match &finding.place {
        Some(source_line) => json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(&source_line.file.display().to_string()) },
            "region": { "startLine": source_line.line.max(1) },
        }}),
        None => json!({ "logicalLocations": [{ "fullyQualifiedName": finding.subject }] }),
    }
}

/// Converts a path into a URI; everything except letters, digits, `-._~` and slashes is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Section;
    use crate::zod::model::SourceLine;

    #[test]
    fn source_line_is_a_physical_location_and_table_a_logical_one() {
        let finding = Finding::new("env.x", Section::Environment, Status::Warning, "A", "b");
        let source_line = SourceLine { file: "a b/ü.ts".into(), line: 7 };
        let physical = &location(&finding.clone().at(source_line))["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "a%20b/%C3%BC.ts");
        assert_eq!(physical["region"]["startLine"], 7);
        assert_eq!(location(&finding)["logicalLocations"][0]["fullyQualifiedName"], "A");
    }
}
