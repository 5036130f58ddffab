//! Findings: the results of checks, with value, status and next step.

use jiff::Timestamp;

use super::thresholds::ThresholdWithUnit;
use super::{Status, Suggestion};
use crate::suggest::ShellCommand;
use crate::zod::model::SourceLine;

/// Section of the runbook that applies to a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// 3.1: the app does not answer.
    AppDown,
    /// 3.2: the app answers, but is not ready.
    NotReady,
    /// 3.3: jobs are due for too long.
    Backlog,
    /// 3.4: the number of dead letters grows.
    DeadLetters,
    /// 4.1: the environment is incomplete.
    Environment,
    /// 4.2: a role has too little or too much access.
    Access,
}

impl Section {
    /// All sections, in the order of the runbook.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] = [
        Self::AppDown,
        Self::NotReady,
        Self::Backlog,
        Self::DeadLetters,
        Self::Environment,
        Self::Access,
    ];

    /// Number in RUNBOOK.md.
    pub(crate) fn number(self) -> &'static str {
        match self {
            Self::AppDown => "3.1",
            Self::NotReady => "3.2",
            Self::Backlog => "3.3",
            Self::DeadLetters => "3.4",
            Self::Environment => "4.1",
            Self::Access => "4.2",
        }
    }

    /// Heading in RUNBOOK.md, without the number.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::AppDown => "The app does not answer",
            Self::NotReady => "The app answers but is not ready",
            Self::Backlog => "Queue backlog or slow processing",
            Self::DeadLetters => "Dead letters grow",
            Self::Environment => "Environment checks",
            Self::Access => "Access and RLS posture",
        }
    }

    /// Number and heading.
    pub(crate) fn name(self) -> String {
        format!("{} {}", self.number(), self.title())
    }

    /// Fragment of the heading in the HTML page of RUNBOOK.md.
    pub(crate) fn anchor(self) -> String {
        let kept = |c: &char| c.is_ascii_alphanumeric() || *c == ' ';
        self.name().chars().filter(kept).collect::<String>().to_lowercase().replace(' ', "-")
    }
}

/// A value that a check read.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count or a measurement.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// Anything else, as untrusted text.
    Text(String),
}

/// A value, with its source and time.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The value.
    pub(crate) value: Value,
    /// Unit of a number: `jobs`, `s`, `ms`, `jobs/h`.
    pub(crate) unit: Option<&'static str>,
    /// When it was read, by the clock of this machine.
    pub(crate) at: Timestamp,
    /// Source of the value: a URL path or a database object.
    pub(crate) source: String,
}

impl Evidence {
    /// Creates evidence from a number and its unit.
    pub fn number(
        value: f64,
        unit: &'static str,
        at: Timestamp,
        source: impl Into<String>,
    ) -> Self {
        Self { value: Value::Number(value), unit: Some(unit), at, source: source.into() }
    }

    /// Yes or no.
    pub(crate) fn flag(value: bool, at: Timestamp, source: impl Into<String>) -> Self {
        Self { value: Value::Flag(value), unit: None, at, source: source.into() }
    }

    /// Creates evidence from a text.
    pub(crate) fn text(value: impl Into<String>, at: Timestamp, source: impl Into<String>) -> Self {
        Self { value: Value::Text(value.into()), unit: None, at, source: source.into() }
    }
}

/// Result of one check for one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Id of the check, an anchor in RUNBOOK.md: `queue.oldest_due`.
    pub check: &'static str,
    /// Section of the runbook that applies.
    pub(crate) section: Section,
    /// Status.
    pub status: Status,
    /// Subject: a component, a table, a key.
    pub(crate) subject: String,
    /// Detail, in one sentence.
    pub message: String,
    /// The database roles whose access it concerns.
    pub(crate) roles: Vec<String>,
    /// The policy that it is about.
    pub(crate) policy: Option<String>,
    /// The finding in a few words with its subject, for a headline: `anon can read every row of public.jobs`.
    pub(crate) brief: Option<String>,
    /// The value that it is based on.
    pub(crate) evidence: Option<Evidence>,
    /// The threshold that the value was compared with.
    pub(crate) threshold: Option<ThresholdWithUnit>,
    /// The line of a file that it refers to.
    pub(crate) place: Option<SourceLine>,
    /// What to do next.
    pub(crate) next: Option<Suggestion>,
    /// Suggested fix: statements to review; this tool never runs them.
    pub(crate) suggested_fix: Option<String>,
}

impl Finding {
    /// Creates a finding without evidence; struct update or the setters add it.
    pub fn new(
        check: &'static str,
        section: Section,
        status: Status,
        subject: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            check,
            section,
            status,
            subject: subject.into(),
            message: message.into(),
            roles: Vec::new(),
            policy: None,
            brief: None,
            evidence: None,
            threshold: None,
            place: None,
            next: None,
            suggested_fix: None,
        }
    }

    /// Moves it to another section, with a next step that had the section as its purpose.
    #[must_use]
    pub(crate) fn of_section(self, section: Section) -> Self {
        let next = self.next.map(|step| match step.section {
            Some(of) if of == self.section => Suggestion::of_section(step.command, section),
            _ => step,
        });
        Self { section, next, ..self }
    }

    /// Adds the value that it is based on.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// Adds the threshold that the value was compared with.
    #[must_use]
    pub fn threshold(mut self, threshold: ThresholdWithUnit) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// Adds the database roles whose access it concerns.
    #[must_use]
    pub(crate) fn roles<S: Into<String>>(mut self, roles: impl IntoIterator<Item = S>) -> Self {
        self.roles.extend(roles.into_iter().map(Into::into));
        self
    }

    /// Adds the policy that it is about.
    #[must_use]
    pub(crate) fn policy(mut self, name: impl Into<String>) -> Self {
        self.policy = Some(name.into());
        self
    }

    /// Adds the line of a file that it refers to.
    #[must_use]
    pub(crate) fn at(mut self, place: SourceLine) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds the next command to run, for the section of the check.
    #[must_use]
    pub fn next(self, command: ShellCommand) -> Self {
        let step = Suggestion::of_section(command, self.section);
        self.next_step(step)
    }

    /// Adds what to do next.
    #[must_use]
    pub fn next_step(mut self, step: Suggestion) -> Self {
        self.next = Some(step);
        self
    }

    /// Returns the command to run next.
    pub(crate) fn next_command(&self) -> Option<&ShellCommand> {
        self.next.as_ref().map(|step| &step.command)
    }

    /// Adds a suggested fix.
    #[must_use]
    pub(crate) fn remedy(mut self, sql: impl Into<String>) -> Self {
        self.suggested_fix = Some(sql.into());
        self
    }
}
