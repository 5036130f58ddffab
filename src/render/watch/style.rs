//! Styles by meaning. Without color, weight and text carry the meaning.

use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthChar as _;

use crate::facts::Status;
use crate::redact::sanitize;

/// The styles of the dashboard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    pub(crate) fn status(self, status: Status) -> Style {
        let color = match status {
            Status::Ok => Color::Green,
            Status::Warning => Color::Yellow,
            Status::Critical => Color::Red,
            Status::Unknown | Status::Skipped { .. } => Color::Magenta,
        };
        self.colored(color).add_modifier(Modifier::BOLD)
    }

    /// The style of a row with this status; a row that is OK has none.
    pub(crate) fn row(self, status: Status) -> Style {
        match status {
            Status::Ok => Style::new(),
            status => self.status(status),
        }
    }

    /// The style of the title of a panel.
    pub(crate) fn title(self, is_focused: bool) -> Style {
        if is_focused { self.selected() } else { self.strong() }
    }

    pub(crate) fn warning(self) -> Style {
        self.colored(Color::Yellow)
    }

    pub(crate) fn command(self) -> Style {
        self.colored(Color::Cyan)
    }

    pub(crate) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The style of secondary and of stale text.
    pub(crate) fn muted(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    fn colored(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }
}

/// Returns the width of a text in columns.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Truncates a text to a width, marked by `…`, and sanitizes it.
pub(crate) fn truncate(text: &str, width: usize) -> String {
    let text = sanitize::line(text);
    let width_of = |c: char| c.width().unwrap_or(0);
    if text.chars().map(width_of).sum::<usize>() <= width {
        return text.into_owned();
    }
    let mut remaining = width.saturating_sub(1);
    let prefix = text.chars().take_while(|c| {
        let fits = width_of(*c) <= remaining;
        remaining = remaining.saturating_sub(width_of(*c));
        fits
    });
    let mut prefix: String = prefix.collect();
    if width > 0 {
        prefix.push('…');
    }
    prefix
}

/// Pads or truncates a text to a width, aligned left.
pub(crate) fn field(text: &str, width: usize) -> String {
    let text = truncate(text, width);
    let used: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(used)))
}

/// Pads or truncates a text to a width, aligned right.
pub(crate) fn right(text: &str, width: usize) -> String {
    let text = truncate(text, width);
    let used: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    format!("{}{text}", " ".repeat(width.saturating_sub(used)))
}
