//! One painting for all human formats: blocks of text with a meaning, never with colours.

use crate::facts::Verdict;

/// What a piece of text means; the painter decides how that looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// What the eye should find first.
    Strong,
    /// What may be overlooked.
    Muted,
    /// A command to type.
    Command,
    /// The colour of a verdict.
    Verdict(Verdict),
}

/// A text with one meaning. The text may come from outside: the painter sanitises it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text.
    pub text: String,
    /// Its meaning.
    pub tone: Tone,
}

impl Cell {
    /// Ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain }
    }

    /// What the eye should find first.
    pub fn strong(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Strong }
    }

    /// What may be overlooked.
    pub fn muted(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Muted }
    }

    /// A command to type.
    pub fn command(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Command }
    }

    /// A verdict, as its label.
    #[must_use]
    pub fn verdict(verdict: Verdict) -> Self {
        Self { text: verdict.label().to_owned(), tone: Tone::Verdict(verdict) }
    }

    /// Text in the colour of a verdict; plain where the verdict is OK.
    pub fn judged(text: impl Into<String>, verdict: Verdict) -> Self {
        let tone = if verdict == Verdict::Ok { Tone::Plain } else { Tone::Verdict(verdict) };
        Self { text: text.into(), tone }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::plain(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::plain(text)
    }
}

/// On which side a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its heading, painted in capitals.
    pub title: &'static str,
    /// Which side its text stands on.
    pub align: Align,
    /// Whether it gives way when the terminal is narrow: wrapped, or cut in a `one_line` table.
    pub gives_way: bool,
}

impl Column {
    /// A column of words that keeps its width.
    #[must_use]
    pub const fn text(title: &'static str) -> Self {
        Self { title, align: Align::Left, gives_way: false }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(title: &'static str) -> Self {
        Self { title, align: Align::Right, gives_way: false }
    }

    /// A column of sentences, which gives way on a narrow terminal.
    #[must_use]
    pub const fn prose(title: &'static str) -> Self {
        Self { title, align: Align::Left, gives_way: true }
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
}

impl Table {
    /// A table without rows yet.
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: vec![], one_line: false }
    }

    /// A listing: one line a row, long texts cut.
    #[must_use]
    pub fn listing(columns: Vec<Column>) -> Self {
        Self { columns, rows: vec![], one_line: true }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }
}

/// A block of a document.
#[derive(Debug, Clone)]
pub enum Block {
    /// The verdict and its sentence: where the eye lands.
    Headline {
        /// The verdict.
        verdict: Verdict,
        /// One sentence.
        text: String,
    },
    /// What a listing is of: `dead letters · prod · app@db:5432/app`.
    Title(Vec<Cell>),
    /// A heading over what follows.
    Heading(String),
    /// Names and values.
    Pairs(Vec<(&'static str, Cell)>),
    /// A table.
    Table(Table),
    /// A sentence in passing.
    Note(String),
    /// Text for other programs, as it is: our own, never from outside.
    Raw(String),
    /// Text that keeps its own lines: a payload, SQL, a stack trace.
    Verbatim(String),
    /// Commands to type next, each with what it is for.
    Next(Vec<(String, String)>),
}

/// A report for people.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The blocks, top to bottom.
    pub blocks: Vec<Block>,
    /// Where the runbook is read in a browser: what is said of its sections becomes a link.
    pub runbook_url: Option<String>,
}

impl Document {
    /// Adds a block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// The sentence of its headline, where it has one.
    #[must_use]
    pub fn sentence(&self) -> Option<&str> {
        self.blocks.iter().find_map(|block| match block {
            Block::Headline { text, .. } => Some(text.as_str()),
            _ => None,
        })
    }

    /// The first command to type next, where there is one.
    #[must_use]
    pub fn first_command(&self) -> Option<&str> {
        let next = self.blocks.iter().find_map(|block| match block {
            Block::Next(commands) => commands.first(),
            _ => None,
        });
        next.map(|(command, _)| command.as_str())
    }

    /// Adds the verdict and its sentence.
    pub fn headline(&mut self, verdict: Verdict, text: impl Into<String>) {
        self.push(Block::Headline { verdict, text: text.into() });
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.push(Block::Heading(text.into()));
    }

    /// Adds a sentence in passing.
    pub fn note(&mut self, text: impl Into<String>) {
        self.push(Block::Note(text.into()));
    }

    /// Adds the commands to type next, unless there are none.
    pub fn next(&mut self, commands: Vec<(String, String)>) {
        if !commands.is_empty() {
            self.push(Block::Next(commands));
        }
    }
}
