//! Reports: the results of commands, ready to be rendered.
//!
//! [`Report`] holds the status, the findings and the data of a command. Human formats render its
//! [`Document`], machine formats its [`envelope`].

pub(crate) mod acknowledged;
pub(crate) mod advice;
pub(crate) mod affected_workspaces;
pub(crate) mod canary;
pub(crate) mod cell;
pub(crate) mod dead_letter;
pub(crate) mod dead_letters;
pub(crate) mod document;
pub(crate) mod envelope;
pub(crate) mod environment;
pub(crate) mod fleet;
pub(crate) mod follow;
pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod handoff;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod operations;
pub(crate) mod queue;
pub(crate) mod ready;
pub(crate) mod record;
mod redacted;
pub(crate) mod requeue;
pub(crate) mod rescue;
pub(crate) mod rescuer;
pub(crate) mod rls;
mod service;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod title_line;
pub(crate) mod triage;
pub(crate) mod write_outcome;

use std::fmt;

pub use cell::{Cell, CellStyle, RunbookLink};
pub use document::{Block, Document};
use schemars::JsonSchema;
use serde::Serialize;
pub use table::{Align, Column, RenderedTable, ShrinkOrder, Table};

use crate::error::Error;
use crate::exit::{ExitCode, FailOn};
pub use crate::facts::Provenance;
use crate::facts::{Finding, Status};
use crate::suggest::TargetFlags;
use crate::triage::Diagnosis;

/// Findings named in the one-line summary.
const NAMED: usize = 3;

/// The result of one command.
#[derive(Debug)]
pub struct Report {
    /// The command as typed, without flags: `dlq list`.
    pub(crate) command: &'static str,
    /// The status; `None` for listings and writes.
    pub(crate) status: Option<Status>,
    /// The exit code of the process.
    pub(crate) exit: ExitCode,
    /// The lowest status that sets a failing exit code.
    pub(crate) fail_on: FailOn,
    /// The results of all checks, including those that are OK.
    pub findings: Vec<Finding>,
    /// The metrics that scripts need most often.
    pub summary: Vec<(&'static str, serde_json::Value)>,
    /// The subjects that were examined.
    pub examined: Vec<String>,
    /// The subjects that were not examined, with the reason.
    pub not_examined: Vec<(String, String)>,
    /// The runbook section that applies.
    pub section: Option<Diagnosis>,
    /// The data specific to the command.
    pub(crate) data: Data,
    /// The top-level fields that `env check` adds for compatibility with the script that it
    /// replaces.
    pub(crate) agreement: Option<envelope::AgreementJson>,
    /// The errors of sources that failed.
    pub(crate) errors: Vec<Error>,
    /// The reports of the individual contexts, if this report covers several.
    pub(crate) contexts: Vec<ContextReport>,
    /// The provenance of a saved report; `None` if the data was read by this run.
    pub(crate) saved_from: Option<Provenance>,
    /// The file that the operator wants on stdout; the report is printed to stderr then.
    pub(crate) file_on_stdout: Option<String>,
    /// The report for humans.
    pub(crate) document: Document,
}

/// The data of a command, serialized only if a machine format needs it.
pub(crate) struct Data {
    json: Box<dyn Fn(&TargetFlags) -> serde_json::Value>,
    flags: TargetFlags,
}

impl Data {
    /// Wraps serializable data.
    pub(crate) fn new(data: impl Serialize + JsonSchema + 'static) -> Self {
        Self::with_commands(move |_| serde_json::to_value(&data).unwrap_or_default())
    }

    /// Wraps data with suggested commands, which need the flags that select the target.
    pub(crate) fn with_commands(
        json: impl Fn(&TargetFlags) -> serde_json::Value + 'static,
    ) -> Self {
        Self { json: Box::new(json), flags: TargetFlags::NONE }
    }

    /// Returns the data as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        (self.json)(&self.flags)
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json().fmt(f)
    }
}

/// The report of one of several contexts.
#[derive(Debug)]
pub(crate) struct ContextReport {
    /// The report; its suggested commands name the context.
    pub(crate) report: Report,
    /// The context and database.
    pub(crate) from: Provenance,
}

impl Report {
    /// Creates the report of a listing or view, with exit code 0.
    pub(crate) fn listing(
        command: &'static str,
        data: impl Serialize + JsonSchema + 'static,
        document: Document,
    ) -> Self {
        Self::new(command, None, ExitCode::Ok, vec![], data, document)
    }

