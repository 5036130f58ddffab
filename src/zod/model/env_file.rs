//! A `.env` file or template, line by line, with its bytes accounted for.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

/// A value that may be a secret: it can be judged, never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct EnvValue(String);

impl EnvValue {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for judging alone: it must reach no output.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be said of it: `blank` or `set, 43 characters`.
    #[must_use]
    pub fn shape(&self) -> String {
        match self.0.chars().count() {
            0 => "blank".to_owned(),
            1 => "set, 1 character".to_owned(),
            count => format!("set, {count} characters"),
        }
    }
}

impl std::fmt::Debug for EnvValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shape())
    }
}

/// Whether a line sets the key or only documents it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryState {
    /// `KEY=value`
    Active,
    /// `# KEY=value`
    Commented,
}

/// The quotes around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quote {
    /// `'`: taken literally.
    Single,
    /// `"`: `\n` and `\r` are expanded.
    Double,
    /// `` ` ``: taken literally.
    Backtick,
}

/// What is remarkable about the way an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Note {
    /// `export KEY=…`
    Export,
    /// `KEY: value`
    Colon,
    /// White space around the `=`: a shell would not read it.
    SpacedEquals,
    /// The value spans lines.
    MultiLine,
    /// A comment follows the value on its line.
    InlineComment,
    /// A `#` cut an unquoted value: `KEY=a#b` is `a`.
    CutByHash,
    /// The value begins with a quote that is not closed.
    UnclosedQuote,
    /// The key was set before, on this line; the last one wins.
    Duplicate {
        /// Line of the earlier one, from 1.
        earlier: u32,
    },
}

/// What is remarkable about the file as a whole, or about a line that is no entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileNote {
    /// It begins with a UTF-8 byte order mark.
    ByteOrderMark,
    /// Every line ends in CRLF.
    Crlf,
    /// Some lines do: the first of the minority is this one.
    MixedLineEnds {
        /// From 1.
        line: u32,
    },
    /// It is not UTF-8 from this line on.
    NotUtf8 {
        /// From 1.
        line: u32,
    },
    /// It is UTF-16: dotenv finds nothing in it.
    Utf16,
    /// This line is neither an entry nor a comment: dotenv skips it silently.
    Ignored {
        /// From 1.
        line: u32,
    },
}

/// One key in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// Its name.
    pub key: String,
    /// Set or only documented.
    pub state: EntryState,
    /// What dotenv would make of it.
    pub value: EnvValue,
    /// The quotes it had.
    pub quote: Option<Quote>,
    /// Line of the key, from 1.
    pub line: u32,
    /// The bytes of key and value in the file.
    pub span: Range<usize>,
    /// What is remarkable.
    pub notes: Vec<Note>,
}

/// A `.env` file as dotenv reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnvFile {
    /// Where it was read.
    pub path: PathBuf,
    /// Its entries, in order.
    pub entries: Vec<EnvEntry>,
    /// What is remarkable about the file.
    pub notes: Vec<FileNote>,
}

impl EnvFile {
    /// The entry in force for each key: its last active one, else its first documented one.
    #[must_use]
    pub fn in_force(&self) -> HashMap<&str, &EnvEntry> {
        let mut entries: HashMap<&str, &EnvEntry> = HashMap::new();
        for entry in &self.entries {
            let first = entries.entry(&entry.key).or_insert(entry);
            if entry.state == EntryState::Active {
                *first = entry;
            }
        }
        entries
    }
}
