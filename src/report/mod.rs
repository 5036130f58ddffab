//! What a command answers: facts judged, ready to be painted or serialised.
//!
//! Human formats render the [`Document`]; machine formats render the [`envelope`].

pub mod advice;
pub mod canary;
pub mod cell;
pub mod dead_letter;
pub mod dead_letters;
pub mod document;
pub mod envelope;
pub mod environment;
pub mod fleet;
pub mod follow;
pub mod groups;
pub mod handoff;
pub mod health;
pub mod history;
pub mod job;
pub mod jobs;
pub mod operations;
pub mod queue;
pub mod ready;
pub mod record;
pub mod requeue;
pub mod rescue;
pub mod rls;
pub mod runbook_link;
mod service;
pub mod settings;
pub mod table;
pub mod title_line;
pub mod triage;
pub mod write_outcome;

use std::fmt;

pub use cell::{Cell, CellStyle};
pub use document::{Block, Document};
pub use runbook_link::RunbookLink;
use serde::Serialize;
pub use table::{Align, Column, RenderedTable, ShrinkOrder, Table};

use crate::error::Error;
use crate::exit::{ExitCode, FailOn};
pub use crate::facts::Provenance;
use crate::facts::{Finding, Status};
use crate::text::TargetFlags;
use crate::triage::Diagnosis;

/// Findings that a sentence names; the reader of a chat wants the worst.
const NAMED: usize = 3;

/// The answer of one command.
#[derive(Debug)]
pub struct Report {
    /// The command as typed, without flags: `dlq list`.
    pub command: &'static str,
    /// The verdict of a judging command; `None` for listings and writes.
    pub status: Option<Status>,
    /// How the process ends.
    pub exit: ExitCode,
    /// The lowest verdict that fails; what lies below is shown and forgiven.
    pub fail_on: FailOn,
    /// Every reading that was judged, the good ones too.
    pub findings: Vec<Finding>,
    /// The few figures that a script wants first.
    pub summary: Vec<(&'static str, serde_json::Value)>,
    /// What was looked at.
    pub examined: Vec<String>,
    /// What was not looked at, and why.
    pub not_examined: Vec<(String, String)>,
    /// Which section of the runbook applies.
    pub section: Option<Diagnosis>,
    /// The command's own data, in its own frozen JSON type.
    pub data: Data,
    /// What `env check` puts at the top level, for readers of the script that it replaces.
    pub agreement: Option<envelope::AgreementJson>,
    /// Sources that failed on the way.
    pub errors: Vec<Error>,
    /// The reports of several contexts, of which this one is the sum.
    pub contexts: Vec<ContextReport>,
    /// Where a report of something saved comes from; none: from this run.
    pub saved_from: Option<Provenance>,
    /// The same for people.
    pub document: Document,
}

/// A command's own data. It becomes JSON when a machine asks for it: most readers are people.
pub struct Data(Box<dyn Fn() -> serde_json::Value>);

impl Data {
    /// What serialises so.
    pub fn new(data: impl Serialize + 'static) -> Self {
        Self(Box::new(move || serde_json::to_value(&data).unwrap_or_default()))
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        (self.0)()
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json().fmt(f)
    }
}

/// What one of several contexts answered.
#[derive(Debug)]
pub struct ContextReport {
    /// The report, whose commands speak of that context.
    pub report: Report,
    /// Which context.
    pub from: Provenance,
}

impl Report {
    /// The report of a listing or view: it could answer (0).
    pub fn listing(
        command: &'static str,
        data: impl Serialize + 'static,
        document: Document,
    ) -> Self {
        Self::new(command, None, ExitCode::Ok, vec![], data, document)
    }

    /// The report of a judging command: the worst finding decides.
    pub fn from_findings(
        command: &'static str,
        findings: Vec<Finding>,
        fail_on: FailOn,
        data: impl Serialize + 'static,
        document: Document,
    ) -> Self {
        let verdict = Status::worst(findings.iter().map(|f| f.status));
        let exit = ExitCode::from_status(verdict, fail_on);
        let report = Self::new(command, Some(verdict), exit, findings, data, document);
        Self { fail_on, ..report }
    }

    /// The report of a command that failed before it could say anything else.
    pub fn failed(command: &'static str, error: Error) -> Self {
        let exit = error.exit_code();
        let mut document = Document::default();
        document.headline(Status::Unknown, error.message.clone());
        error.causes.iter().chain(&error.hints).for_each(|text| document.note(text.clone()));
        let mut report = Self::new(command, None, exit, vec![], serde_json::Value::Null, document);
        report.errors.push(error);
        report
    }

