//! The human format: calm, aligned, the verdict first.

use comfy_table::{
    Attribute, Cell as TableCell, CellAlignment, Color, ColumnConstraint, ContentArrangement,
    Table as Grid, Width, presets,
};
use owo_colors::{OwoColorize as _, Style};
use unicode_width::UnicodeWidthStr as _;

use super::{Canvas, sanitise};
use crate::facts::{Section, Verdict};
use crate::report::{Align, Block, Cell, Document, Table, Tone, rules};

/// Columns between two columns of a table.
const GAP: u16 = 2;
/// A column that gives way keeps at least this width.
const MIN_PROSE: u16 = 16;

/// Paints a document; every block ends with a newline, blocks are set apart by an empty line.
#[must_use]
pub fn render(document: &Document, canvas: Canvas) -> String {
    let mut out = String::new();
    let mut previous: Option<&Block> = None;
    for block in &document.blocks {
        if previous.is_some_and(|p| !hugs(p, block)) {
            out.push('\n');
        }
        let runbook = document.runbook_url.as_deref().filter(|_| links(canvas));
        out.push_str(&paint(block, canvas, runbook));
        previous = Some(block);
    }
    out
}

/// Whether a block stands directly under the one before it.
fn hugs(previous: &Block, block: &Block) -> bool {
    matches!(
        (previous, block),
        (Block::Heading(_), _)
            | (Block::Note(_), Block::Note(_))
            | (Block::Headline { .. }, Block::Title(_) | Block::Note(_))
    )
}

/// Whether the reader can follow a link: a terminal that knows more than plain text.
fn links(canvas: Canvas) -> bool {
    canvas.color && canvas.width.is_some()
}

fn paint(block: &Block, canvas: Canvas, runbook: Option<&str>) -> String {
    match block {
        Block::Headline { verdict, text } => headline(*verdict, text, canvas),
        Block::Title(cells) => title(cells, canvas),
        Block::Heading(text) => {
            format!("{}\n", styled(&sanitise::line(text), Tone::Strong, canvas))
        }
        Block::Pairs(pairs) => pairs_block(pairs, canvas),
        Block::Table(table) => grid(table, canvas),
        Block::Note(text) => note(text, canvas, runbook),
        Block::Raw(text) => format!("{text}\n"),
        Block::Verbatim(text) => verbatim(text),
        Block::Next(commands) => next(commands, canvas, runbook),
    }
}

fn headline(verdict: Verdict, text: &str, canvas: Canvas) -> String {
    let label = verdict.label();
    let indent = " ".repeat(label.len() + 2);
    let body = wrapped(text, &indent, Tone::Strong, canvas);
    let body = body.strip_prefix(indent.as_str()).unwrap_or(&body);
    format!("{}  {body}", styled(label, Tone::Verdict(verdict), canvas))
}

fn title(cells: &[Cell], canvas: Canvas) -> String {
    let parts: Vec<_> =
        cells.iter().map(|c| styled(&sanitise::line(&c.text), c.tone, canvas)).collect();
    format!("{}\n", parts.join(&styled(" · ", Tone::Muted, canvas)))
}

