//! Terminal styles: the only part of the table format that uses colors.

use owo_colors::{OwoColorize as _, Style};

use crate::facts::Status;
use crate::redact::sanitize;
use crate::report::{Cell, CellStyle, RunbookLink};
use crate::terminal::RenderTarget;

/// Applies styles and links to text for one render target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Styler<'a> {
    target: RenderTarget,
    /// The URL of the runbook; `None` if the target does not support links.
    runbook: Option<&'a str>,
}

impl<'a> Styler<'a> {
    /// Creates a styler. Links require a terminal with colors.
    pub(crate) fn new(target: RenderTarget, runbook: Option<&'a str>) -> Self {
        let links = target.color && target.width.is_some();
        Self { target, runbook: runbook.filter(|_| links) }
    }

    /// Returns the width of the terminal in columns; `None` for unlimited.
    pub(crate) fn width(&self) -> Option<usize> {
        self.target.width.map(usize::from)
    }

    /// Returns whether colors are enabled.
    pub(crate) fn colors(&self) -> bool {
        self.target.color
    }

    /// Returns a cell on one line, styled.
    pub(crate) fn cell(&self, cell: &Cell) -> String {
        self.piece(&sanitize::line(&cell.text), cell)
    }

    /// Returns a piece of a cell's text with the style and link of the cell.
    pub(crate) fn piece(&self, piece: &str, cell: &Cell) -> String {
        let styled = self.styled(piece, cell.style);
        match (cell.link, self.runbook) {
            (Some(link), Some(url)) if !piece.is_empty() => hyperlink(url, link, &styled),
            _ => styled,
        }
    }

    /// Returns a styled text.
    ///
    /// The eight basic colors follow the theme of the terminal. Yellow is never bold: many
    /// terminals brighten bold text, and bright yellow on white is unreadable.
    pub(crate) fn styled(&self, text: &str, cell_style: CellStyle) -> String {
        if !self.target.color || text.is_empty() {
            return text.to_owned();
        }
        let style = match cell_style {
            CellStyle::Plain => return text.to_owned(),
            CellStyle::Strong => Style::new().bold(),
            CellStyle::Muted => Style::new().dimmed(),
            CellStyle::Command => Style::new().cyan(),
            CellStyle::Status(Status::Ok) => Style::new().green(),
            CellStyle::Status(Status::Warning) => Style::new().yellow(),
            CellStyle::Status(Status::Critical) => Style::new().red().bold(),
            CellStyle::Status(_) => Style::new().magenta(),
        };
        text.style(style).to_string()
    }
}

/// Returns an OSC 8 hyperlink. The URL was validated with the settings, so it contains no control
/// characters.
fn hyperlink(url: &str, link: RunbookLink, text: &str) -> String {
    let anchor = link.anchor();
    format!("\u{1b}]8;;{url}#{anchor}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}
