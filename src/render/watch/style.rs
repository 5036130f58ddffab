//! Styles by meaning; without colour weight and words say the same.

use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthChar as _;

use crate::facts::Status;
use crate::redact::sanitize;

/// How to paint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    pub(crate) fn verdict(self, verdict: Status) -> Style {
        let color = match verdict {
            Status::Ok => Color::Green,
            Status::Warning => Color::Yellow,
            Status::Critical => Color::Red,
            Status::Unknown | Status::Skipped { .. } => Color::Magenta,
        };
        self.colored(color).add_modifier(Modifier::BOLD)
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

    /// What may be overlooked, and what is of then.
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

/// The beginning of a text, at most so wide; `…` says that there is more. Safe to paint.
pub(crate) fn truncate(text: &str, width: usize) -> String {
    let text = sanitize::line(text);
    let of = |c: char| c.width().unwrap_or(0);
    if text.chars().map(of).sum::<usize>() <= width {
        return text.into_owned();
    }
    let mut left = width.saturating_sub(1);
    let kept = text.chars().take_while(|c| {
        let fits = of(*c) <= left;
        left = left.saturating_sub(of(*c));
        fits
    });
    let mut kept: String = kept.collect();
    if width > 0 {
        kept.push('…');
    }
    kept
}

/// The text in a field of this width.
pub(crate) fn field(text: &str, width: usize) -> String {
    let text = truncate(text, width);
    let used: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(used)))
}

/// The text at the right of a field of this width.
pub(crate) fn right(text: &str, width: usize) -> String {
    let text = truncate(text, width);
    let used: usize = text.chars().map(|c| c.width().unwrap_or(0)).sum();
    format!("{}{text}", " ".repeat(width.saturating_sub(used)))
}
