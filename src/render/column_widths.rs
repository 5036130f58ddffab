//! How a table fits a terminal: which columns stand side by side, how wide each is, and what is
//! folded below its row.

use crate::report::{Column, ShrinkOrder, Table};
use crate::text::wrap;
use crate::text::wrap::longest_word;

/// Columns between two columns of a table.
pub const GAP: usize = 2;
/// A column of sentences that would be narrower than this is folded: where they wrap,
const MIN_WRAPPED: usize = 20;
/// and where they are cut, for what is left must tell one row from the next.
const MIN_TRUNCATED: usize = 40;
/// Longer words are broken rather than kept.
const MAX_WORD: usize = 40;

/// The shape of a table on a terminal.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnLayout {
    /// What stands side by side: the column and its width.
    pub shown: Vec<(usize, usize)>,
    /// The columns that are written below each row, in order.
    pub folded: Vec<usize>,
}

/// Fits a table of these texts; everything is as wide as it wants where there is no limit.
#[must_use]
pub fn fit(table: &Table, texts: &[Vec<String>], width: Option<usize>) -> ColumnLayout {
    let wants: Vec<_> =
        (0..table.columns.len()).map(|i| ColumnWidth::measure(table, texts, i)).collect();
    let natural: Vec<_> = wants.iter().map(|wants| wants.most).enumerate().collect();
    let Some(width) = width.filter(|width| total(&natural) > *width) else {
        return ColumnLayout { shown: natural, folded: vec![] };
    };
    let mut shown: Vec<_> = wants.iter().map(|wants| wants.least).enumerate().collect();
    let mut folded = Vec::new();
    while total(&shown) > width
        && let Some(index) = next_to_fold(&table.columns, &shown)
    {
        shown.retain(|(shown, _)| *shown != index);
        folded.push(index);
    }
    folded.sort_unstable();
    if total(&shown) > width {
        shown.iter_mut().for_each(|(_, own)| *own = width.max(1));
    }
    share(&mut shown, &wants, &table.columns, width);
    ColumnLayout { shown, folded }
}

/// How wide a column is at best, and at least.
struct ColumnWidth {
    most: usize,
    least: usize,
}

impl ColumnWidth {
    fn measure(table: &Table, texts: &[Vec<String>], index: usize) -> Self {
        let column = &table.columns[index];
        let cells = || texts.iter().map(|row| row[index].as_str()).chain([column.title]);
        let most = cells().map(wrap::width).max().unwrap_or(0);
        let word = || cells().map(longest_word).max().unwrap_or(0).min(MAX_WORD);
        let least = match (column.give, table.one_line) {
            (ShrinkOrder::WrapThenDrop, true) => MIN_TRUNCATED,
            (ShrinkOrder::WrapThenDrop, false) => word().max(MIN_WRAPPED),
            (_, true) => most,
            (_, false) => word(),
        };
        Self { most, least: least.min(most) }
    }
}

/// Sentences go first, then what matters less, then what stands last; the first column stays.
fn next_to_fold(columns: &[Column], shown: &[(usize, usize)]) -> Option<usize> {
    let candidates = shown.iter().skip(1).map(|(index, _)| *index);
    candidates.max_by_key(|index| (columns[*index].give, *index))
}

/// Gives what is left of the width: to words and numbers first, then evenly to sentences.
fn share(shown: &mut [(usize, usize)], wants: &[ColumnWidth], columns: &[Column], width: usize) {
    let mut left = width.saturating_sub(total(shown));
    while left > 0 {
        let open = shown.iter_mut().filter(|(index, own)| *own < wants[*index].most);
        let key = |(index, own): &&mut (usize, usize)| {
            (columns[*index].give == ShrinkOrder::WrapThenDrop, *own)
        };
        let Some((_, narrowest)) = open.min_by_key(key) else { return };
        *narrowest += 1;
        left -= 1;
    }
}

fn total(shown: &[(usize, usize)]) -> usize {
    shown.iter().map(|(_, width)| width).sum::<usize>() + GAP * shown.len().saturating_sub(1)
}
