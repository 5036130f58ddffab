//! Tables on a terminal: aligned columns, and folded columns below each row if the table is too
//! wide.

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::column_widths::{ColumnLayout, GAP, fit};
use super::style::Styler;
use crate::redact::sanitize;
use crate::report::{Align, Cell, Column, ShrinkOrder, Table};
use crate::text::wrap;

/// The indent of folded columns.
const INDENT: &str = "  ";

/// Renders a table.
pub(crate) fn render(table: &Table, styler: Styler<'_>) -> String {
    let texts: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| sanitize::line(&cell.text).into_owned()).collect())
        .collect();
    let fit = fit(table, &texts, styler.width());
    let grid = Grid { table, fit: &fit, styler };
    let rows: Vec<LayoutRow<'_>> =
        table.rows.iter().zip(&texts).map(|(cells, texts)| grid.row(cells, texts)).collect();
    let titles: Vec<Cell> =
        table.columns.iter().map(|column| Cell::muted(column.title.to_uppercase())).collect();
    let header = grid.header(&titles);
    let arranged = grid.arrange(header.as_ref(), &rows);
    let mut lines = arranged.lines();
    let mut out = String::new();
    if let Some(header) = &header {
        grid.add_row(&mut out, lines.by_ref(), header);
        grid.add_folded_titles(&mut out);
    }
    for ((cells, texts), row) in table.rows.iter().zip(&texts).zip(&rows) {
        grid.add_row(&mut out, lines.by_ref(), row);
        grid.add_folded(&mut out, cells, texts);
    }
    out
}

/// The cells of a row that are shown side by side, with their texts broken into lines.
type LayoutRow<'a> = Vec<(&'a Cell, Vec<String>)>;

struct Grid<'a> {
    table: &'a Table,
    fit: &'a ColumnLayout,
    styler: Styler<'a>,
}

impl Grid<'_> {
    /// Returns the header row; headings are never wrapped. `None` if all headings are empty.
    fn header<'a>(&self, titles: &'a [Cell]) -> Option<LayoutRow<'a>> {
        let has_titles = titles.iter().any(|title| !title.text.is_empty());
        let title =
            |(index, _): &(usize, usize)| (&titles[*index], vec![titles[*index].text.clone()]);
        has_titles.then(|| self.fit.shown.iter().map(title).collect())
    }

    fn row<'a>(&self, cells: &'a [Cell], texts: &[String]) -> LayoutRow<'a> {
        let cell =
            |(index, width): &(usize, usize)| (&cells[*index], self.lines(&texts[*index], *width));
        self.fit.shown.iter().map(cell).collect()
    }

    /// Arranges the columns that are shown side by side. Their texts are already broken into lines,
    /// because comfy-table cannot truncate a listing or report which lines belong to a row. Styles
    /// are applied afterwards, because styled text is slow to measure.
    fn arrange(
        &self,
        header: Option<&LayoutRow<'_>>,
        rows: &[LayoutRow<'_>],
    ) -> comfy_table::Table {
        let mut grid = comfy_table::Table::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if let Some(header) = header {
            grid.set_header(self.padded_cells(header));
        }
        for row in rows {
            grid.add_row(self.padded_cells(row));
        }
        let last = self.fit.shown.len().saturating_sub(1);
        for (number, column) in grid.column_iter_mut().enumerate() {
            column.set_padding((0, if number == last { 0 } else { GAP as u16 }));
        }
        grid
    }

    fn padded_cells(&self, row: &LayoutRow<'_>) -> Vec<comfy_table::Cell> {
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

    /// Adds the lines of a row and styles each piece in place; only spaces separate the pieces.
    fn add_row(&self, out: &mut String, lines: impl Iterator<Item = String>, row: &LayoutRow<'_>) {
        let height = row.iter().map(|(_, lines)| lines.len()).max().unwrap_or(0);
        for (number, line) in lines.take(height).enumerate() {
            let mut rest = line.trim_end();
            for (cell, lines) in row {
                let piece = lines.get(number).map_or("", |piece| piece.trim_end());
                let (gap, text) = rest.split_at(rest.len() - rest.trim_start_matches(' ').len());
                let remainder = text.strip_prefix(piece.trim_start_matches(' '));
                if let Some(remainder) = remainder.filter(|_| !piece.is_empty()) {
                    out.push_str(gap);
                    out.push_str(&self.styler.piece(piece.trim_start_matches(' '), cell));
                    rest = remainder;
                }
            }
            out.push_str(rest);
            out.push('\n');
        }
    }

    /// Adds the headings of folded columns of sentences, at the indent of their texts.
    fn add_folded_titles(&self, out: &mut String) {
        for (_, column) in
            self.folded().filter(|(_, column)| column.shrink_order == ShrinkOrder::WrapThenDrop)
        {
            let title = Cell::muted(column.title.to_uppercase());
            out.push_str(&format!("{INDENT}{}\n", self.styler.cell(&title)));
        }
    }

    /// Adds the folded columns: short values with their headings on one line, then the sentences.
    fn add_folded(&self, out: &mut String, cells: &[Cell], texts: &[String]) {
        let width = self.styler.width().unwrap_or(usize::MAX).saturating_sub(INDENT.len()).max(1);
        let values =
            self.folded().filter(|(_, column)| column.shrink_order != ShrinkOrder::WrapThenDrop);
        let values: Vec<_> = values
            .filter(|(index, _)| !texts[*index].is_empty())
            .map(|(index, column)| format!("{} {}", column.title, texts[index]))
            .collect();
        let values = values.join(" · ");
        for line in wrap::lines(&values, width).filter(|line| !line.is_empty()) {
            out.push_str(&format!("{INDENT}{line}\n"));
        }
        for (index, _) in
            self.folded().filter(|(_, column)| column.shrink_order == ShrinkOrder::WrapThenDrop)
        {
            for line in self.lines(&texts[index], width).iter().filter(|line| !line.is_empty()) {
                out.push_str(&format!("{INDENT}{}\n", self.styler.piece(line, &cells[index])));
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

    fn rendered(table: &Table, width: Option<u16>) -> String {
        render(table, Styler::new(RenderTarget { color: false, width }, None))
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
        assert_eq!(rendered(&listing(), None), wide);
        assert_eq!(rendered(&listing(), Some(69)), wide);
    }

    #[test]
    fn columns_that_do_not_fit_are_folded_below_their_row() {
        let narrow = "\
ID                                    TRIES    DIED
  ERROR
00000000-0000-4000-8000-000000000401    5/5  1m 44s
  FFmpeg timed out
";
        assert_eq!(rendered(&listing(), Some(60)), narrow);
        let narrower = "\
ID                                      DIED
  ERROR
00000000-0000-4000-8000-000000000401  1m 44s
  tries 5/5
  FFmpeg timed out
";
        assert_eq!(rendered(&listing(), Some(45)), narrower);
    }

    #[test]
    fn table_lines_never_exceed_the_terminal_width() {
        let mut table = Table::new(vec![
            Column::text("step"),
            Column::text("status"),
            Column::prose("detail"),
            Column::text("runbook"),
        ]);
        let reading = "48 dead; 日本語のエラー and SUPABASE_SERVICE_ROLE_KEY, which is declared";
        table.row(vec!["dead letters?".into(), "WARNING".into(), reading.into(), "3.4".into()]);
        for table in [table, listing()] {
            for width in 10..90 {
                let out = rendered(&table, Some(width));
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
        assert_eq!(rendered(&table, Some(30)), expected);
    }
}
