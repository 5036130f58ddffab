//! The report of `triage`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Block, Cell, Column, Diagnosis, Document, Provenance, Report, RunbookLink, Table, acknowledged,
    title_line,
};
use crate::checks::app_tests;
use crate::exit::{ExitCode, FailOn};
use crate::facts::Suggestion;
use crate::facts::{Evidence, Finding, Section, SourceError, SourceErrorKind, Status, Value};
use crate::report::Data;
use crate::suggest::CommandText;
use crate::suggest::TargetFlags;
use crate::text;
use crate::triage::{
    AUDIT, AreaResult, OTHER_ROLES, TriageFacts, headline as diagnosis_headline, label,
    not_examined, section,
};

/// `data` of `triage`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TriageJson {
    /// Results of the areas, in display order.
    areas: Vec<AreaJson>,
}

/// Result of an area.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AreaJson {
    /// Name of the area.
    area: &'static str,
    /// Section of the runbook.
    section: &'static str,
    /// Status: `ok`, `warning`, `critical`, `unknown` or `skipped`.
    status: &'static str,
    /// Detail, in one sentence.
    detail: String,
    /// Suggested command.
    next: Option<String>,
}

/// Builds the report.
pub(crate) fn report(
    facts: &TriageFacts,
    results: &[AreaResult],
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let findings = results.iter().flat_map(|result| result.findings.clone()).collect();
    let document = document(facts, results, from);
    let mut report = Report::from_findings("triage", findings, fail_on, (), document);
    let areas = results.to_vec();
    report.data = Data::with_commands(move |flags| {
        let areas = areas.iter().map(|area| area_json(area, flags)).collect();
        serde_json::to_value(TriageJson { areas }).unwrap_or_default()
    });
    report.section = section(results);
    report.summary = results.iter().map(|r| (r.area, r.shown_status().as_str().into())).collect();
    for result in results {
        match result.shown_status() {
            Status::Unknown | Status::Skipped { .. } => {
                report.not_examined.push((result.area.to_owned(), result.shown_detail()));
            }
            _ => report.examined.push(result.area.to_owned()),
        }
    }
    report.not_examined.extend(not_examined(facts));
    // An invalid setting has the same exit code in every command.
    if report.exit == ExitCode::Unknown && unconfigured(facts).into_iter().any(is_invalid) {
        report.exit = ExitCode::Config;
    }
    report
}

fn area_json(result: &AreaResult, flags: &TargetFlags) -> AreaJson {
    AreaJson {
        area: result.area,
        section: result.section.number(),
        status: result.shown_status().as_str(),
        detail: result.shown_detail(),
        next: result.next().map(|step| step.command.clone().addressed(flags).to_string()),
    }
}

fn document(facts: &TriageFacts, results: &[AreaResult], from: &Provenance) -> Document {
    let mut document = Document::default();
    let status = Status::worst(results.iter().map(AreaResult::status));
    let diagnosis = section(results);
    let missing = unconfigured(facts);
    let (text, also) = headline(diagnosis.as_ref(), &missing, results);
    document.push(Block::Headline { status, text, also });
    document.push(title_line::title_at("triage", from));
    let mut table = Table::new(vec![
        Column::text("area"),
        Column::text("status"),
        Column::prose("detail"),
        Column::text("runbook"),
    ]);
    for result in results {
        let (tests, result) = split_tests(result);
        let mut row = |name: &str, status, detail| {
            table.row(vec![
                Cell::plain(name),
                status,
                detail,
                Cell::muted(result.section.number())
                    .with_link(RunbookLink::Section(result.section)),
            ]);
        };
        if !result.findings.is_empty() {
            let status = Cell::status(result.shown_status());
            row(label(result.area), status, Cell::plain(result.shown_detail()));
        }
        for test in tests {
            row(&test.subject, Cell::status(test.status), Cell::plain(&test.message));
        }
    }
    document.push(Block::Table(table));
    if let Some(diagnosis) = &diagnosis {
        document.push(Block::Table(evidence(&evaluated(diagnosis, results))));
    }
    let queue = facts.queue.as_ref().and_then(|observed| observed.value());
    acknowledged::push_notes(&mut document, queue.and_then(|q| q.acknowledged.as_ref()));
    for error in &missing {
        let note = CommandText::from(&error.message);
        document.note(match &error.hint {
            Some(hint) => note.text("; ").append(hint.clone()),
            None => note,
        });
    }
    let mut steps = next(results, diagnosis.as_ref());
    if let Some(unreachable) = unreachable_database_finding(results) {
        document.note(format!("cannot read the database: {}", unreachable.message));
        let next = unreachable.next_command();
        let next = next.filter(|next| steps.iter().all(|known| known.command != **next));
        steps.extend(next.map(|c| Suggestion::new(c.clone(), "test the database settings")));
    }
    for (subject, reason) in not_examined(facts) {
        // The row of the area says why other roles were not tested; it needs no note, only the command.
        if subject == OTHER_ROLES {
            if !steps.is_empty() && steps.iter().all(|known| known.command != AUDIT) {
                let purpose = format!("{} Access of other roles", Section::Access.number());
                steps.push(Suggestion::new(AUDIT, purpose));
            }
        } else {
            document.note(format!("not checked: {subject}: {reason}"));
        }
    }
    document.next(steps);
    document
}

