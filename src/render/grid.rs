//! A table on a terminal: aligned, and folded where it is too wide.

use unicode_width::UnicodeWidthStr as _;

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
    let mut out = grid.head();
    for (cells, texts) in table.rows.iter().zip(&texts) {
        grid.side_by_side(&mut out, cells, texts);
        grid.below(&mut out, cells, texts);
    }
    out
}

struct Grid<'a> {
    table: &'a Table,
    fit: &'a Fit,
    brush: Brush<'a>,
}

impl Grid<'_> {
    /// The headings, where there are some; folded sentences have theirs below, where they themselves stand.
    fn head(&self) -> String {
        if self.table.columns.iter().all(|column| column.title.is_empty()) {
            return String::new();
        }
        let titles: Vec<_> = self.table.columns.iter().map(|c| c.title.to_uppercase()).collect();
        let cells: Vec<_> = titles.iter().map(Cell::muted).collect();
        let mut out = String::new();
        self.side_by_side(&mut out, &cells, &titles);
        for (index, _) in self.folded().filter(|(_, column)| column.give == Give::Prose) {
            out.push_str(&format!("{INDENT}{}\n", self.brush.cell(&cells[index])));
        }
        out
    }

    /// The columns that stand side by side; a cell may take several lines.
    fn side_by_side(&self, out: &mut String, cells: &[Cell], texts: &[String]) {
        let columns: Vec<Vec<String>> =
            self.fit.shown.iter().map(|(i, width)| self.lines(&texts[*i], *width)).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        for number in 0..height {
            let mut pad = 0;
            for ((index, width), lines) in self.fit.shown.iter().zip(&columns) {
                let line = lines.get(number).map_or("", String::as_str);
                let free = width.saturating_sub(line.width());
                let (left, right) = match self.table.columns[*index].align {
                    Align::Left => (0, free),
                    Align::Right => (free, 0),
                };
                if line.is_empty() {
                    pad += width + GAP;
                    continue;
                }
                out.push_str(&" ".repeat(pad + left));
                out.push_str(&self.brush.piece(line, &cells[*index]));
                pad = right + GAP;
            }
            out.push('\n');
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
TABLE        SELECT     DELETE
public.jobs  all rows   denied
             ≠ deny
";
        assert_eq!(painted(&table, Some(30)), expected);
    }
}
