//! `-o table`: the format for humans, with the status first.

use unicode_width::UnicodeWidthStr as _;

use super::style::Styler;
use super::{table_layout, terminal_markdown};
use crate::facts::Status;
use crate::facts::Suggestion;
use crate::redact::sanitize;
use crate::report::{Block, Cell, CellStyle, Document, RenderedTable, Table};
use crate::terminal::RenderTarget;
use crate::text::wrap;

/// Renders a document; every block ends with a newline, blocks are separated by an empty line.
pub(crate) fn render(document: &Document, target: RenderTarget) -> String {
    let styler = Styler::new(target, document.runbook_url.as_deref());
    let mut out = String::new();
    let mut previous: Option<&Block> = None;
    for block in &document.blocks {
        if previous.is_some_and(|p| !without_blank_line(p, block)) {
            out.push('\n');
        }
        out.push_str(&render_block(block, styler));
        previous = Some(block);
    }
    out
}

/// Returns whether no blank line separates a block from the previous one.
fn without_blank_line(previous: &Block, block: &Block) -> bool {
    matches!(
        (previous, block),
        (Block::Heading(_), _)
            | (Block::Note(_), Block::Note(_))
            | (Block::Headline { .. }, Block::Title(_) | Block::Note(_))
    )
}

fn render_block(block: &Block, styler: Styler<'_>) -> String {
    match block {
        Block::Headline { status, text, also } => headline(*status, text, also.as_deref(), styler),
        Block::Title(cells) => title_line(cells, styler),
        Block::Heading(text) => wrapped(&Cell::strong(text), "", styler),
        Block::Pairs(pairs) => pairs_block(pairs, styler),
        Block::Table(table) => table_text(table, styler),
        Block::Note(text) => wrapped(&Cell::muted(text.to_string()), "", styler),
        Block::Raw(text) => format!("{text}\n"),
        Block::Markdown(text) => terminal_markdown::render(&text.to_string(), styler),
        Block::Verbatim(text) => verbatim(text),
        Block::Sql(text) => sql(text),
        Block::Next(commands) => next(commands, styler),
    }
}

/// Renders a table before the rest of its document is known, while the command waits for other
/// data. The table must not contain links.
pub(crate) fn prerender(table: &mut Table, target: RenderTarget) {
    let text = table_layout::render(table, Styler::new(target, None));
    table.rendered = Some(RenderedTable { color: target.color, width: target.width, text });
}

fn table_text(table: &Table, styler: Styler<'_>) -> String {
    let width = styler.width();
    let fits = |rendered: &&RenderedTable| {
        (rendered.color, rendered.width.map(usize::from)) == (styler.colors(), width)
    };
    match table.rendered.as_ref().filter(fits) {
        Some(rendered) => rendered.text.clone(),
        None => table_layout::render(table, styler),
    }
}

fn headline(status: Status, text: &str, also: Option<&str>, styler: Styler<'_>) -> String {
    let label = Cell::status(status);
    let indent = " ".repeat(label.text.len() + 2);
    let first = hanging(&Cell::strong(text), &indent, styler);
    let second = also.map(|also| wrapped(&Cell::plain(also), &indent, styler));
    format!("{}  {first}{}", styler.cell(&label), second.unwrap_or_default())
}

/// Renders cells in a row, as many per line as fit.
fn title_line(cells: &[Cell], styler: Styler<'_>) -> String {
    let separator = " · ";
    let line_width = styler.width().unwrap_or(usize::MAX);
    let (mut out, mut column) = (String::new(), 0);
    for cell in cells {
        let width = sanitize::line(&cell.text).width();
        if column > 0 && column + separator.width() + width <= line_width {
            out.push_str(&styler.styled(separator, CellStyle::Muted));
            out.push_str(&styler.cell(cell));
            column += separator.width() + width;
            continue;
        }
        if column > 0 {
            out.push('\n');
        }
        let lines = wrapped(cell, "", styler);
        out.push_str(lines.trim_end_matches('\n'));
        column = width.min(line_width);
    }
    out.push('\n');
    out
}

fn pairs_block(pairs: &[(&'static str, Cell)], styler: Styler<'_>) -> String {
    let label_width = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let indent = " ".repeat(label_width + 2);
    let mut out = String::new();
    for (name, cell) in pairs {
        let pad = " ".repeat(label_width - name.width() + 2);
        let name = styler.styled(name, CellStyle::Muted);
        out.push_str(&format!("{name}{pad}{}", hanging(cell, &indent, styler)));
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

/// Indents statements, except for lines that start inside of quotes.
fn sql(text: &str) -> String {
    let text = sanitize::lines(text);
    let (mut out, mut quote) = (String::with_capacity(text.len() + 1), None);
    for line in text.lines() {
        if quote.is_none() {
            out.push_str("  ");
        }
        quote = crate::text::open_quote(line, quote);
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Renders suggested commands. Commands are never wrapped, so that they can be copied.
fn next(steps: &[Suggestion], styler: Styler<'_>) -> String {
    let commands: Vec<_> =
        steps.iter().map(|step| (step.command.to_string(), Cell::from(step))).collect();
    let command_width = commands.iter().map(|(command, _)| command.width()).max().unwrap_or(0);
    let purpose_width = commands.iter().map(|(_, purpose)| purpose.text.width()).max().unwrap_or(0);
    let is_side_by_side =
        styler.width().is_none_or(|width| command_width + purpose_width + 4 <= width);
    let mut out = format!("{}\n", styler.styled("Next steps", CellStyle::Strong));
    for (command, purpose) in &commands {
        let styled = styler.cell(&Cell::command(command));
        if purpose.text.is_empty() {
            out.push_str(&format!("  {styled}\n"));
        } else if is_side_by_side {
            let pad = " ".repeat(command_width - command.width() + 2);
            out.push_str(&format!("  {styled}{pad}{}\n", styler.cell(purpose)));
        } else {
            out.push_str(&format!("  {styled}\n"));
            out.push_str(&wrapped(purpose, "    ", styler));
        }
    }
    out
}

/// Wraps a cell to the width of the terminal, with an indent before every line.
fn wrapped(cell: &Cell, indent: &str, styler: Styler<'_>) -> String {
    format!("{indent}{}", hanging(cell, indent, styler))
}

/// Wraps a cell like [`wrapped`], but without the first indent.
fn hanging(cell: &Cell, indent: &str, styler: Styler<'_>) -> String {
    let text = sanitize::line(&cell.text);
    let width = styler.width().map_or(usize::MAX, |width| width.saturating_sub(indent.width()));
    let lines: Vec<_> = wrap::lines(&text, width.max(1)).map(|l| styler.piece(l, cell)).collect();
    format!("{}\n", lines.join(&format!("\n{indent}")))
}
