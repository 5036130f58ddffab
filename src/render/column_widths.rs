//! The layout of a table on a terminal: which columns are shown side by side, their widths, and
//! which columns are folded below their row.

use crate::report::{Column, ShrinkOrder, Table};
use crate::text::wrap;
use crate::text::wrap::longest_word;

/// Spaces between two columns.
pub(crate) const GAP: usize = 2;
/// Minimum width of a column of sentences that wraps; a narrower one is folded.
const MIN_WRAPPED: usize = 20;
/// Minimum width of a truncated column of sentences: the rest must still distinguish the rows.
const MIN_TRUNCATED: usize = 40;
/// Longer words are broken.
const MAX_WORD: usize = 40;

/// The layout of a table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ColumnLayout {
    /// The columns shown side by side, each with its width.
    pub(crate) shown: Vec<(usize, usize)>,
    /// The columns below each row, in order.
    pub(crate) folded: Vec<usize>,
}

/// Lays out a table with these cell texts. Without a width limit, every column has its natural
/// width.
pub(crate) fn fit(table: &Table, texts: &[Vec<String>], width: Option<usize>) -> ColumnLayout {
    let widths: Vec<_> =
        (0..table.columns.len()).map(|i| ColumnWidth::measure(table, texts, i)).collect();
    let natural: Vec<_> = widths.iter().map(|column| column.natural).enumerate().collect();
    let Some(width) = width.filter(|width| total(&natural) > *width) else {
        return ColumnLayout { shown: natural, folded: vec![] };
    };
    let mut shown: Vec<_> = widths.iter().map(|column| column.minimum).enumerate().collect();
    let mut folded = Vec::new();
    while total(&shown) > width
        && let Some(index) = next_to_fold(&table.columns, &shown)
    {
        shown.retain(|(shown, _)| *shown != index);
        folded.push(index);
    }
    folded.sort_unstable();
    if total(&shown) > width {
        shown.iter_mut().for_each(|(_, column_width)| *column_width = width.max(1));
    }
    distribute(&mut shown, &widths, &table.columns, width);
    ColumnLayout { shown, folded }
}

/// The natural and the minimum width of a column.
struct ColumnWidth {
    natural: usize,
    minimum: usize,
}

impl ColumnWidth {
    fn measure(table: &Table, texts: &[Vec<String>], index: usize) -> Self {
        let column = &table.columns[index];
        let cells = || texts.iter().map(|row| row[index].as_str()).chain([column.title]);
        let natural = cells().map(wrap::width).max().unwrap_or(0);
        let longest = || cells().map(longest_word).max().unwrap_or(0).min(MAX_WORD);
        let minimum = match (column.shrink_order, table.one_line) {
            (ShrinkOrder::WrapThenDrop, true) => MIN_TRUNCATED,
            (ShrinkOrder::WrapThenDrop, false) => longest().max(MIN_WRAPPED),
            (_, true) => natural,
            (_, false) => longest(),
        };
        Self { natural, minimum: minimum.min(natural) }
    }
}

/// Returns the column to fold next: sentences first, then less important columns, then the last
/// one. The first column is never folded.
fn next_to_fold(columns: &[Column], shown: &[(usize, usize)]) -> Option<usize> {
    let candidates = shown.iter().skip(1).map(|(index, _)| *index);
    candidates.max_by_key(|index| (columns[*index].shrink_order, *index))
}

/// Distributes the remaining width: to text and numbers first, then evenly to sentences.
fn distribute(
    shown: &mut [(usize, usize)],
    widths: &[ColumnWidth],
    columns: &[Column],
    total_width: usize,
) {
    let mut remaining = total_width.saturating_sub(total(shown));
    while remaining > 0 {
        let growing = shown.iter_mut().filter(|(index, width)| *width < widths[*index].natural);
        let key = |(index, width): &&mut (usize, usize)| {
            (columns[*index].shrink_order == ShrinkOrder::WrapThenDrop, *width)
        };
        let Some((_, narrowest)) = growing.min_by_key(key) else { return };
        *narrowest += 1;
        remaining -= 1;
    }
}

fn total(shown: &[(usize, usize)]) -> usize {
    shown.iter().map(|(_, width)| width).sum::<usize>() + GAP * shown.len().saturating_sub(1)
}
