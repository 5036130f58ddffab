//! A text with one meaning.

use super::page::Page;
use crate::facts::{Section, Verdict};

/// What a piece of text means; the painter decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
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
    Verdict(Verdict),
}

/// A text with one meaning. The text may come from outside: the painter sanitises it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// Its meaning.
    pub tone: Tone,
    /// The page of the runbook that it names; a link where somebody can follow it.
    pub page: Option<Page>,
}

impl Cell {
    /// Ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Plain)
    }

    /// What the eye should find first.
    pub fn strong(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Strong)
    }

    /// What may be overlooked.
    pub fn muted(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Muted)
    }

    /// A command to type.
    pub fn command(text: impl Into<String>) -> Self {
        Self::toned(text, Tone::Command)
    }

    /// A verdict, as its label.
    #[must_use]
    pub fn verdict(verdict: Verdict) -> Self {
        Self::toned(verdict.label(), Tone::Verdict(verdict))
    }

    /// Text in the colour of a verdict; plain where the verdict is OK.
    pub fn judged(text: impl Into<String>, verdict: Verdict) -> Self {
        let tone = if verdict == Verdict::Ok { Tone::Plain } else { Tone::Verdict(verdict) };
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
        Self::muted(section.name()).leading_to(Page::Section(section))
    }

    /// The same, naming a page of the runbook.
    #[must_use]
    pub fn leading_to(self, page: Page) -> Self {
        Self { page: Some(page), ..self }
    }

    fn toned(text: impl Into<String>, tone: Tone) -> Self {
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
