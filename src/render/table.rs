//! The human format: calm, aligned, the verdict first.

use unicode_width::UnicodeWidthStr as _;

use super::style::Styler;
use super::{table_layout, terminal_markdown};
use crate::facts::Status;
use crate::redact::sanitize;
use crate::report::{Block, Cell, CellStyle, Document, RenderedTable, Table};
use crate::terminal::RenderTarget;
use crate::text::wrap;

/// Paints a document; every block ends with a newline, blocks are set apart by an empty line.
#[must_use]
pub fn render(document: &Document, canvas: RenderTarget) -> String {
    let brush = Styler::new(canvas, document.runbook_url.as_deref());
    let mut out = String::new();
    let mut previous: Option<&Block> = None;
    for block in &document.blocks {
        if previous.is_some_and(|p| !without_blank_line(p, block)) {
            out.push('\n');
        }
        out.push_str(&paint(block, brush));
        previous = Some(block);
    }
    out
}

/// Whether a block stands directly under the one before it.
fn without_blank_line(previous: &Block, block: &Block) -> bool {
    matches!(
        (previous, block),
        (Block::Heading(_), _)
            | (Block::Note(_), Block::Note(_))
            | (Block::Headline { .. }, Block::Title(_) | Block::Note(_))
    )
}

fn paint(block: &Block, brush: Styler<'_>) -> String {
    match block {
        Block::Headline { verdict, text } => headline(*verdict, text, brush),
        Block::Title(cells) => title(cells, brush),
        Block::Heading(text) => wrapped(&Cell::strong(text), "", brush),
        Block::Pairs(pairs) => pairs_block(pairs, brush),
        Block::Table(table) => rows(table, brush),
        Block::Note(text) => wrapped(&Cell::muted(text), "", brush),
        Block::Raw(text) => format!("{text}\n"),
        Block::Markdown(text) => terminal_markdown::paint(text, brush),
        Block::Verbatim(text) => verbatim(text),
        Block::Next(commands) => next(commands, brush),
    }
}

/// Paints a table, which leads nowhere, before the rest of its document is known: while somebody waits
/// for that anyway.
pub fn prerender(table: &mut Table, canvas: RenderTarget) {
    let text = table_layout::paint(table, Styler::new(canvas, None));
    table.painted = Some(RenderedTable { color: canvas.color, width: canvas.width, text });
}

fn rows(table: &Table, brush: Styler<'_>) -> String {
    let width = brush.width();
    let fits = |painted: &&RenderedTable| {
        (painted.color, painted.width.map(usize::from)) == (brush.colors(), width)
    };
    match table.painted.as_ref().filter(fits) {
        Some(painted) => painted.text.clone(),
        None => table_layout::paint(table, brush),
    }
}

fn headline(verdict: Status, text: &str, brush: Styler<'_>) -> String {
    let label = Cell::status(verdict);
    let indent = " ".repeat(label.text.len() + 2);
    format!("{}  {}", brush.cell(&label), hanging(&Cell::strong(text), &indent, brush))
}

/// Cells in a row, as many on a line as fit.
fn title(cells: &[Cell], brush: Styler<'_>) -> String {
    let separator = " · ";
    let room = brush.width().unwrap_or(usize::MAX);
    let (mut out, mut used) = (String::new(), 0);
    for cell in cells {
        let wide = sanitize::line(&cell.text).width();
        if used > 0 && used + separator.width() + wide <= room {
            out.push_str(&brush.styled(separator, CellStyle::Muted));
            out.push_str(&brush.cell(cell));
            used += separator.width() + wide;
            continue;
        }
        if used > 0 {
            out.push('\n');
        }
        let lines = wrapped(cell, "", brush);
        out.push_str(lines.trim_end_matches('\n'));
        used = wide.min(room);
    }
    out.push('\n');
    out
}

fn pairs_block(pairs: &[(&'static str, Cell)], brush: Styler<'_>) -> String {
    let widest = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let indent = " ".repeat(widest + 2);
    let mut out = String::new();
    for (name, cell) in pairs {
        let pad = " ".repeat(widest - name.width() + 2);
        let name = brush.styled(name, CellStyle::Muted);
        out.push_str(&format!("{name}{pad}{}", hanging(cell, &indent, brush)));
    }
    out
}

fn verbatim(text: &str) -> String {
    let text = sanitize::lines(text);
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        out.push_str("  ");
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Commands are never broken: they are there to be copied.
fn next(commands: &[(String, Cell)], brush: Styler<'_>) -> String {
    let widest = commands.iter().map(|(command, _)| command.width()).max().unwrap_or(0);
    let purposes = commands.iter().map(|(_, purpose)| purpose.text.width()).max().unwrap_or(0);
    let beside = brush.width().is_none_or(|room| widest + purposes + 4 <= room);
    let mut out = format!("{}\n", brush.styled("Next", CellStyle::Strong));
    for (command, purpose) in commands {
        let painted = brush.cell(&Cell::command(command));
        if purpose.text.is_empty() {
            out.push_str(&format!("  {painted}\n"));
        } else if beside {
            let pad = " ".repeat(widest - command.width() + 2);
            out.push_str(&format!("  {painted}{pad}{}\n", brush.cell(purpose)));
        } else {
            out.push_str(&format!("  {painted}\n"));
            out.push_str(&wrapped(purpose, "    ", brush));
        }
    }
    out
}

/// A cell in lines of the terminal's width, each behind the indent.
fn wrapped(cell: &Cell, indent: &str, brush: Styler<'_>) -> String {
    format!("{indent}{}", hanging(cell, indent, brush))
}

/// The same without the first indent, where something stands already.
fn hanging(cell: &Cell, indent: &str, brush: Styler<'_>) -> String {
    let text = sanitize::line(&cell.text);
    let room = brush.width().map_or(usize::MAX, |width| width.saturating_sub(indent.width()));
    let lines: Vec<_> = wrap::lines(&text, room.max(1)).map(|l| brush.piece(l, cell)).collect();
    format!("{}\n", lines.join(&format!("\n{indent}")))
}
