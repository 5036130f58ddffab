//! What a meaning looks like: the only place that knows colours.

use owo_colors::{OwoColorize as _, Style};

use crate::facts::Status;
use crate::redact::sanitize;
use crate::report::{Cell, CellStyle, RunbookLink};
use crate::terminal::RenderTarget;

/// Paints pieces of text on a canvas.
#[derive(Debug, Clone, Copy)]
pub struct Styler<'a> {
    canvas: RenderTarget,
    /// Where the runbook is read in a browser; none where nobody could follow a link.
    runbook: Option<&'a str>,
}

impl<'a> Styler<'a> {
    /// A brush for a canvas. Links are for a terminal that knows more than plain text.
    #[must_use]
    pub fn new(canvas: RenderTarget, runbook: Option<&'a str>) -> Self {
        let links = canvas.color && canvas.width.is_some();
        Self { canvas, runbook: runbook.filter(|_| links) }
    }

    /// Columns of the terminal; none: as many as are wanted.
    #[must_use]
    pub fn width(&self) -> Option<usize> {
        self.canvas.width.map(usize::from)
    }

    /// Whether colours can say something.
    #[must_use]
    pub fn colors(&self) -> bool {
        self.canvas.color
    }

    /// A whole cell on one line.
    #[must_use]
    pub fn cell(&self, cell: &Cell) -> String {
        self.piece(&sanitize::line(&cell.text), cell)
    }

    /// A piece of a cell's text, which looks like the cell and leads where it leads.
    #[must_use]
    pub fn piece(&self, piece: &str, cell: &Cell) -> String {
        let painted = self.styled(piece, cell.tone);
        match (cell.page, self.runbook) {
            (Some(page), Some(url)) if !piece.is_empty() => hyperlink(url, page, &painted),
            _ => painted,
        }
    }

    /// A text with a meaning.
    ///
    /// The eight ordinary colours follow the reader's theme, dark or light. Yellow is never bold:
    /// many terminals brighten what is bold, and bright yellow on white cannot be read.
    #[must_use]
    pub fn styled(&self, text: &str, tone: CellStyle) -> String {
        if !self.canvas.color || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
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

/// OSC 8. The address is ours or was checked with the settings: it holds no control characters.
fn hyperlink(url: &str, page: RunbookLink, shown: &str) -> String {
    let anchor = page.anchor();
    format!("\u{1b}]8;;{url}#{anchor}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\")
}