    fn new(
        command: &'static str,
        status: Option<Status>,
        exit: ExitCode,
        findings: Vec<Finding>,
        data: impl Serialize + 'static,
        document: Document,
    ) -> Self {
        Self {
            command,
            status,
            exit,
            fail_on: FailOn::default(),
            findings,
            summary: vec![],
            examined: vec![],
            not_examined: vec![],
            section: None,
            data: Data::new(data),
            agreement: None,
            contexts: vec![],
            saved_from: None,
            errors: vec![],
            document,
        }
    }

    /// Makes every command that the report suggests look where this one did.
    pub fn address(&mut self, to: &TargetFlags) {
        let address = |command: &mut String| *command = to.add_to_text(command);
        self.findings.iter_mut().filter_map(|f| f.next.as_mut()).for_each(address);
        self.section.iter_mut().filter_map(|s| s.next.as_mut()).for_each(address);
        self.errors.iter_mut().for_each(|error| error.address(to));
        for block in &mut self.document.blocks {
            match block {
                Block::Next(commands) => commands.iter_mut().for_each(|(c, _)| address(c)),
                Block::Note(text) => address(text),
                Block::Markdown(text) => *text = to.add_to_markdown(text).into(),
                _ => {}
            }
        }
    }

    /// Says in front of the commands that the report suggests which flag they need as this one did.
    pub fn note_secret_flag(&mut self, flag: Option<&str>) {
        if let Some(flag) = flag.filter(|_| self.document.first_command().is_some()) {
            self.document.add_note(format!("what follows needs the same {flag}"));
        }
    }

    /// What machines are told one by one: this report, or those of several contexts.
    #[must_use]
    pub fn parts<'a>(&'a self, from: &'a Provenance) -> Vec<(&'a Self, &'a Provenance)> {
        if self.contexts.is_empty() {
            return vec![(self, from)];
        }
        self.contexts.iter().map(|member| (&member.report, &member.from)).collect()
    }

    /// The headline and what led to it, where the headline does not say that itself: the readings that
    /// matched the section, else the worst findings.
    #[must_use]
    pub fn one_line_summary(&self) -> String {
        let headline = self.document.headline_text().unwrap_or_default();
        let bad = self.problems();
        let worst = bad.first().map_or(Status::Ok, |finding| finding.status);
        let reasons: Vec<&str> = match &self.section {
            Some(section) => section.matched.iter().map(|f| f.message.as_str()).collect(),
            None => bad.iter().filter(|f| f.status == worst).map(|f| f.message.as_str()).collect(),
        };
        let new: Vec<_> = reasons.into_iter().filter(|reason| !headline.contains(reason)).collect();
        let mut named = new.iter().take(NAMED).copied().collect::<Vec<_>>().join("; ");
        if new.len() > NAMED {
            named.push_str(&format!("; and {} more", new.len() - NAMED));
        }
        let parts: Vec<_> =
            [headline, &named].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "nothing to judge".to_owned() } else { parts.join(": ") }
    }

    /// The findings that are not OK, worst first.
    #[must_use]
    pub fn problems(&self) -> Vec<&Finding> {
        let order = |verdict| match verdict {
            Status::Critical => 0,
            Status::Unknown => 1,
            Status::Warning => 2,
            Status::Skipped { .. } => 3,
            Status::Ok => 4,
        };
        let mut bad: Vec<_> = self.findings.iter().filter(|f| f.status != Status::Ok).collect();
        bad.sort_by_key(|finding| order(finding.status));
        bad
    }

    /// Whether this finding is one that makes the command fail.
    #[must_use]
    pub fn is_failure(&self, finding: &Finding) -> bool {
        ExitCode::from_status(finding.status, self.fail_on) != ExitCode::Ok
    }

    /// The word for `status` in the envelope.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.status, self.exit) {
            (Some(verdict), _) => verdict.as_str(),
            (None, ExitCode::Ok) => "ok",
            (None, ExitCode::Warning) => "warning",
            (None, ExitCode::Critical) => "critical",
            (None, ExitCode::Unknown) => "unknown",
            (None, ExitCode::Partial) => "partial",
            (None, ExitCode::Refused) => "refused",
            (None, ExitCode::Interrupted) => "interrupted",
            (None, ExitCode::Usage | ExitCode::Bug | ExitCode::Config) => "error",
        }
    }
}
