//! Tables and their columns.

use super::cell::Cell;

/// The alignment of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For text.
    Left,
    /// For numbers.
    Right,
}

/// What happens to a column if the terminal is too narrow; the greatest value shrinks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShrinkOrder {
    /// It is kept as long as possible.
    Keep,
    /// It moves below its row before the columns that are kept.
    DropEarly,
    /// It is wrapped (or truncated in a `one_line` table) before it moves below its row.
    WrapThenDrop,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading, rendered in capitals.
    pub(crate) title: &'static str,
    /// The alignment of the text.
    pub(crate) align: Align,
    /// When it shrinks.
    pub(crate) shrink_order: ShrinkOrder,
}

impl Column {
    /// Creates a column of text.
    pub const fn text(title: &'static str) -> Self {
        Self { title, align: Align::Left, shrink_order: ShrinkOrder::Keep }
    }

    /// Creates a column of numbers.
    pub const fn number(title: &'static str) -> Self {
        Self { title, align: Align::Right, shrink_order: ShrinkOrder::Keep }
    }

    /// Creates a column of sentences.
    pub const fn prose(title: &'static str) -> Self {
        Self { title, align: Align::Left, shrink_order: ShrinkOrder::WrapThenDrop }
    }

    /// Returns the column as one that moves below its row early.
    #[must_use]
    pub(crate) const fn minor(self) -> Self {
        Self { shrink_order: ShrinkOrder::DropEarly, ..self }
    }
}

/// A table of cells.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The columns.
    pub(crate) columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Whether texts are truncated rather than wrapped, so that each row is one line.
    pub(crate) one_line: bool,
    /// The table as rendered before the rest of the document was known, for one render target.
    pub(crate) rendered: Option<RenderedTable>,
}

/// A table rendered for one render target.
#[derive(Debug, Clone)]
pub struct RenderedTable {
    /// Whether it contains colors.
    pub(crate) color: bool,
    /// The width of the terminal in columns; `None` for unlimited.
    pub(crate) width: Option<u16>,
    /// The lines.
    pub(crate) text: String,
}

impl Table {
    /// Creates an empty table.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Creates an empty listing: one line per row, long texts truncated.
    pub(crate) fn listing(columns: Vec<Column>) -> Self {
        Self { columns, one_line: true, ..Self::default() }
    }

    /// Adds a row and drops the rendered text.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
        self.rendered = None;
    }
}
