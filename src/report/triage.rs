//! The answer of `triage`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Block, Cell, Column, Document, Provenance, Report, Table, header};
use crate::exit::FailOn;
use crate::facts::Verdict;
use crate::triage::{Step, section};

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
pub fn report(steps: &[Step], fail_on: FailOn, from: &Provenance) -> Report {
    let findings = steps.iter().flat_map(|step| step.findings.clone()).collect();
    let data = TriageJson { steps: steps.iter().map(step_json).collect() };
    let mut report = Report::judged("triage", findings, fail_on, data, document(steps, from));
    report.section = section(steps);
    report.summary = steps.iter().map(|s| (s.question, s.verdict().word().into())).collect();
    for step in steps {
        match step.verdict() {
            Verdict::Unknown | Verdict::Skipped { .. } => {
                report.not_examined.push((step.question.to_owned(), step.reading()));
            }
            _ => report.examined.push(step.question.to_owned()),
        }
    }
    report
}

fn step_json(step: &Step) -> StepJson {
    StepJson {
        question: step.question,
        section: step.section.number(),
        status: step.verdict().word(),
        reading: step.reading(),
        next: step.next().map(str::to_owned),
    }
}

fn document(steps: &[Step], from: &Provenance) -> Document {
    let mut document = Document::default();
    let verdict = Verdict::worst(steps.iter().map(Step::verdict));
    document.headline(verdict, headline(steps));
    document.push(header::title("triage", from));
    let mut table = Table::new(vec![
        Column::text("step"),
        Column::text("verdict"),
        Column::prose("reading"),
        Column::text("runbook"),
    ]);
    for step in steps {
        table.row(vec![
            Cell::plain(step.question),
            Cell::verdict(step.verdict()),
            Cell::plain(step.reading()),
            Cell::muted(step.section.number()),
        ]);
    }
    document.push(Block::Table(table));
    document.next(next(steps));
    document
}

fn headline(steps: &[Step]) -> String {
    match section(steps) {
        Some(section) => format!("{} {}", section.section.number(), section.section.title()),
        None if steps.iter().all(|step| step.verdict() == Verdict::Ok) => {
            "everything that was looked at is well".to_owned()
        }
        None => "nothing is known to be wrong, but not everything could be seen".to_owned(),
    }
}

/// The section's own command first, then those of the other steps that are not OK.
fn next(steps: &[Step]) -> Vec<(String, String)> {
    let applies = section(steps).map(|s| s.section);
    let mut order: Vec<&Step> = steps.iter().filter(|s| s.verdict() != Verdict::Ok).collect();
    order.sort_by_key(|step| Some(step.section) != applies);
    let mut commands: Vec<(String, String)> = Vec::new();
    for step in order {
        let Some(command) = step.next() else { continue };
        if !commands.iter().any(|(known, _)| known == command) {
            let purpose = format!("{} {}", step.section.number(), step.section.title());
            commands.push((command.to_owned(), purpose));
        }
    }
    commands
}