/// Splits the test runs from an area: each gets a row of its own, so that none hides behind a finding that
/// is worse.
fn split_tests(result: &AreaResult) -> (Vec<Finding>, AreaResult) {
    let findings = result.findings.iter().cloned();
    let (tests, findings) = findings.partition(|finding| finding.check == app_tests::CHECK.id);
    (tests, AreaResult { findings, audit: result.audit.clone(), ..*result })
}

/// Returns why the database was not read, if the area's line shows a CRITICAL finding instead.
fn unreachable_database_finding(results: &[AreaResult]) -> Option<&Finding> {
    let is_critical = |result: &&AreaResult| result.status() == Status::Critical;
    let mut findings = results.iter().filter(is_critical).flat_map(|result| &result.findings);
    findings.find(|f| f.check == "db.reachable" && f.status == Status::Unknown)
}

/// Returns the checks that led to the diagnosis, then the other failing checks of its area that read a value.
fn evaluated<'a>(diagnosis: &'a Diagnosis, results: &'a [AreaResult]) -> Vec<&'a Finding> {
    let is_new = |f: &&Finding| diagnosis.matched.iter().all(|known| known.check != f.check);
    let is_problem = |f: &&Finding| matches!(f.status, Status::Critical | Status::Warning);
    let area = results.iter().filter(|result| result.section == diagnosis.section);
    let others = area.flat_map(|result| &result.findings).filter(is_problem);
    let others = others.filter(|f| f.evidence.is_some() && f.threshold.is_some()).filter(is_new);
    diagnosis.matched.iter().chain(others).collect()
}

/// Builds the table of the checks behind the diagnosis.
fn evidence(matched: &[&Finding]) -> Table {
    let mut table = Table::new(vec![
        Column::text("check"),
        Column::prose("value"),
        Column::text("threshold"),
        Column::text("source"),
    ]);
    for finding in matched {
        let check = Cell::plain(finding.check).with_link(RunbookLink::Check(finding.check));
        let threshold = finding.threshold.as_ref().map(text::threshold);
        let (value, source) = match &finding.evidence {
            Some(evidence) if finding.status != Status::Unknown => {
                (describe_value(evidence), evidence.source.clone())
            }
            _ => (finding.message.clone(), String::new()),
        };
        let threshold = Cell::plain(threshold.unwrap_or_default());
        table.row(vec![check, Cell::plain(value), threshold, Cell::plain(source)]);
    }
    table
}

/// Returns a value with its unit: `40m 48s`, `68 jobs`, `82%`, `false`.
fn describe_value(evidence: &Evidence) -> String {
    let Evidence { value, unit, .. } = evidence;
    match (value, *unit) {
        (Value::Number(seconds), Some("s")) => text::age(*seconds),
        (Value::Number(number), unit) => {
            let number = text::count(number.max(0.0).round() as u64);
            match unit {
                Some("%") => format!("{number}%"),
                Some(unit) => format!("{number} {unit}"),
                None => number,
            }
        }
        (Value::Flag(flag), _) => flag.to_string(),
        (Value::Text(words), _) => words.split_whitespace().take(12).collect::<Vec<_>>().join(" "),
    }
}

/// Returns the errors of sources that are not configured.
fn unconfigured(facts: &TriageFacts) -> Vec<&SourceError> {
    let errors = [facts.health.error(), facts.layout.error()].into_iter().flatten();
    errors.filter(|error| error.kind.is_configuration()).collect()
}

fn headline(
    diagnosis: Option<&Diagnosis>,
    missing: &[&SourceError],
    results: &[AreaResult],
) -> (String, Option<String>) {
    let text = match diagnosis {
        None => {
            let findings = results.iter().flat_map(|result| &result.findings);
            let passed = findings.filter(|finding| finding.status == Status::Ok).count() as u64;
            let passed = format!("{} passed", text::plural(passed, "check", "checks"));
            match results.iter().any(|result| result.skipped_audit().is_some()) {
                true => format!("{passed}; access audit skipped"),
                false => passed,
            }
        }
        Some(Diagnosis { status: Status::Unknown, .. })
            if missing.iter().any(|error| is_invalid(error)) =>
        {
            "the configuration is invalid (see below)".to_owned()
        }
        Some(Diagnosis { status: Status::Unknown, .. }) if missing.len() == 2 => {
            "no app and no database configured".to_owned()
        }
        Some(Diagnosis { status: Status::Unknown, .. }) if !missing.is_empty() => {
            format!("no problem found, but {}", missing[0].message)
        }
        Some(Diagnosis { section, status: Status::Unknown, .. }) => format!(
            "no problem found, but not every check could run: start with section {}",
            section.number()
        ),
        Some(diagnosis) => return diagnosis_headline(diagnosis, results),
    };
    (text, None)
}

fn is_invalid(error: &SourceError) -> bool {
    error.kind == SourceErrorKind::InvalidSetting
}

/// Returns the step of the diagnosis first, then those of the other areas that are not OK.
fn next(results: &[AreaResult], diagnosis: Option<&Diagnosis>) -> Vec<Suggestion> {
    let section = diagnosis.map(|d| d.section);
    let mut sorted: Vec<_> = results.iter().filter(|r| r.status() != Status::Ok).collect();
    sorted.sort_by_key(|result| Some(result.section) != section);
    let mut steps: Vec<_> = diagnosis.and_then(|d| d.next.clone()).into_iter().collect();
    if let ([first], true) = (steps.as_mut_slice(), sorted.len() > 1) {
        first.extend_why(": start here");
    }
    for step in sorted.into_iter().filter_map(AreaResult::next) {
        if steps.iter().all(|known| known.command != step.command) {
            steps.push(step.clone());
        }
    }
    steps
}
