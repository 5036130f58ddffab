//! A table on a terminal: aligned, and folded where it is too wide.

use comfy_table::{CellAlignment, ContentArrangement, presets};

use super::brush::Brush;
use super::fit::{Fit, GAP, fit};
use super::{sanitise, wrap};
use crate::report::{Align, Cell, Column, Give, Table};

/// What is folded stands this far in.
const INDENT: &str = "  ";

/// Paints a table.
#[must_use]
pub fn paint(table: &Table, brush: Brush<'_>) -> String {
    let texts: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| sanitise::line(&cell.text).into_owned()).collect())
        .collect();
    let fit = fit(table, &texts, brush.width());
    let grid = Grid { table, fit: &fit, brush };
    let mut arranged = grid.arranged(&texts).into_iter();
    let mut out = String::new();
    if grid.has_head() {
        add(&mut out, arranged.by_ref().take(1));
        grid.titles_below(&mut out);
    }
    for (cells, texts) in table.rows.iter().zip(&texts) {
        add(&mut out, arranged.by_ref().take(grid.height(texts)));
        grid.below(&mut out, cells, texts);
    }
    out
}

fn add(out: &mut String, lines: impl Iterator<Item = String>) {
    for line in lines {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

struct Grid<'a> {
    table: &'a Table,
    fit: &'a Fit,
    brush: Brush<'a>,
}

impl Grid<'_> {
    fn has_head(&self) -> bool {
        self.table.columns.iter().any(|column| !column.title.is_empty())
    }

    /// The lines of the columns that stand side by side. Their texts are broken already: a table that
    /// arranged its own content could neither cut a listing nor say which lines make up a row.
    fn arranged(&self, texts: &[Vec<String>]) -> Vec<String> {
        let mut grid = comfy_table::Table::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.has_head() {
            let titles = self.table.columns.iter().map(|c| Cell::muted(c.title.to_uppercase()));
            grid.set_header(self.side_by_side(&titles.collect::<Vec<_>>(), None));
        }
        for (cells, texts) in self.table.rows.iter().zip(texts) {
            grid.add_row(self.side_by_side(cells, Some(texts)));
        }
        let last = self.fit.shown.len().saturating_sub(1);
        for (number, column) in grid.column_iter_mut().enumerate() {
            column.set_padding((0, if number == last { 0 } else { GAP as u16 }));
        }
        grid.lines().collect()
    }

    /// The cells of a row, their texts broken into lines; headings are never broken.
    fn side_by_side(&self, cells: &[Cell], texts: Option<&Vec<String>>) -> Vec<comfy_table::Cell> {
        let cell = |(index, width): &(usize, usize)| {
            let cell = &cells[*index];
            let lines = match texts {
                Some(texts) => self.lines(&texts[*index], *width),
                None => vec![cell.text.clone()],
            };
            let painted: Vec<_> = lines.iter().map(|line| self.brush.piece(line, cell)).collect();
            comfy_table::Cell::new(painted.join("\n")).set_alignment(
                match self.table.columns[*index].align {
                    Align::Left => CellAlignment::Left,
                    Align::Right => CellAlignment::Right,
                },
            )
        };
        self.fit.shown.iter().map(cell).collect()
    }

    /// How many lines a row has.
    fn height(&self, texts: &[String]) -> usize {
        let lines = |(index, width): &(usize, usize)| self.lines(&texts[*index], *width).len();
        self.fit.shown.iter().map(lines).max().unwrap_or(0)
    }

    /// Folded sentences have their headings where they themselves stand.
    fn titles_below(&self, out: &mut String) {
        for (_, column) in self.folded().filter(|(_, column)| column.give == Give::Prose) {
            let title = Cell::muted(column.title.to_uppercase());
            out.push_str(&format!("{INDENT}{}\n", self.brush.cell(&title)));
        }
    }

    /// What found no room: figures with their names on one line, then the sentences.
    fn below(&self, out: &mut String, cells: &[Cell], texts: &[String]) {
        let room = self.brush.width().unwrap_or(usize::MAX).saturating_sub(INDENT.len()).max(1);
        let figures = self.folded().filter(|(_, column)| column.give != Give::Prose);
        let figures: Vec<_> = figures
            .filter(|(index, _)| !texts[*index].is_empty())
            .map(|(index, column)| format!("{} {}", column.title, texts[index]))
            .collect();
        let figures = figures.join(" · ");
        for line in wrap::lines(&figures, room).filter(|line| !line.is_empty()) {
            out.push_str(&format!("{INDENT}{line}\n"));
        }
        for (index, _) in self.folded().filter(|(_, column)| column.give == Give::Prose) {
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
            vec![wrap::cut(text, width)]
        } else {
            wrap::lines(text, width).map(str::to_owned).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::facts::Verdict;
    use crate::render::Canvas;

    fn painted(table: &Table, width: Option<u16>) -> String {
        paint(table, Brush::new(Canvas { color: false, width }, None))
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
    fn a_table_that_fits_or_is_piped_is_as_wide_as_it_wants() {
        let wide = "\
ID                                    TRIES    DIED  ERROR
00000000-0000-4000-8000-000000000401    5/5  1m 44s  FFmpeg timed out
";
        assert_eq!(painted(&listing(), None), wide);
        assert_eq!(painted(&listing(), Some(69)), wide);
    }

    #[test]
    fn what_finds_no_room_is_folded_below_its_row_and_never_lost() {
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
    fn no_line_is_longer_than_the_terminal() {
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
    fn words_of_a_grid_wrap_before_anything_is_folded() {
        let mut table = Table::new(["table", "select", "delete"].map(Column::text).to_vec());
        table.row(vec![
            "public.jobs".into(),
            Cell::judged("all rows ≠ deny", Verdict::Critical),
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
