//! What a check has to say: the reading, the verdict, the next step.

use jiff::Timestamp;

use super::Status;
use super::thresholds::ThresholdWithUnit;
use crate::zod::model::SourceLine;

/// A section of the runbook: what to do about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// 3.1: the app does not answer.
    AppDown,
    /// 3.2: the app answers, but is not ready.
    NotReady,
    /// 3.3: jobs wait too long.
    Backlog,
    /// 3.4: jobs die.
    DeadLetters,
    /// 4.1: the environment is incomplete.
    Environment,
    /// 4.2: a role sees too little or too much.
    Access,
}

impl Section {
    /// Every section, in the order of the runbook.
    pub const ALL: [Self; 6] = [
        Self::AppDown,
        Self::NotReady,
        Self::Backlog,
        Self::DeadLetters,
        Self::Environment,
        Self::Access,
    ];

    /// Its number in RUNBOOK.md.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::AppDown => "3.1",
            Self::NotReady => "3.2",
            Self::Backlog => "3.3",
            Self::DeadLetters => "3.4",
            Self::Environment => "4.1",
            Self::Access => "4.2",
        }
    }

    /// Its heading in RUNBOOK.md, without the number.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::AppDown => "The app does not answer",
            Self::NotReady => "The app answers but is not ready",
            Self::Backlog => "Queue backlog or slow processing",
            Self::DeadLetters => "Dead letters grow",
            Self::Environment => "Environment checks",
            Self::Access => "Access and RLS posture",
        }
    }

    /// Number and heading, as lists of commands say it.
    #[must_use]
    pub fn name(self) -> String {
        format!("{} {}", self.number(), self.title())
    }

    /// The fragment of its heading where RUNBOOK.md is shown as a page.
    #[must_use]
    pub fn anchor(self) -> String {
        let kept = |c: &char| c.is_ascii_alphanumeric() || *c == ' ';
        self.name().chars().filter(kept).collect::<String>().to_lowercase().replace(' ', "-")
    }
}

/// A reading, in its own unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A count or a measure.
    Number(f64),
    /// A yes or no.
    Flag(bool),
    /// Anything else, as text from outside.
    Text(String),
}

/// What was read, where and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The reading.
    pub value: Value,
    /// Unit of a number: `jobs`, `s`, `ms`, `jobs/h`.
    pub unit: Option<&'static str>,
    /// When it was read, on this machine's clock.
    pub at: Timestamp,
    /// Where it was read: an URL path or a database object.
    pub source: String,
}

impl Evidence {
    /// A number with its unit.
    pub fn number(
        value: f64,
        unit: &'static str,
        at: Timestamp,
        source: impl Into<String>,
    ) -> Self {
        Self { value: Value::Number(value), unit: Some(unit), at, source: source.into() }
    }

    /// A yes or no.
    pub fn flag(value: bool, at: Timestamp, source: impl Into<String>) -> Self {
        Self { value: Value::Flag(value), unit: None, at, source: source.into() }
    }

    /// A text.
    pub fn text(value: impl Into<String>, at: Timestamp, source: impl Into<String>) -> Self {
        Self { value: Value::Text(value.into()), unit: None, at, source: source.into() }
    }
}

/// One statement of one check about one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Id of the check, an anchor in RUNBOOK.md: `queue.oldest_due`.
    pub check: &'static str,
    /// Where the runbook deals with it.
    pub section: Section,
    /// How bad it is.
    pub status: Status,
    /// What it is about: a component, a table, a key.
    pub subject: String,
    /// One sentence for a person.
    pub message: String,
    /// The reading behind it.
    pub evidence: Option<Evidence>,
    /// The limit it was held against.
    pub threshold: Option<ThresholdWithUnit>,
    /// The line of a file that it speaks of.
    pub place: Option<SourceLine>,
    /// The next command to type, without secrets.
    pub next: Option<String>,
    /// Statements to review and run by hand; this tool never runs them.
    pub remedy: Option<String>,
}

impl Finding {
    /// A finding with nothing but its sentence; add the rest with struct update or the setters.
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
            evidence: None,
            threshold: None,
            place: None,
            next: None,
            remedy: None,
        }
    }

    /// With the reading behind it.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// With the limit it was held against.
    #[must_use]
    pub fn threshold(mut self, threshold: ThresholdWithUnit) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// With the line of a file that it speaks of.
    #[must_use]
    pub fn at(mut self, place: SourceLine) -> Self {
        self.place = Some(place);
        self
    }

    /// With the next command to type.
    #[must_use]
    pub fn next(mut self, command: impl Into<String>) -> Self {
        self.next = Some(command.into());
        self
    }

    /// With statements to review and run by hand.
    #[must_use]
    pub fn remedy(mut self, sql: impl Into<String>) -> Self {
        self.remedy = Some(sql.into());
        self
    }
}
