//! Reads reports that `rls audit` and `rls matrix` wrote with `-o json`.

use std::path::Path;

use serde::Deserialize;

use super::read_limited;
use crate::error::{Error, ErrorKind};
use crate::facts::SourceErrorKind;
use crate::facts::Status;
use crate::facts::access::diff::{
    AccessLevel, AccessReport, EarlierAccess, EarlierExpectation, EarlierFinding, EarlierHelper,
    ReportPair,
};
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

/// Maximum size of a report, bytes. A larger file is not a report.
const MAX_BYTES: u64 = 64 << 20;
/// Supported value of the field `schema`.
const SCHEMA: &str = "cliplyctl.report/v1";

#[derive(Deserialize)]
struct ReportFile {
    schema: String,
    command: String,
    started_at: String,
    exit_code: i32,
    context: ReportContext,
    coverage: ReportCoverage,
    findings: Vec<ReportFinding>,
    data: serde_json::Value,
    errors: Vec<ReportError>,
}

#[derive(Deserialize)]
struct ReportContext {
    name: Option<String>,
    database: Option<String>,
}

#[derive(Deserialize)]
struct ReportCoverage {
    examined: Vec<String>,
}

#[derive(Deserialize)]
struct ReportFinding {
    id: String,
    status: Option<String>,
    /// The status in reports of version 0.1.0.
    severity: Option<String>,
    subject: String,
    message: String,
}

#[derive(Deserialize)]
struct ReportCell {
    table: String,
    role: String,
    command: String,
    expected: Option<String>,
    /// The expected access in reports of version 0.1.0.
    declared: Option<String>,
    computed: Option<String>,
    /// The computed access in reports of version 0.1.0.
    predicted: Option<String>,
    /// Absent in reports of version 0.1.0.
    #[serde(default)]
    helpers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct ReportError {
    message: String,
}

/// Reads two reports of the same command.
///
/// # Errors
/// Exit code 64 if a file is not such a report or the commands differ, 3 if the report is of a run
/// that failed without data.
pub fn read(old: &Path, new: &Path) -> Result<ReportPair, Error> {
    let (before, after) = (read_report(old)?, read_report(new)?);
    if before.command != after.command {
        let commands =
            format!("one is from `{}`, the other from `{}`", before.command, after.command);
        return Err(Error::usage("the reports are from different commands").cause(commands));
    }
    Ok(ReportPair { old: to_access_report(old, before)?, new: to_access_report(new, after)? })
}

fn read_report(path: &Path) -> Result<ReportFile, Error> {
    let shown = path.display();
    let bytes = read_limited::file(path, MAX_BYTES)
        .map_err(|e| Error::usage(format!("cannot read {shown}")).cause(e))?
        .ok_or_else(|| describe_mismatch(path, "it is too large for a report"))?;
    let report: ReportFile = serde_json::from_slice(&bytes)
        .map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))?;
    if report.schema != SCHEMA || !matches!(report.command.as_str(), "rls audit" | "rls matrix") {
        return Err(describe_mismatch(
            path,
            format!("it is a {} of `{}`", report.schema, report.command),
        ));
    }
    if let (Some(failure), true) = (report.errors.first(), report.data.is_null()) {
        let kind = ErrorKind::Source(SourceErrorKind::Other);
        let message =
            format!("{shown} is the report of a run that failed with {}", report.exit_code);
        return Err(Error::new(kind, message).cause(&failure.message));
    }
    Ok(report)
}

fn describe_mismatch(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::usage(format!("{} is not a report of rls audit or rls matrix", path.display()))
        .cause(why)
        .hint(CommandText::to("write one", ShellCommand::new("rls matrix -o json > FILE")))
}

/// Converts a report to the data that a comparison needs.
fn to_access_report(path: &Path, report: ReportFile) -> Result<AccessReport, Error> {
    let cells: Vec<ReportCell> = match report.command.as_str() {
        "rls matrix" => serde_json::from_value(report.data)
            .map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))?,
        _ => Vec::new(),
    };
    let place = report.context.name.or(report.context.database).unwrap_or_default();
    let cell = |cell: ReportCell| {
        let computed = cell.computed.or(cell.predicted).unwrap_or_default();
        EarlierAccess {
            table: cell.table,
            role: cell.role,
            command: cell.command,
            expected: expectation(cell.expected.or(cell.declared).as_deref()),
            level: access_level(&computed),
            computed,
            helpers: cell.helpers.map(|helpers| helpers.iter().map(|text| helper(text)).collect()),
        }
    };
    let finding = |finding: ReportFinding| {
        let status = finding.status.or(finding.severity);
        Ok(EarlierFinding {
            check: finding.id,
            subject: finding.subject,
            status: status
                .map(|status| finding_status(&status))
                .ok_or_else(|| describe_mismatch(path, "a finding has no status"))?,
            message: finding.message,
        })
    };
    Ok(AccessReport {
        file: path.display().to_string(),
        origin: format!("{place} at {}", report.started_at),
        cells: cells.into_iter().map(cell).collect(),
        findings: report.findings.into_iter().map(finding).collect::<Result<_, Error>>()?,
        roles_and_schemas: report
            .coverage
            .examined
            .into_iter()
            .filter(|subject| is_role_or_schema(subject))
            .collect(),
    })
}

// The texts of the report's format, which both versions write:

fn expectation(expected: Option<&str>) -> EarlierExpectation {
    match expected {
        None => EarlierExpectation::NotNamed,
        Some("deny") => EarlierExpectation::Denied,
        Some(_) => EarlierExpectation::Allowed,
    }
}

fn access_level(computed: &str) -> AccessLevel {
    match computed {
        "every row" => AccessLevel::Everything,
        text if text.starts_with("denied") || text.starts_with("no row") => AccessLevel::Nothing,
        text if text.starts_with("fails") => AccessLevel::Error,
        _ => AccessLevel::Rows,
    }
}

fn helper(text: &str) -> EarlierHelper {
    let (signature, fingerprint) = text.rsplit_once(' ').unwrap_or((text, ""));
    EarlierHelper { signature: signature.to_owned(), fingerprint: fingerprint.to_owned() }
}

fn finding_status(status: &str) -> Status {
    match status {
        "critical" => Status::Critical,
        "warning" => Status::Warning,
        _ => Status::Unknown,
    }
}

fn is_role_or_schema(subject: &str) -> bool {
    subject.starts_with("role ") || subject.starts_with("schema ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::access::computed::{ComputedAccess, DenyReason, RowFilter};

    #[test]
    fn access_is_read_as_it_is_written() {
        let filter = RowFilter { any: vec!["id = auth.uid()".to_owned()], ..RowFilter::default() };
        let denied = [DenyReason::SchemaUsage, DenyReason::Grant, DenyReason::Policy];
        let others = [
            (ComputedAccess::All, AccessLevel::Everything),
            (ComputedAccess::Rows(filter), AccessLevel::Rows),
            (ComputedAccess::Fails("recursion".to_owned()), AccessLevel::Error),
        ];
        let denied = denied.map(|reason| (ComputedAccess::Denied(reason), AccessLevel::Nothing));
        for (computed, level) in denied.into_iter().chain(others) {
            assert_eq!(access_level(&computed.to_string()), level, "{computed}");
        }
    }
}
