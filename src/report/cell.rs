//! Cells: pieces of text with a style and an optional link.

use crate::facts::{Section, Status, Suggestion};

/// How a piece of text is emphasized; the renderer decides what that looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CellStyle {
    /// Ordinary text.
    #[default]
    Plain,
    /// Text to emphasize.
    Strong,
    /// Secondary text.
    Muted,
    /// A command to run.
    Command,
    /// The label or value of a status.
    Status(Status),
}

/// A piece of text with a style. The text may be untrusted: the renderer sanitizes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text.
    pub(crate) text: String,
    /// Its style.
    pub(crate) style: CellStyle,
    /// The part of the runbook that it names; a hyperlink if the output supports it.
    pub(crate) link: Option<RunbookLink>,
}

impl Cell {
    /// Returns ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::styled(text, CellStyle::Plain)
    }

    /// Returns emphasized text.
    pub fn strong(text: impl Into<String>) -> Self {
        Self::styled(text, CellStyle::Strong)
    }

    /// Returns secondary text.
    pub(crate) fn muted(text: impl Into<String>) -> Self {
        Self::styled(text, CellStyle::Muted)
    }

    /// Returns a command to run.
    pub fn command(text: impl Into<String>) -> Self {
        Self::styled(text, CellStyle::Command)
    }

    /// Returns the label of a status.
    pub fn status(status: Status) -> Self {
        Self::styled(status.label(), CellStyle::Status(status))
    }

    /// Returns text in the style of a status; plain if the status is OK.
    pub(crate) fn value_with_status(text: impl Into<String>, status: Status) -> Self {
        let style = if status == Status::Ok { CellStyle::Plain } else { CellStyle::Status(status) };
        Self::styled(text, style)
    }

    /// Returns the cell with a link to the runbook.
    #[must_use]
    pub(crate) fn with_link(self, link: RunbookLink) -> Self {
        Self { link: Some(link), ..self }
    }

    fn styled(text: impl Into<String>, style: CellStyle) -> Self {
        Self { text: text.into(), style, link: None }
    }
}

/// What a suggested command is for.
impl From<&Suggestion> for Cell {
    fn from(step: &Suggestion) -> Self {
        let link = step.section.map(RunbookLink::Section);
        Self { link, ..Self::muted(step.why.clone()) }
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

/// A part of the runbook that a text can link to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunbookLink {
    /// A section.
    Section(Section),
    /// The page of a check, by the id of the check.
    Check(&'static str),
}

impl RunbookLink {
    /// Returns the anchor of its heading in RUNBOOK.md.
    pub(crate) fn anchor(self) -> String {
        match self {
            Self::Section(section) => section.anchor(),
            Self::Check(id) => id.replace('.', ""),
        }
    }
}