    /// Creates the report of a command with a status: the worst finding decides.
    pub fn from_findings(
        command: &'static str,
        findings: Vec<Finding>,
        fail_on: FailOn,
        data: impl Serialize + JsonSchema + 'static,
        document: Document,
    ) -> Self {
        let status = Status::worst(findings.iter().map(|f| f.status));
        let exit = ExitCode::from_status(status, fail_on);
        let report = Self::new(command, Some(status), exit, findings, data, document);
        Self { fail_on, ..report }
    }

    /// Creates the report of a command that failed.
    pub(crate) fn failed(command: &'static str, error: Error) -> Self {
        let exit = error.exit_code();
        let mut document = Document::default();
        document.headline(Status::Unknown, error.message.clone());
        error.causes.iter().for_each(|cause| document.note(cause));
        error.hints.iter().for_each(|hint| document.note(hint.clone()));
        let mut report = Self::new(command, None, exit, vec![], serde_json::Value::Null, document);
        report.errors.push(error);
        report
    }

    fn new(
        command: &'static str,
        status: Option<Status>,
        exit: ExitCode,
        findings: Vec<Finding>,
        data: impl Serialize + JsonSchema + 'static,
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
            file_on_stdout: None,
            errors: vec![],
            document,
        }
    }

    /// Adds the target flags of this run to every suggested command.
    pub(crate) fn address(&mut self, flags: &TargetFlags) {
        let steps = self.findings.iter_mut().filter_map(|finding| finding.next.as_mut());
        steps.for_each(|step| step.command.address(flags));
        let steps = self.section.iter_mut().filter_map(|section| section.next.as_mut());
        steps.for_each(|step| step.command.address(flags));
        self.errors.iter_mut().for_each(|error| error.address(flags));
        self.data.flags.add(flags);
        for block in &mut self.document.blocks {
            match block {
                Block::Next(steps) => {
                    steps.iter_mut().for_each(|step| step.command.address(flags));
                }
                Block::Note(text) | Block::Markdown(text) => text.address(flags),
                _ => {}
            }
        }
    }

    /// Adds a note that the suggested commands need the same secret flag as this one.
    pub(crate) fn note_secret_flag(&mut self, flag: Option<&str>) {
        if let Some(flag) = flag.filter(|_| self.document.first_command().is_some()) {
            self.document.add_note(format!("add the same {flag} to these commands"));
        }
    }

    /// Returns the reports that machine formats write separately: this one, or those of its
    /// contexts.
    pub(crate) fn parts<'a>(&'a self, from: &'a Provenance) -> Vec<(&'a Self, &'a Provenance)> {
        if self.contexts.is_empty() {
            return vec![(self, from)];
        }
        self.contexts.iter().map(|context| (&context.report, &context.from)).collect()
    }

    /// Returns the headline and the reasons that it does not contain: the findings that led to the
    /// diagnosis, otherwise the worst findings.
    pub(crate) fn one_line_summary(&self) -> String {
        let headline = self.document.headline_text().unwrap_or_default();
        let problems = self.problems();
        let worst = problems.first().map_or(Status::Ok, |finding| finding.status);
        let reasons: Vec<&str> = match &self.section {
            Some(section) => section.matched.iter().map(|f| f.message.as_str()).collect(),
            None => {
                problems.iter().filter(|f| f.status == worst).map(|f| f.message.as_str()).collect()
            }
        };
        let new: Vec<_> = reasons.into_iter().filter(|reason| !headline.contains(reason)).collect();
        let mut text = new.iter().take(NAMED).copied().collect::<Vec<_>>().join("; ");
        if new.len() > NAMED {
            text.push_str(&format!("; and {} more", new.len() - NAMED));
        }
        let parts: Vec<_> =
            [headline.as_str(), &text].into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "nothing to evaluate".to_owned() } else { parts.join(": ") }
    }

    /// Returns the findings that are not OK, worst first.
    pub(crate) fn problems(&self) -> Vec<&Finding> {
        let order = |status| match status {
            Status::Critical => 0,
            Status::Unknown => 1,
            Status::Warning => 2,
            Status::Skipped { .. } => 3,
            Status::Ok => 4,
        };
        let mut problems: Vec<_> =
            self.findings.iter().filter(|f| f.status != Status::Ok).collect();
        problems.sort_by_key(|finding| order(finding.status));
        problems
    }

    /// Returns whether this finding makes the command fail.
    pub(crate) fn is_failure(&self, finding: &Finding) -> bool {
        ExitCode::from_status(finding.status, self.fail_on) != ExitCode::Ok
    }

    /// Returns the value of `status` in the envelope.
    pub(crate) fn status(&self) -> &'static str {
        match (self.status, self.exit) {
            (Some(status), _) => status.as_str(),
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
