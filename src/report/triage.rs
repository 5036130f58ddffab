//! The answer of `triage`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Block, Cell, Column, Diagnosis, Document, Provenance, Report, RunbookLink, Table, title_line,
};
use crate::exit::FailOn;
use crate::facts::{Evidence, Finding, Section, SourceError, SourceErrorKind, Status, Value};
use crate::text;
use crate::triage::{AUDIT, AreaResult, OTHER_ROLES, TriageFacts, not_observed, section, why};

/// `data` of `triage`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TriageJson {
    /// The checklist, top to bottom.
    steps: Vec<StepJson>,
}

/// A line of the checklist.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepJson {
    /// The question.
    question: &'static str,
    /// Section of the runbook.
    section: &'static str,
    /// `ok`, `warning`, `critical`, `unknown` or `skipped`.
    status: &'static str,
    /// What was read, in one sentence.
    reading: String,
    /// The next command to type.
    next: Option<String>,
}

/// Builds the report.
#[must_use]
pub fn report(
    facts: &TriageFacts,
    steps: &[AreaResult],
    fail_on: FailOn,
    from: &Provenance,
) -> Report {
    let findings = steps.iter().flat_map(|step| step.findings.clone()).collect();
    let data = TriageJson { steps: steps.iter().map(step_json).collect() };
    let document = document(facts, steps, from);
    let mut report = Report::from_findings("triage", findings, fail_on, data, document);
    report.section = section(steps);
    report.summary = steps.iter().map(|s| (s.area, s.status().as_str().into())).collect();
    for step in steps {
        match step.status() {
            Status::Unknown | Status::Skipped { .. } => {
                report.not_examined.push((step.area.to_owned(), step.detail()));
            }
            _ => report.examined.push(step.area.to_owned()),
        }
    }
    report.not_examined.extend(not_observed(facts));
    report
}

fn step_json(step: &AreaResult) -> StepJson {
    StepJson {
        question: step.area,
        section: step.section.number(),
        status: step.status().as_str(),
        reading: step.detail(),
        next: step.next().map(str::to_owned),
    }
}

fn document(facts: &TriageFacts, steps: &[AreaResult], from: &Provenance) -> Document {
    let mut document = Document::default();
    let verdict = Status::worst(steps.iter().map(AreaResult::status));
    let section = section(steps);
    let missing = unconfigured(facts);
    document.headline(verdict, headline(section.as_ref(), &missing, steps));
    document.push(title_line::title("triage", from));
    let mut table = Table::new(vec![
        Column::text("step"),
        Column::text("verdict"),
        Column::prose("reading"),
        Column::text("runbook"),
    ]);
    for step in steps {
        table.row(vec![
            Cell::plain(step.area),
            Cell::status(step.status()),
            Cell::plain(step.detail()),
            Cell::muted(step.section.number()).leading_to(RunbookLink::Section(step.section)),
        ]);
    }
    document.push(Block::Table(table));
    if let Some(section) = &section {
        document.push(Block::Table(evidence(&section.matched)));
    }
    for error in &missing {
        let hint = error.hint.iter().map(|hint| format!("; {hint}")).collect::<String>();
        document.note(format!("{}{hint}", error.message));
    }
    let mut commands = next(steps, section.as_ref());
    if let Some(unread) = unread_database(steps) {
        document.note(format!("not read: {}", unread.message));
        let command = unread.next.clone().filter(|next| commands.iter().all(|(c, _)| c != next));
        commands.extend(command.map(|c| (c, Cell::muted("why the database was not read"))));
    }
    for (subject, reason) in not_observed(facts) {
        // Among the commands, where there are any; where all is well, a remark.
        if subject == OTHER_ROLES && !commands.is_empty() {
            if commands.iter().all(|(command, _)| command != AUDIT) {
                let purpose = format!("{} {subject}: not looked at here", Section::Access.number());
                commands.push((AUDIT.to_owned(), Cell::muted(purpose)));
            }
        } else {
            document.note(format!("not looked at: {subject}: {reason}"));
        }
    }
    document.next(commands);
    document
}

