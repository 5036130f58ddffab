//! A table on a terminal: aligned, and folded where it is too wide.

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::column_widths::{ColumnLayout, GAP, fit};
use super::style::Styler;
use crate::redact::sanitize;
use crate::report::{Align, Cell, Column, ShrinkOrder, Table};
use crate::text::wrap;

/// What is folded stands this far in.
const INDENT: &str = "  ";

/// Paints a table.
#[must_use]
pub fn paint(table: &Table, brush: Styler<'_>) -> String {
    let texts: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| sanitize::line(&cell.text).into_owned()).collect())
        .collect();
    let fit = fit(table, &texts, brush.width());
    let grid = Grid { table, fit: &fit, brush };
    let rows: Vec<LayoutRow<'_>> =
        table.rows.iter().zip(&texts).map(|(cells, texts)| grid.row(cells, texts)).collect();
    let head: Vec<Cell> =
        table.columns.iter().map(|column| Cell::muted(column.title.to_uppercase())).collect();
    let head = grid.head(&head);
    let arranged = grid.arranged(head.as_ref(), &rows);
    let mut lines = arranged.lines();
    let mut out = String::new();
    if let Some(head) = &head {
        grid.add(&mut out, lines.by_ref(), head);
        grid.titles_below(&mut out);
    }
    for ((cells, texts), row) in table.rows.iter().zip(&texts).zip(&rows) {
        grid.add(&mut out, lines.by_ref(), row);
        grid.below(&mut out, cells, texts);
    }
    out
}

/// The cells of a row that stand side by side, their texts broken into lines.
type LayoutRow<'a> = Vec<(&'a Cell, Vec<String>)>;

struct Grid<'a> {
    table: &'a Table,
    fit: &'a ColumnLayout,
    brush: Styler<'a>,
}

