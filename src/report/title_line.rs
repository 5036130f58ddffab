//! The title line, which names the system that a report is about.

use super::{Block, Cell, Provenance};

/// Builds the title line: `dead letters · prod (protected) · app@db:5432/app · hot standby`.
pub(crate) fn title(subject: impl Into<String>, from: &Provenance) -> Block {
    let mut cells = vec![Cell::strong(subject)];
    match (&from.context, &from.protected) {
        (Some(context), Some(_)) => cells.push(Cell::plain(format!("{context} (protected)"))),
        (Some(context), None) => cells.push(Cell::plain(context)),
        (None, Some(context)) => cells.push(Cell::plain(format!("protected by {context}"))),
        (None, None) => {}
    }
    if from.read_only {
        cells.push(Cell::plain("read-only"));
    }
    cells.extend(from.database.as_ref().map(Cell::muted));
    if from.standby == Some(true) {
        cells.push(Cell::plain("hot standby"));
    }
    Block::Title(cells)
}

/// Builds the title line with the time of the report: `queue · prod · app@db:5432/app · 22:42:28Z`.
pub(crate) fn title_at(subject: impl Into<String>, from: &Provenance) -> Block {
    let mut title = title(subject, from);
    if let Block::Title(cells) = &mut title {
        cells.push(Cell::muted(from.started_at.strftime("%H:%M:%SZ").to_string()));
    }
    title
}