fn pairs_block(pairs: &[(&'static str, Cell)], canvas: Canvas) -> String {
    let widest = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let indent = " ".repeat(widest + 2);
    let mut out = String::new();
    for (name, cell) in pairs {
        let value = wrapped(&cell.text, &indent, cell.tone, canvas);
        let value = value.strip_prefix(indent.as_str()).unwrap_or(&value);
        let pad = " ".repeat(widest - name.width() + 2);
        out.push_str(&format!("{}{pad}{value}", styled(name, Tone::Muted, canvas)));
    }
    out
}

fn verbatim(text: &str) -> String {
    let text = sanitise::lines(text);
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        out.push_str("  ");
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn next(commands: &[(String, String)], canvas: Canvas, runbook: Option<&str>) -> String {
    let widest = commands.iter().map(|(command, _)| command.width()).max().unwrap_or(0);
    let room = canvas.width.map_or(usize::MAX, usize::from);
    let mut out = format!("{}\n", styled("Next", Tone::Strong, canvas));
    for (command, purpose) in commands {
        let command_text = sanitise::line(command);
        let painted = styled(&command_text, Tone::Command, canvas);
        if purpose.is_empty() {
            out.push_str(&format!("  {painted}\n"));
        } else if widest + purpose.width() + 6 <= room {
            let pad = " ".repeat(widest - command.width() + 2);
            let shown = styled(&sanitise::line(purpose), Tone::Muted, canvas);
            let shown = linked(shown, purpose, runbook);
            out.push_str(&format!("  {painted}{pad}{shown}\n"));
        } else {
            out.push_str(&format!("  {painted}\n"));
            out.push_str(&wrapped(purpose, "    ", Tone::Muted, canvas));
        }
    }
    out
}

/// A sentence; one that begins with a check's id links it to the check's page.
fn note(text: &str, canvas: Canvas, runbook: Option<&str>) -> String {
    let painted = wrapped(text, "", Tone::Muted, canvas);
    let check = text.split_once(": ").map(|(id, _)| id).filter(|id| rules::title(id).is_some());
    match (check, runbook) {
        (Some(id), Some(url)) => {
            let link = hyperlink(&format!("{url}#{}", id.replace('.', "")), id);
            painted.replacen(id, &link, 1)
        }
        _ => painted,
    }
}

/// OSC 8. The address is ours or was checked with the settings: it holds no control characters.
fn hyperlink(address: &str, shown: &str) -> String {
    format!("\u{1b}]8;;{address}\u{1b}\\{shown}\u{1b}]8;;\u{1b}\\")
}

/// What names a section of the runbook, as a link to it.
fn linked(shown: String, purpose: &str, runbook: Option<&str>) -> String {
    let section = Section::ALL.into_iter().find(|section| section.name() == purpose);
    match (section, runbook) {
        (Some(section), Some(url)) => hyperlink(&format!("{url}#{}", section.anchor()), &shown),
        _ => shown,
    }
}

/// A text in lines of the canvas' width, each behind the indent.
fn wrapped(text: &str, indent: &str, tone: Tone, canvas: Canvas) -> String {
    let text = sanitise::line(text);
    let room = canvas.width.map_or(usize::MAX, |w| usize::from(w).saturating_sub(indent.width()));
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > room.max(20) {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.iter().map(|line| format!("{indent}{}\n", styled(line, tone, canvas))).collect()
}

fn grid(table: &Table, canvas: Canvas) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING);
    if canvas.color {
        grid.enforce_styling();
    } else {
        grid.force_no_tty();
    }
    match canvas.width {
        Some(width) => {
            grid.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
        }
        None => {
            grid.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    grid.set_header(
        table.columns.iter().map(|c| cell(&Cell::muted(c.title.to_uppercase()), c.align)),
    );
    for row in &table.rows {
        let cells = row.iter().zip(&table.columns).map(|(c, column)| cell(c, column.align));
        let mut row = comfy_table::Row::from(cells.collect::<Vec<_>>());
        if table.one_line && canvas.width.is_some() {
            row.max_height(1);
        }
        grid.add_row(row);
    }
    for (index, column) in table.columns.iter().enumerate() {
        if let Some(c) = grid.column_mut(index) {
            c.set_padding((0, GAP));
            c.set_cell_alignment(alignment(column.align));
            if column.gives_way {
                c.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(MIN_PROSE)));
            } else {
                c.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    let mut out = String::new();
    for line in grid.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn cell(cell: &Cell, align: Align) -> TableCell {
    let painted = TableCell::new_owned(sanitise::line(&cell.text).into_owned())
        .set_alignment(alignment(align));
    match cell.tone {
        Tone::Plain => painted,
        Tone::Strong => painted.add_attribute(Attribute::Bold),
        Tone::Muted => painted.add_attribute(Attribute::Dim),
        Tone::Command => painted.fg(Color::DarkCyan),
        Tone::Verdict(verdict) => {
            let painted = painted.fg(table_color(verdict));
            if verdict == Verdict::Critical {
                painted.add_attribute(Attribute::Bold)
            } else {
                painted
            }
        }
    }
}

fn alignment(align: Align) -> CellAlignment {
    match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    }
}

/// The 16-colour palette follows the reader's theme, dark or light; crossterm's `Dark*` are the
/// ordinary ANSI colours 31–36.
fn table_color(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Ok => Color::DarkGreen,
        Verdict::Warning => Color::DarkYellow,
        Verdict::Critical => Color::DarkRed,
        Verdict::Unknown | Verdict::Skipped { .. } => Color::DarkMagenta,
    }
}

/// The same colours for text outside tables.
fn styled(text: &str, tone: Tone, canvas: Canvas) -> String {
    if !canvas.color || text.is_empty() {
        return text.to_owned();
    }
    let style = match tone {
        Tone::Plain => return text.to_owned(),
        Tone::Strong => Style::new().bold(),
        Tone::Muted => Style::new().dimmed(),
        Tone::Command => Style::new().cyan(),
        Tone::Verdict(Verdict::Ok) => Style::new().green().bold(),
        Tone::Verdict(Verdict::Warning) => Style::new().yellow().bold(),
        Tone::Verdict(Verdict::Critical) => Style::new().red().bold(),
        Tone::Verdict(_) => Style::new().magenta().bold(),
    };
    text.style(style).to_string()
}
