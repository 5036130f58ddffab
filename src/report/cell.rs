//! A text with one meaning.

use super::runbook_link::RunbookLink;
use crate::facts::{Section, Status};

/// What a piece of text means; the painter decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellStyle {
    /// Ordinary text.
    #[default]
    Plain,
    /// What the eye should find first.
    Strong,
    /// What may be overlooked.
    Muted,
    /// A command to type.
    Command,
    /// The colour of a verdict.
    Status(Status),
}

/// A text with one meaning. The text may come from outside: the painter sanitises it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// Its meaning.
    pub tone: CellStyle,
    /// The page of the runbook that it names; a link where somebody can follow it.
    pub page: Option<RunbookLink>,
}

impl Cell {
    /// Ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::toned(text, CellStyle::Plain)
    }

    /// What the eye should find first.
    pub fn strong(text: impl Into<String>) -> Self {
        Self::toned(text, CellStyle::Strong)
    }

    /// What may be overlooked.
    pub fn muted(text: impl Into<String>) -> Self {
        Self::toned(text, CellStyle::Muted)
    }

    /// A command to type.
    pub fn command(text: impl Into<String>) -> Self {
        Self::toned(text, CellStyle::Command)
    }

    /// A verdict, as its label.
    #[must_use]
    pub fn status(verdict: Status) -> Self {
        Self::toned(verdict.label(), CellStyle::Status(verdict))
    }

    /// Text in the colour of a verdict; plain where the verdict is OK.
    pub fn value_with_status(text: impl Into<String>, verdict: Status) -> Self {
        let tone =
            if verdict == Status::Ok { CellStyle::Plain } else { CellStyle::Status(verdict) };
        Self::toned(text, tone)
    }

    /// What a command of a finding is for: the section that it prints, else the finding's own.
    #[must_use]
    pub fn purpose(command: &str, own: Section) -> Self {
        match command {
            "cliplyctl jobs rescue --dry-run" => {
                return Self::muted("the stuck jobs, and what a rescue would do");
            }
            "cliplyctl config show" => return Self::muted("what is set, and what set it"),
            "cliplyctl config check" => return Self::muted("whether the settings lead there"),
            _ => {}
        }
        let page = command.strip_prefix("cliplyctl runbook ");
        let printed = Section::ALL.into_iter().find(|section| page == Some(section.number()));
        Self::section(printed.unwrap_or(own))
    }

    /// A section of the runbook, by number and heading.
    #[must_use]
    pub fn section(section: Section) -> Self {
        Self::muted(section.name()).leading_to(RunbookLink::Section(section))
    }

    /// The same, naming a page of the runbook.
    #[must_use]
    pub fn leading_to(self, page: RunbookLink) -> Self {
        Self { page: Some(page), ..self }
    }

    fn toned(text: impl Into<String>, tone: CellStyle) -> Self {
        Self { text: text.into(), tone, page: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}
