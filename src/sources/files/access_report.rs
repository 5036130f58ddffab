//! A report of `rls audit` or `rls matrix`, as `-o json` wrote it.

use std::path::Path;

use serde::Deserialize;

use super::read_limited;
use crate::error::{Error, ErrorKind};
use crate::facts::SourceErrorKind;
use crate::facts::access::diff::{AccessReport, EarlierAccess, EarlierFinding, ReportPair};
use crate::text;

/// Bytes that are read: a report of this size is something else.
const MAX_BYTES: u64 = 64 << 20;
/// The form that is understood.
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
    severity: String,
    subject: String,
    message: String,
}

#[derive(Deserialize)]
struct ReportCell {
    table: String,
    role: String,
    command: String,
    declared: Option<String>,
    predicted: String,
}

#[derive(Deserialize)]
struct ReportError {
    message: String,
}

/// Reads two reports of the same command.
///
/// # Errors
/// 64 for files that are no such reports, 3 for a report of a run that could not see anything.
pub fn read(old: &Path, new: &Path) -> Result<ReportPair, Error> {
    let (before, after) = (written(old)?, written(new)?);
    if before.command != after.command {
        let both = format!("one is of `{}`, the other of `{}`", before.command, after.command);
        return Err(Error::usage("these are reports of two commands").cause(both));
    }
    Ok(ReportPair { old: snapshot(old, before)?, new: snapshot(new, after)? })
}

fn written(path: &Path) -> Result<ReportFile, Error> {
    let shown = path.display();
    let bytes = read_limited::file(path, MAX_BYTES)
        .map_err(|e| Error::usage(format!("{shown} cannot be read")).cause(e))?
        .ok_or_else(|| describe_mismatch(path, "it is larger than any of them"))?;
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
            format!("{shown} is the report of a run that ended with {}", report.exit_code);
        return Err(Error::new(kind, message).cause(&failure.message));
    }
    Ok(report)
}

fn describe_mismatch(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::usage(format!("{} is no report of rls audit or rls matrix", path.display()))
        .cause(why)
        .hint("write one: cliplyctl rls matrix -o json > FILE")
}

fn snapshot(path: &Path, report: ReportFile) -> Result<AccessReport, Error> {
    let cells: Vec<ReportCell> = match report.command.as_str() {
        "rls matrix" => serde_json::from_value(report.data)
            .map_err(|e| describe_mismatch(path, text::describe_json_error(&e)))?,
        _ => Vec::new(),
    };
    let place = report.context.name.or(report.context.database).unwrap_or_default();
    let cell = |cell: ReportCell| EarlierAccess {
        table: cell.table,
        role: cell.role,
        command: cell.command,
        expected: cell.declared,
        computed: cell.predicted,
    };
    let flaw = |flaw: ReportFinding| EarlierFinding {
        check: flaw.id,
        subject: flaw.subject,
        status: flaw.severity,
        message: flaw.message,
    };
    Ok(AccessReport {
        file: path.display().to_string(),
        origin: format!("{place} at {}", report.started_at),
        cells: cells.into_iter().map(cell).collect(),
        findings: report.findings.into_iter().map(flaw).collect(),
        examined: report.coverage.examined,
    })
}