impl Grid<'_> {
    /// Headings are never broken.
    fn head<'a>(&self, titles: &'a [Cell]) -> Option<LayoutRow<'a>> {
        let any = titles.iter().any(|title| !title.text.is_empty());
        let title =
            |(index, _): &(usize, usize)| (&titles[*index], vec![titles[*index].text.clone()]);
        any.then(|| self.fit.shown.iter().map(title).collect())
    }

    fn row<'a>(&self, cells: &'a [Cell], texts: &[String]) -> LayoutRow<'a> {
        let cell =
            |(index, width): &(usize, usize)| (&cells[*index], self.lines(&texts[*index], *width));
        self.fit.shown.iter().map(cell).collect()
    }

    /// The columns that stand side by side. Their texts are broken already: a table that arranged its
    /// own content could neither cut a listing nor say which lines make up a row. They are painted
    /// afterwards: what is painted is slow to measure.
    fn arranged(&self, head: Option<&LayoutRow<'_>>, rows: &[LayoutRow<'_>]) -> comfy_table::Table {
        let mut grid = comfy_table::Table::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if let Some(head) = head {
            grid.set_header(self.side_by_side(head));
        }
        for row in rows {
            grid.add_row(self.side_by_side(row));
        }
        let last = self.fit.shown.len().saturating_sub(1);
        for (number, column) in grid.column_iter_mut().enumerate() {
            column.set_padding((0, if number == last { 0 } else { GAP as u16 }));
        }
        grid
    }

    fn side_by_side(&self, row: &LayoutRow<'_>) -> Vec<comfy_table::Cell> {
        let cell = |((_, lines), (index, _)): (&(&Cell, Vec<String>), &(usize, usize))| {
            comfy_table::Cell::new(lines.join("\n")).set_alignment(
                match self.table.columns[*index].align {
                    Align::Left => CellAlignment::Left,
                    Align::Right => CellAlignment::Right,
                },
            )
        };
        row.iter().zip(&self.fit.shown).map(cell).collect()
    }

    /// Paints the lines of a row: each piece where it stands, for only spaces are between them.
    fn add(&self, out: &mut String, lines: impl Iterator<Item = String>, row: &LayoutRow<'_>) {
        let height = row.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        for (number, line) in lines.take(height).enumerate() {
            let mut rest = line.trim_end();
            for (cell, lines) in row {
                let piece = lines.get(number).map_or("", |piece| piece.trim_end());
                let (gap, text) = rest.split_at(rest.len() - rest.trim_start_matches(' ').len());
                let behind = text.strip_prefix(piece.trim_start_matches(' '));
                if let Some(behind) = behind.filter(|_| !piece.is_empty()) {
                    out.push_str(gap);
                    out.push_str(&self.brush.piece(piece.trim_start_matches(' '), cell));
                    rest = behind;
                }
            }
            out.push_str(rest);
            out.push('\n');
        }
    }

    /// Folded sentences have their headings where they themselves stand.
    fn titles_below(&self, out: &mut String) {
        for (_, column) in
            self.folded().filter(|(_, column)| column.give == ShrinkOrder::WrapThenDrop)
        {
            let title = Cell::muted(column.title.to_uppercase());
            out.push_str(&format!("{INDENT}{}\n", self.brush.cell(&title)));
        }
    }

    /// What found no room: figures with their names on one line, then the sentences.
    fn below(&self, out: &mut String, cells: &[Cell], texts: &[String]) {
        let room = self.brush.width().unwrap_or(usize::MAX).saturating_sub(INDENT.len()).max(1);
        let figures = self.folded().filter(|(_, column)| column.give != ShrinkOrder::WrapThenDrop);
        let figures: Vec<_> = figures
            .filter(|(index, _)| !texts[*index].is_empty())
            .map(|(index, column)| format!("{} {}", column.title, texts[index]))
            .collect();
        let figures = figures.join(" · ");
        for line in wrap::lines(&figures, room).filter(|line| !line.is_empty()) {
            out.push_str(&format!("{INDENT}{line}\n"));
        }
        for (index, _) in
            self.folded().filter(|(_, column)| column.give == ShrinkOrder::WrapThenDrop)
        {
            for line in self.lines(&texts[index], room).iter().filter(|line| !line.is_empty()) {
                out.push_str(&format!("{INDENT}{}\n", self.brush.piece(line, &cells[index])));
            }
        }
    }

    fn folded(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.fit.folded.iter().map(|index| (*index, &self.table.columns[*index]))
    }

    fn lines(&self, text: &str, width: usize) -> Vec<String> {
        if self.table.one_line {
            vec![wrap::truncate(text, width)]
        } else {
            wrap::lines(text, width).map(str::to_owned).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::facts::Status;
    use crate::terminal::RenderTarget;

    fn painted(table: &Table, width: Option<u16>) -> String {
        paint(table, Styler::new(RenderTarget { color: false, width }, None))
    }

    fn listing() -> Table {
        let mut table = Table::listing(vec![
            Column::text("id"),
            Column::number("tries").minor(),
            Column::number("died"),
            Column::prose("error"),
        ]);
        let row = ["00000000-0000-4000-8000-000000000401", "5/5", "1m 44s", "FFmpeg timed out"];
        table.row(row.map(Cell::plain).to_vec());
        table
    }

    #[test]
    fn table_keeps_its_natural_width_if_it_fits_or_is_piped() {
        let wide = "\
ID                                    TRIES    DIED  ERROR
00000000-0000-4000-8000-000000000401    5/5  1m 44s  FFmpeg timed out
";
        assert_eq!(painted(&listing(), None), wide);
        assert_eq!(painted(&listing(), Some(69)), wide);
    }

    #[test]
    fn columns_that_do_not_fit_are_folded_below_their_row() {
        let narrow = "\
ID                                    TRIES    DIED
  ERROR
00000000-0000-4000-8000-000000000401    5/5  1m 44s
  FFmpeg timed out
";
        assert_eq!(painted(&listing(), Some(60)), narrow);
        let narrower = "\
ID                                      DIED
  ERROR
00000000-0000-4000-8000-000000000401  1m 44s
  tries 5/5
  FFmpeg timed out
";
        assert_eq!(painted(&listing(), Some(45)), narrower);
    }

    #[test]
    fn table_lines_never_exceed_the_terminal_width() {
        let mut table = Table::new(vec![
            Column::text("step"),
            Column::text("verdict"),
            Column::prose("reading"),
            Column::text("runbook"),
        ]);
        let reading = "48 dead; 日本語のエラー and SUPABASE_SERVICE_ROLE_KEY, which is declared";
        table.row(vec!["dead letters?".into(), "WARNING".into(), reading.into(), "3.4".into()]);
        for table in [table, listing()] {
            for width in 10..90 {
                let out = painted(&table, Some(width));
                let longest = out.lines().map(|line| line.width()).max().unwrap();
                assert!(longest <= usize::from(width), "{width}:\n{out}");
            }
        }
    }

    #[test]
    fn cells_wrap_before_columns_are_folded() {
        let mut table = Table::new(["table", "select", "delete"].map(Column::text).to_vec());
        table.row(vec![
            "public.jobs".into(),
            Cell::value_with_status("all rows ≠ deny", Status::Critical),
            "denied".into(),
        ]);
        let expected = "\
TABLE        SELECT    DELETE
public.jobs  all rows  denied
             ≠ deny
";
        assert_eq!(painted(&table, Some(30)), expected);
    }
}