/// Why the database was not read, where the checklist shows something worse in its place.
fn unread_database(steps: &[AreaResult]) -> Option<&Finding> {
    let shadowed = |step: &&AreaResult| step.status() == Status::Critical;
    let mut findings = steps.iter().filter(shadowed).flat_map(|step| &step.findings);
    findings.find(|f| f.check == "db.reachable" && f.status == Status::Unknown)
}

/// What led to the section: each check with its reading.
fn evidence(matched: &[Finding]) -> Table {
    let mut table = Table::new(vec![Column::text("check"), Column::prose("evidence")]);
    for finding in matched {
        let check = Cell::plain(finding.check).leading_to(RunbookLink::Check(finding.check));
        table.row(vec![check, Cell::plain(describe_value(finding))]);
    }
    table
}

/// What was read, where and when: `2,520 s in public.jobs at 14:03:07Z (warning ≥ 60 s, …)`.
fn describe_value(finding: &Finding) -> String {
    let read = finding.evidence.as_ref().filter(|_| finding.status != Status::Unknown);
    let Some(Evidence { value, unit, at, source }) = read else {
        return finding.message.clone();
    };
    let value = match value {
        Value::Number(number) => text::count(number.max(0.0).round() as u64),
        Value::Flag(flag) => flag.to_string(),
        Value::Text(words) => words.split_whitespace().take(12).collect::<Vec<_>>().join(" "),
    };
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let limit = finding.threshold.map(|limit| format!(" ({limit})")).unwrap_or_default();
    let at = at.strftime("%H:%M:%SZ");
    format!("{value}{unit} in {source} at {at}{limit}")
}

/// What could not be asked because nobody said where it is.
fn unconfigured(facts: &TriageFacts) -> Vec<&SourceError> {
    let errors = [facts.health.error(), facts.layout.error()].into_iter().flatten();
    errors.filter(|error| error.kind == SourceErrorKind::NotConfigured).collect()
}

fn headline(section: Option<&Diagnosis>, missing: &[&SourceError], steps: &[AreaResult]) -> String {
    match section {
        None => "everything that was looked at is well".to_owned(),
        Some(Diagnosis { status: Status::Unknown, .. })
            if missing.iter().any(|error| !is_unset(error)) =>
        {
            "the configuration is wrong: see below".to_owned()
        }
        Some(Diagnosis { status: Status::Unknown, .. }) if missing.len() == 2 => {
            "nothing is configured: neither the app nor its database is known".to_owned()
        }
        Some(Diagnosis { status: Status::Unknown, .. }) if !missing.is_empty() => {
            format!("nothing is known to be wrong, but {}", missing[0].message)
        }
        Some(Diagnosis { section, status: Status::Unknown, .. }) => format!(
            "nothing is known to be wrong, but not everything could be seen: begin with {}",
            section.number()
        ),
        Some(applies) => {
            format!("{}{}", applies.section.name(), why(applies, steps))
        }
    }
}

/// Whether nobody said where it is, rather than wrongly: `no database is configured`.
fn is_unset(error: &SourceError) -> bool {
    error.message.starts_with("no ")
}

/// The section's own command first, then those of the other steps that are not OK.
fn next(steps: &[AreaResult], section: Option<&Diagnosis>) -> Vec<(String, Cell)> {
    let applies = section.map(|s| s.section);
    let mut order: Vec<&AreaResult> = steps.iter().filter(|s| s.status() != Status::Ok).collect();
    order.sort_by_key(|step| Some(step.section) != applies);
    let first = section.and_then(|s| {
        let command = s.next.clone()?;
        let purpose = Cell::purpose(&command, s.section);
        Some((command, purpose))
    });
    let mut commands: Vec<(String, Cell)> = first.into_iter().collect();
    for step in order {
        let Some(command) = step.next() else { continue };
        if !commands.iter().any(|(known, _)| known == command) {
            commands.push((command.to_owned(), Cell::purpose(command, step.section)));
        }
    }
    commands
}
