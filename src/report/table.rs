//! Rows under headings, and what each column does where there is little room.

use super::cell::Cell;

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What a column does where the terminal is too narrow; the greatest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShrinkOrder {
    /// It stays as long as it can.
    Keep,
    /// It is folded below its row before those that matter more.
    DropEarly,
    /// Sentences: they narrow (wrapped, or cut in a `one_line` table), then they are folded.
    WrapThenDrop,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its heading, painted in capitals.
    pub title: &'static str,
    /// Which side its text stands on.
    pub align: Align,
    /// When it gives way.
    pub give: ShrinkOrder,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub const fn text(title: &'static str) -> Self {
        Self { title, align: Align::Left, give: ShrinkOrder::Keep }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(title: &'static str) -> Self {
        Self { title, align: Align::Right, give: ShrinkOrder::Keep }
    }

    /// A column of sentences.
    #[must_use]
    pub const fn prose(title: &'static str) -> Self {
        Self { title, align: Align::Left, give: ShrinkOrder::WrapThenDrop }
    }

    /// The same column, which matters less than others.
    #[must_use]
    pub const fn minor(self) -> Self {
        Self { give: ShrinkOrder::DropEarly, ..self }
    }
}

/// Rows under headings.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Long texts are cut rather than wrapped: one line a row.
    pub one_line: bool,
    /// Painted before the rest of the document was known, for one canvas.
    pub painted: Option<RenderedTable>,
}

/// How a table looks on a canvas.
#[derive(Debug, Clone)]
pub struct RenderedTable {
    /// Whether it is coloured.
    pub color: bool,
    /// Columns of the terminal; none: as many as are wanted.
    pub width: Option<u16>,
    /// The lines.
    pub text: String,
}

impl Table {
    /// A table without rows yet.
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// A listing: one line a row, long texts cut.
    #[must_use]
    pub fn listing(columns: Vec<Column>) -> Self {
        Self { columns, one_line: true, ..Self::default() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
        self.painted = None;
    }
}
